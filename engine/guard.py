"""From which usage on a meter is worth looking at again before the next daily evaluation."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from engine.moments import milestone_below
from engine.policy import Policy
from engine.reading import exactly, uses
from engine.usage import AtLimit, MeterUse

NEVER = 1e18
"""Beyond any usage: nothing that is counted today could change the answer."""
_ONE = Decimal(1)
_LEAST, _ROUNDING = 1e-6, 1e-8
"""What any further use is more than: the least amount, and what sums of floats may be off by."""


Amounts: TypeAlias = Mapping[str, Decimal]
"""By meter."""


def guards(
    meters: Iterable[MeterUse],
    ever: Amounts,
    best: Amounts,
    policy: Policy,
    *,
    imported: Collection[str] = (),
) -> dict[str, float]:
    """Of each meter, the least usage at which a moment could begin that does not hold yet.

    `ever`: how much value a meter has counted so far, where its days add up; `best`: the most in a
    month. Of `imported` ones what holds waits for a live report, so that the next one is worth a
    look however little it is.

    What usage only makes a little likelier, or what is held back for a reason that more of it
    might lift, waits for the next morning: nothing is lost by it, and nobody is chased.
    """
    return {
        m.key: _any_more(m)
        if m.key in imported
        else _guard(m, ever.get(m.key), best.get(m.key), policy)
        for m in meters
    }


def _any_more(meter: MeterUse) -> float:
    used = float(meter.used)
    return used + max(_LEAST, abs(used) * _ROUNDING)


def _guard(meter: MeterUse, ever: Decimal | None, best: Decimal | None, policy: Policy) -> float:
    mark = NEVER if ever is None else _milestone(meter, ever, best, policy)
    told = meter.meaningful or meter.at_limit is AtLimit.STOPS
    if told and meter.limit is not None and meter.limit_known:
        for share in _shares(policy.pace.used, policy.approaching.used):
            if not uses(meter, share):
                return min(mark, float(meter.limit) * share)
    return mark


@lru_cache(maxsize=64)
def _shares(*shares: float) -> tuple[float, ...]:
    """The shares of a limit at which a moment may begin, the least first."""
    return tuple(sorted({*shares, 1.0}))


def _milestone(meter: MeterUse, ever: Decimal, best: Decimal | None, policy: Policy) -> float:
    used, following = meter.used, (milestone_below(ever) or _ONE) * 10
    mark = used + following - ever
    if best is not None:
        better = best * exactly(policy.milestone.best_month)
        if used < better < mark:
            mark = better
    return float(mark)

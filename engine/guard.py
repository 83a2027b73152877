"""From which usage on a meter is worth looking at again before the next daily evaluation."""

from decimal import Decimal

from engine.moments import best_month, milestone_below
from engine.policy import Policy
from engine.reading import uses
from engine.usage import AtLimit, MeterUse

NEVER = 1e18
"""Beyond any usage: nothing that is counted today could change the answer."""
_LEAST, _ROUNDING = 1e-6, 1e-8
"""What any further use is more than: the least amount, and what sums of floats may be off by."""


def guard(
    meter: MeterUse, ever: Decimal | None, policy: Policy, *, imported: bool = False
) -> float:
    """The least usage at which a moment could begin that does not hold yet.

    `ever`: how much value the meter has counted so far, where its days add up. `imported`: what
    holds waits for a live report, so that the next one is worth a look however little it is.

    What usage only makes a little likelier, or what is held back for a reason that more of it
    might lift, waits for the next morning: nothing is lost by it, and nobody is chased.
    """
    if imported:
        return float(meter.used) + max(_LEAST, abs(float(meter.used)) * _ROUNDING)
    marks = [] if ever is None else [_milestone(meter, ever, policy)]
    told = meter.meaningful or meter.at_limit is AtLimit.STOPS
    if told and meter.limit is not None and meter.limit_known:
        shares = sorted({policy.pace.used, policy.approaching.used, 1.0})
        ahead = [float(meter.limit) * share for share in shares if not uses(meter, share)]
        marks += ahead[:1]
    return min(marks, default=NEVER)


def _milestone(meter: MeterUse, ever: Decimal, policy: Policy) -> float:
    following = (milestone_below(ever) or Decimal(1)) * 10
    marks = [meter.used + following - ever]
    best = best_month(meter)
    if best is not None:
        marks.append(best * Decimal(repr(policy.milestone.best_month)))
    return float(min((mark for mark in marks if mark > meter.used), default=Decimal(repr(NEVER))))

"""What the asks earned: accounts that could be asked against those held out by chance.

Fit to be read every day: the intervals hold however often one looks, and before enough is known
the report says so. `service/lift` fills it from the store.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.exposure import Arms, Exposure, Guard, Happened, OutcomeKind, Rules, Tally, tally
from engine.sequence import detectable, half_width, one_sided, unevenness

_MOST = 10_000_000
"""Nobody has more accounts: an effect that needs more than these can't be seen."""


class LiftState(StrEnum):
    """What can be said; harm: the asks should pause."""

    NOT_MEASURED = "not_measured"
    TOO_EARLY = "too_early"
    UNCLEAR = "unclear"
    SUPPORTED = "supported"
    HARM = "harm"


class Unmeasured(StrEnum):
    """Why there is no result: nobody is held out, or the arms are not what was drawn."""

    NO_HOLDOUT = "no_holdout"
    UNEVEN_ARMS = "uneven_arms"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReading:
    """One guard: `low` is what it is at least (a difference, or a share), bad above `tolerated`."""

    kind: OutcomeKind
    arms: Arms
    low: float | None
    tolerated: float
    harmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """The report. `effect`, `low`, `high`, `detectable` are shares: .03 is three in a hundred.

    `detectable`: the smallest true effect that would probably show by now. `needs`: about how many
    more accounts have to be exposed before it is not too early, and `months` that takes.
    """

    state: LiftState
    why: Unmeasured | None = None
    exposed: Arms = field(default_factory=Arms)
    upgrades: Arms = field(default_factory=Arms)
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    detectable: float | None = None
    needs: int | None = None
    months: float | None = None
    guards: tuple[GuardReading, ...] = ()
    balance: float | None = None


def lift(
    exposures: Iterable[Exposure],
    happened: Iterable[Happened],
    now: datetime,
    *,
    share: float,
    rules: Rules | None = None,
) -> Lift:
    """The report as of `now`; `share` is how many are held out at present (0: not measured)."""
    if share <= 0:
        return Lift(state=LiftState.NOT_MEASURED, why=Unmeasured.NO_HOLDOUT)
    rules = rules or Rules()
    return judge(tally(exposures, happened, now, rules), rules)


def judge(counts: Tally, rules: Rules) -> Lift:
    """What can be said of these counts."""
    exposed, upgrades = counts.exposed, counts.upgrades
    balance = unevenness(exposed.holdout.n, counts.expected, counts.variance)
    if balance < rules.uneven:
        state, why = LiftState.NOT_MEASURED, Unmeasured.UNEVEN_ARMS
        return Lift(state=state, why=why, exposed=exposed, balance=balance)
    guards = tuple(_read(g, a, rules) for g, a in zip(rules.guards, counts.guards, strict=True))
    least = _detectable(upgrades.treated.n, upgrades.holdout.n, _base(upgrades), rules)
    half = half_width(upgrades.n, upgrades.variance, planned=rules.planned, alpha=rules.alpha)
    low, high = upgrades.effect - half, upgrades.effect + half
    enough = _enough(upgrades, rules)
    if any(guard.harmed for guard in guards) or (enough and high < 0):
        state = LiftState.HARM
    elif not enough or least > rules.most_bases * _base(upgrades):
        state = LiftState.TOO_EARLY
    else:
        state = LiftState.SUPPORTED if low > 0 else LiftState.UNCLEAR
    needs = _needs(counts, rules) if state is LiftState.TOO_EARLY else None
    known = upgrades.treated.n > 0 and upgrades.holdout.n > 0
    return Lift(
        state=state,
        exposed=exposed,
        upgrades=upgrades,
        effect=upgrades.effect if known else None,
        low=max(low, -1.0) if known else None,
        high=min(high, 1.0) if known else None,
        detectable=min(least, 1.0) if known else None,
        needs=needs,
        months=needs / counts.per_month if needs is not None and counts.per_month else None,
        guards=guards,
        balance=balance,
    )


def _base(arms: Arms) -> float:
    """How many upgrade unasked, half a hit and half a miss added."""
    return (arms.holdout.hits + 0.5) / (arms.holdout.n + 1)


def _detectable(treated: float, holdout: float, base: float, rules: Rules) -> float:
    return detectable(treated, holdout, base, alpha=rules.alpha, power=rules.power)


def _enough(arms: Arms, rules: Rules) -> bool:
    return min(arms.treated.n, arms.holdout.n) >= rules.min_arm


def _read(guard: Guard, arms: Arms, rules: Rules) -> GuardReading:
    """A guard's lower bound, and whether that is on the wrong side."""
    alpha = rules.alpha / len(rules.guards)
    if guard.tolerated is None:
        seen, n, variance = arms.effect, arms.n, arms.variance
        enough = _enough(arms, rules)
    else:
        seen, n, variance = arms.treated.rate, arms.treated.n, arms.treated.variance
        enough = n >= rules.min_arm
    tolerated = guard.tolerated or 0.0
    low = seen - one_sided(n, variance, planned=rules.planned, alpha=alpha)
    return GuardReading(
        kind=guard.kind,
        arms=arms,
        low=low if math.isfinite(low) else None,
        tolerated=tolerated,
        harmed=enough and low > tolerated,
    )


def _needs(counts: Tally, rules: Rules) -> int | None:
    """About how many more accounts; None where it would take more than there are in the world."""
    arms, total = counts.exposed, counts.exposed.n
    share = counts.expected / total if total else 0.5
    base = _base(counts.upgrades)

    def suffices(n: int) -> bool:
        treated, holdout = n * (1 - share), n * share
        seen = _detectable(treated, holdout, base, rules) <= rules.most_bases * base
        return min(treated, holdout) >= rules.min_arm and seen

    if share <= 0 or share >= 1 or not suffices(_MOST):
        return None
    few, many = 0, _MOST
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if suffices(middle) else (middle, many)
    return max(many - arms.n, 0)

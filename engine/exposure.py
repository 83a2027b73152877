"""Who could have been asked, in which arm, and what they did afterwards: counted for the report.

An account counts once, when its window is over, and as the arm it was in at its first exposure.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.snapshot import Arm

_LATELY = timedelta(days=90)
_MONTH = timedelta(days=30)


class OutcomeKind(StrEnum):
    """What an account did after it could have been asked; all but the first are guards."""

    UPGRADE = "upgrade"
    CHURN = "churn"
    TICKET = "ticket"
    DISMISSAL = "dismissal"
    MUTE = "mute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The first time all but the holdout let an ask pass; `share`: the chance of being held out."""

    account: str
    arm: Arm
    at: datetime
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One outcome of one account."""

    account: str
    kind: OutcomeKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What must not get worse within `window_days`.

    `tolerated` None: compared with the held-out accounts; a share: what can only happen to those
    who were asked, and how many of them may do it.
    """

    kind: OutcomeKind
    window_days: int
    tolerated: float | None = None


GUARDS = (
    Guard(kind=OutcomeKind.CHURN, window_days=90),
    Guard(kind=OutcomeKind.TICKET, window_days=14),
    Guard(kind=OutcomeKind.DISMISSAL, window_days=14, tolerated=0.5),
    Guard(kind=OutcomeKind.MUTE, window_days=14, tolerated=0.05),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked of the numbers. `planned`: accounts at which the interval is tightest.

    The guards share `alpha` among them, so that all of them together rarely cry wolf.
    """

    alpha: float = 0.10
    power: float = 0.80
    planned: int = 400
    window_days: int = 60
    min_arm: int = 30
    most_bases: float = 3.0
    uneven: float = 0.001
    guards: tuple[Guard, ...] = GUARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Accounts whose window is over, and how many of them did it."""

    n: int = 0
    hits: int = 0

    @property
    def rate(self) -> float:
        """The share that did it."""
        return self.hits / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Variance of the rate, half a hit and half a miss added: none seen is not none."""
        p = (self.hits + 0.5) / (self.n + 1)
        return p * (1 - p) / self.n if self.n else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """The same count in both arms."""

    treated: Sample = Sample()
    holdout: Sample = Sample()

    @property
    def n(self) -> int:
        """Accounts in both."""
        return self.treated.n + self.holdout.n

    @property
    def effect(self) -> float:
        """How many more of the treated did it, as a share."""
        return self.treated.rate - self.holdout.rate

    @property
    def variance(self) -> float:
        """Variance of the effect."""
        return self.treated.variance + self.holdout.variance


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Everything `judge` looks at, counted.

    `exposed`: accounts so far, whether or not their window is over (no hits). `expected`: how many
    of them chance should have held out, with its `variance`. `per_month`: new exposures lately.
    """

    exposed: Arms
    expected: float
    variance: float
    upgrades: Arms
    guards: tuple[Arms, ...]
    per_month: float = 0.0


def tally(
    exposures: Iterable[Exposure], happened: Iterable[Happened], now: datetime, rules: Rules
) -> Tally:
    """Count first exposures, and what followed within each window that is over."""
    firsts: dict[str, Exposure] = {}
    for one in sorted((e for e in exposures if e.at <= now), key=lambda e: e.at):
        firsts.setdefault(one.account, one)
    exposed = list(firsts.values())
    times: dict[OutcomeKind, dict[str, list[datetime]]] = {kind: {} for kind in OutcomeKind}
    for what in happened:
        times[what.kind].setdefault(what.account, []).append(what.at)

    def counted(kind: OutcomeKind, days: int) -> Arms:
        return _counted(exposed, times[kind], timedelta(days=days), now)

    return Tally(
        exposed=_counted(exposed, {}, timedelta(0), now),
        expected=sum(e.share for e in exposed),
        variance=sum(e.share * (1 - e.share) for e in exposed),
        upgrades=counted(OutcomeKind.UPGRADE, rules.window_days),
        guards=tuple(counted(guard.kind, guard.window_days) for guard in rules.guards),
        per_month=_per_month(exposed, now),
    )


def _counted(
    exposed: Sequence[Exposure], times: dict[str, list[datetime]], window: timedelta, now: datetime
) -> Arms:
    n, hits = dict.fromkeys(Arm, 0), dict.fromkeys(Arm, 0)
    for one in exposed:
        end = one.at + window
        if end > now:
            continue
        n[one.arm] += 1
        hits[one.arm] += any(one.at <= at < end for at in times.get(one.account, ()))
    samples = {arm: Sample(n=n[arm], hits=hits[arm]) for arm in Arm}
    return Arms(treated=samples[Arm.TREATED], holdout=samples[Arm.HOLDOUT])


def _per_month(exposed: Sequence[Exposure], now: datetime) -> float:
    if not exposed:
        return 0.0
    span = max(min(now - exposed[0].at, _LATELY), _MONTH)
    return sum(now - e.at <= span for e in exposed) / (span / _MONTH)

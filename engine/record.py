"""An account's recorded history, as a replay reads it: everything that came in, and when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, ReasonCode
from engine.decision import Candidate, Decision, Forecast, Stage
from engine.snapshot import AccountFacts, Blocker, Calibration, Friction, Person, PlanChange
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind

Epochs: TypeAlias = NDArray[np.float64]
Amounts: TypeAlias = NDArray[np.float64]
Owners: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One meter's whole recorded use, in the order of time.

    `at`: epoch seconds, never falling. `amount`: what each event adds (sum, count; for unique 1
    where the thing is new in its period, else 0), or the level it reports (max, latest).
    `owner`: index into `Record.users` of who did it, -1 where it was not said.
    """

    key: str
    name_one: str
    name_other: str
    value: str
    kind: MeterKind
    aggregation: Aggregation
    meaningful: bool
    at_limit: AtLimit
    limit: Decimal | None
    limit_known: bool
    at: Epochs
    amount: Amounts
    owner: Owners
    next_limit: Decimal | None = None
    lower_limit: Decimal | None = None
    backfilled: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Feedback the champion gave; it answers the newest ask or reflection before it."""

    at: datetime
    kind: FeedbackKind
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything recorded about one account. `anchor`: the day its anniversary periods begin."""

    account: AccountFacts
    tracks: tuple[Track, ...]
    period: PeriodKind = PeriodKind.MONTH
    anchor: int = 1
    users: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    frictions: tuple[Friction, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    plan_changes: tuple[PlanChange, ...] = ()
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert that would have gone out, at the instant of its decision."""

    at: datetime
    candidate: Candidate
    forecast: Forecast | None

    @property
    def moment(self) -> Moment:
        """What it was about."""
        return self.candidate.moment

    @property
    def alert_class(self) -> AlertClass:
        """What it was said as."""
        return self.candidate.alert_class


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Decisions in a row that said the same, from `at` to `until` (both included).

    `days`: how many daily decisions these are. `decision`: the first of them in full, None where
    nothing was due. `raised`: what went out at `at` (then the spell is that one decision).
    """

    at: datetime
    until: datetime
    days: int
    outcome: Outcome
    stage: Stage
    reasons: tuple[ReasonCode, ...]
    meter: str | None = None
    moment: Moment | None = None
    p: float | None = None
    raised: tuple[Raised, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The daily forecasts of one meter, raw, with what came of them; one entry a daily look.

    `at`: epoch of the look; `raw`: probability before calibration; `resolved`: epoch at which it
    was known whether the limit was crossed (infinite: not yet); `crossed`: whether it was.
    """

    meter: str
    at: Epochs
    raw: Amounts
    resolved: Epochs
    crossed: NDArray[np.bool_]


Calibrations: TypeAlias = Callable[[datetime], Calibration | None]
"""Which calibration was in force at an instant; learned from what had resolved before it."""

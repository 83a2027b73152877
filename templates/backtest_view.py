"""What the report of a backtest shows: plain values, chosen and counted elsewhere."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.alert import AlertClass, Moment, ReasonCode
from engine.decision import Stage


class Choice(StrEnum):
    """Why an account is worth looking at."""

    RIGHT = "right"
    WRONG = "wrong"
    OPEN = "open"
    MISSED = "missed"
    NEARLY = "nearly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One period's use: the level on each day, as days since the timeline's first."""

    points: tuple[tuple[float, float], ...]
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """A forecast as it stood at an ask: from here to the limit, by days since the first."""

    day: float
    used: float
    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that was said."""

    day: float
    at: datetime
    alert_class: AlertClass
    moment: Moment
    p: float | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpan:
    """Days [start, end) in one stage."""

    start: float
    end: float
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSpan:
    """Days [start, end) on which a moment was held back, by its first reason."""

    start: float
    end: float
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One account's months around what matters: its use, its limit, what was said and what not.

    `limits`: from which days on the limit was what, where it was not always the same.
    """

    account: str
    first: date
    days: int
    name_other: str
    limit: float | None
    segments: tuple[Segment, ...]
    cones: tuple[Cone, ...]
    marks: tuple[Mark, ...]
    stages: tuple[StageSpan, ...]
    reasons: tuple[ReasonSpan, ...]
    months: tuple[tuple[float, date], ...]
    limits: tuple[tuple[float, float | None], ...] = ()

    def limit_on(self, day: float) -> float | None:
        """The limit at a time, in days since the first."""
        before = [limit for since, limit in self.limits if since <= day]
        return before[-1] if before else self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An account that was chosen, and why. `lead`: days between the ask and the limit.

    `held`: the one reason that held an ask back the longest, and for how many days; `there`: the
    same months under the other policy.
    """

    choice: Choice
    timeline: Timeline
    lead: float | None = None
    outgrew: date | None = None
    held: tuple[ReasonCode, int] | None = None
    there: Timeline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point of the reliability plot."""

    said: float
    happened: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one policy. Shares are 0 to 1, None where nothing could be judged.

    `span`: days from the first usage to the last; `days`: of all accounts together; `least`: how
    many forecasts must have resolved before the next are calibrated and scored.
    """

    preset: str
    accounts: int
    span: int
    days: int
    asks: int
    reflections: int
    notices: int
    asks_per_year: float
    moments: tuple[tuple[AlertClass, Moment, int], ...]
    judged: int
    passed: int
    stayed_judged: int
    stayed: int
    leads: tuple[float, ...]
    outgrew: int
    outgrew_in_time: int
    outgrew_late: int
    experimenters: int
    bothered: int
    without_moment: int
    untold: int
    silences: tuple[tuple[ReasonCode, int, int], ...]
    years: tuple[tuple[int, int], ...]
    least: int
    resolved: int
    scored: int
    raw: tuple[Point, ...]
    calibrated: tuple[Point, ...]
    brier_raw: float | None
    brier_calibrated: float | None
    brier_base: float | None

    @property
    def precision(self) -> float | None:
        """The share of asks whose account passed its limit in the same period."""
        return self.passed / self.judged if self.judged else None

    @property
    def stayed_share(self) -> float | None:
        """The share of asks whose account passed it in the next period as well."""
        return self.stayed / self.stayed_judged if self.stayed_judged else None

    @property
    def in_time(self) -> float | None:
        """The share of accounts that outgrew their limit and were asked well before."""
        return self.outgrew_in_time / self.outgrew if self.outgrew else None

    @property
    def lead(self) -> float | None:
        """The middle of the days from an ask until the limit was passed."""
        if not self.leads:
            return None
        sorted_leads, half = sorted(self.leads), len(self.leads) // 2
        if len(self.leads) % 2:
            return sorted_leads[half]
        return (sorted_leads[half - 1] + sorted_leads[half]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An ask that the two policies make otherwise; `days`: how much later under the second."""

    account: str
    moment: Moment
    here: datetime | None
    there: datetime | None
    days: float | None
    reason: ReasonCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestView:
    """The whole report. `sides`: the policy's figures, then the other's where there is one."""

    product: str
    locale: str
    first: date
    last: date
    made_at: datetime
    names: tuple[str, ...]
    sides: tuple[Figures, ...]
    changes: tuple[Change, ...]
    same: int
    shown: tuple[Shown, ...]
    bad_rows: int

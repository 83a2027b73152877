"""What a backtest finds: per account, and for all of them together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.alert import AlertClass, Moment, ReasonCode
from engine.decision import Stage
from service.backtest_truth import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An alert that would have gone out. `why`: its main evidence; the verdict is of asks alone."""

    at: datetime
    alert_class: AlertClass
    moment: Moment
    meter: str
    p: float | None
    why: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgrown:
    """A limit that was passed in two periods running. `lead`: days an ask came ahead of it.

    `reasons`: why there was no ask in time.
    """

    meter: str
    at: datetime
    lead: float | None
    reasons: tuple[ReasonCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account under one policy.

    `silences`: daily decisions by their first reason; `held`: days on which an ask was due and a
    single reason held it back, by that reason; `moments`: days on which anything was due at all.
    """

    account: str
    first: date
    days: int
    stage: Stage
    said: tuple[Said, ...]
    outgrown: tuple[Outgrown, ...]
    experimenting: bool
    moments: int
    silences: Mapping[ReasonCode, int]
    held: Mapping[ReasonCode, int]

    @property
    def asks(self) -> tuple[Said, ...]:
        """The asks among what would have gone out."""
        return tuple(said for said in self.said if said.alert_class is AlertClass.ASK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Forecasts of about the same probability: how many, what they said, how many came true."""

    count: int
    said: float
    happened: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How well forecasts held. Brier scores: the mean squared error, lower is better.

    `base`: the score of always saying how often it had happened so far.
    """

    resolved: int
    scored: int
    raw: tuple[Bin, ...]
    calibrated: tuple[Bin, ...]
    brier_raw: float | None
    brier_calibrated: float | None
    brier_base: float | None


@dataclass(kw_only=True)
class Totals:
    """All accounts under one policy, added up one after another."""

    accounts: int = 0
    days: int = 0
    said: Counter[tuple[AlertClass, Moment]] = field(default_factory=Counter)
    silent_days: Counter[ReasonCode] = field(default_factory=Counter)
    silent_accounts: Counter[ReasonCode] = field(default_factory=Counter)
    verdicts: list[Verdict] = field(default_factory=list)
    outgrown: list[Outgrown] = field(default_factory=list)
    asked: Counter[int] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)
    experimenters: int = 0
    bothered: int = 0
    without_moment: int = 0
    untold: int = 0

    def add(self, one: AccountResult) -> None:
        """Count one account in."""
        self.accounts += 1
        self.days += one.days
        self.said.update((said.alert_class, said.moment) for said in one.said)
        self.silent_days.update(one.silences)
        self.silent_accounts.update(one.silences.keys())
        self.verdicts += [said.verdict for said in one.asks]
        self.outgrown += one.outgrown
        self.asked[len(one.asks)] += 1
        self.years.update(_asks_a_year(one))
        self.experimenters += one.experimenting
        self.bothered += one.experimenting and bool(one.asks)
        self.without_moment += not one.moments
        self.untold += not one.said

    @property
    def asks(self) -> int:
        """How many asks there would have been."""
        return sum(n for (kind, _), n in self.said.items() if kind is AlertClass.ASK)


def _asks_a_year(one: AccountResult) -> list[int]:
    """How many asks fell into each year of the account, from its first day on."""
    years = max(1, -(-one.days // 365))
    counts = [0] * years
    for said in one.asks:
        counts[min((said.at.date() - one.first).days // 365, years - 1)] += 1
    return counts

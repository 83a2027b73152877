"""The values of a life: how it begins, what was told and answered, and one look at it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Outcome, PastAlert
from engine.decision import Candidate, Decision
from engine.policy import Policy
from engine.release import Defer, Send
from engine.snapshot import Answer, Arm, Person, Snapshot
from engine.usage import PeriodKind
from tests.engine.lives_usage import Counts

if TYPE_CHECKING:
    from tests.engine.lives import Life

Door = Callable[[Snapshot, Policy, datetime], Decision]


@dataclass(frozen=True, kw_only=True)
class Birth:
    """How an account begins. `attentive`: its people open the app every day."""

    born: date = date(2026, 1, 5)
    zone: str = "UTC"
    period: PeriodKind = PeriodKind.MONTH
    plan: int | None = 1
    counts: tuple[Counts, ...] = (Counts(),)
    people: tuple[Person, ...] = ()
    seats: int | None = None
    policy: Policy = field(default_factory=Policy)
    arm: Arm = Arm.TREATED
    attentive: bool = True
    widget_on: bool = True
    daily_source: bool = False
    since_known: bool = True


@dataclass(slots=True, kw_only=True)
class Told:
    """An alert that was raised. `audience`: who may see its banner; `seen`: who did."""

    past: PastAlert
    audience: tuple[str, ...]
    stops: bool
    due: datetime | None = None
    seen: set[str] = field(default_factory=set)

    @property
    def is_ask(self) -> bool:
        """Whether it proposed the next plan, to somebody who is not held out."""
        return self.past.key.alert_class is AlertClass.ASK and not self.past.ghost

    @property
    def open(self) -> bool:
        """Whether it still stands."""
        return self.past.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """An answer as it was given. `binds`: it counts for the account, not for the person alone."""

    told: Told
    answer: Answer
    binds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One evaluation: what was known, and what was decided of it."""

    facts: Snapshot
    policy: Policy
    now: datetime
    decision: Decision

    @property
    def today(self) -> date:
        """The account's local day."""
        return self.now.astimezone(ZoneInfo(self.facts.account.time_zone)).date()

    @property
    def said(self) -> Candidate | None:
        """The ask or reflection that goes out."""
        spoke = self.decision.outcome in (Outcome.ASK, Outcome.REFLECT)
        return self.decision.chosen if spoke else None


class Watcher:
    """Sees everything that happens in a life; the laws are one."""

    def looked(self, life: "Life", look: Look) -> None:
        """Something was decided."""

    def reached(self, life: "Life", told: Told, person: str | None) -> None:
        """An alert is about to reach somebody: by push, or by a banner that is seen."""

    def released(self, life: "Life", told: Told, person: Person, result: Send | Defer) -> None:
        """A push goes now, or waits."""

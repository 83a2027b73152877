"""What a gate sees and what it answers: one moment in its context, and a reason against it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.alert import AlertClass, Moment, ReasonCode
from engine.audience import Audience
from engine.decision import Balance, Forecast
from engine.history import Floats
from engine.instant import local_day
from engine.moments import Due
from engine.policy import Policy
from engine.reading import was_imported
from engine.snapshot import Snapshot
from engine.stage import Standing
from engine.usage import MeterUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One moment and everything around it that a gate may look at.

    `days`: its meter's amounts; `steady`: none of them is known to stand out.
    """

    snapshot: Snapshot
    due: Due
    meter: MeterUse
    days: Floats
    standing: Standing
    forecast: Forecast | None
    balance: Balance
    audience: Audience
    today: date
    complete: dict[str, int]
    steady: bool

    @property
    def moment(self) -> Moment:
        """The moment in question."""
        return self.due.key.moment

    @property
    def imported(self) -> bool:
        """Whether the newest that is known of its meter was imported: nothing live came since."""
        return was_imported(self.meter, self.snapshot)

    def day(self, at: datetime) -> date:
        """The local day of an instant."""
        return local_day(at, self.snapshot.account.time_zone)


@dataclass(frozen=True, slots=True)
class Finding:
    """A gate that fails: the evidence, and the day it ends if known."""

    evidence: tuple[tuple[str, str], ...] = ()
    until: date | None = None


Check = Callable[[Context, Policy, datetime], Finding | None]


@dataclass(frozen=True, slots=True)
class Gate:
    """One check of restraint: the reason it stands for, and the classes of alert it holds back."""

    code: ReasonCode
    classes: tuple[AlertClass, ...]
    check: Check


def no(label: str, value: object, until: date | None = None) -> Finding:
    """A finding with one line of evidence."""
    return Finding(((label, str(value)),), until)


def longest(found: Sequence[Finding | None]) -> Finding | None:
    """The one that ends last; one without an end ends never."""
    some = [finding for finding in found if finding]
    return max(some, key=lambda finding: finding.until or date.max, default=None)

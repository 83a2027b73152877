"""Facts tried in place of the real ones: what would be decided were one thing different."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Reason
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Policy
from engine.snapshot import Snapshot
from engine.usage import MeterUse


class Change(StrEnum):
    """How the facts differ: gone, later, in a new period, with something, or used by so much."""

    WITHOUT = "without"
    ON_DAY = "on_day"
    NEW_PERIOD = "new_period"
    WITH = "with"
    USED = "used"
    SAID = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Facts, policy and what they lead to at `now`.

    `later`: how much older the account's past is than it really is.
    """

    snapshot: Snapshot
    policy: Policy
    now: datetime
    decision: Decision
    later: timedelta = timedelta()

    @property
    def today(self) -> date:
        """The account's local day."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return ZoneInfo(self.snapshot.account.time_zone)

    @property
    def meter(self) -> MeterUse | None:
        """The meter of the moment that was held back."""
        chosen = self.decision.chosen or next(iter(self.decision.candidates), None)
        key = chosen.key.meter if chosen else None
        return next((m for m in self.snapshot.meters if m.key == key), None)

    @property
    def asks(self) -> bool:
        """Whether it is an ask that was held back, not a reflection."""
        chosen = self.decision.chosen
        return chosen is None or chosen.alert_class is AlertClass.ASK

    def account(self, **changes: object) -> "Trial":
        """The same with other facts of the account."""
        account = replace(self.snapshot.account, **changes)  # type: ignore[arg-type]
        return replace(self, snapshot=replace(self.snapshot, account=account))

    def facts(self, **changes: object) -> "Trial":
        """The same with other facts."""
        return replace(self, snapshot=replace(self.snapshot, **changes))  # type: ignore[arg-type]

    def table(self, name: str, **changes: object) -> "Trial":
        """The same under a policy whose table `name` differs; more may be supposed than set."""
        table = copy(getattr(self.policy, name))
        for key, value in changes.items():
            object.__setattr__(table, key, value)
        return replace(self, policy=replace(self.policy, **{name: table}))

    def real(self, reason: Reason) -> Reason:
        """The reason with its days as they will really be."""
        evidence = tuple((label, _moved(value, self.later)) for label, value in reason.evidence)
        until = reason.until + self.later if reason.until else None
        return replace(reason, evidence=evidence, until=until)

    def again(self) -> "Trial":
        """What is decided of these facts."""
        return replace(self, decision=decide(self.snapshot, self.policy, self.now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """A change of the facts. `trial` None: what would follow can't be told from these facts."""

    change: Change
    trial: Trial | None
    evidence: tuple[tuple[str, str], ...] = ()
    on: date | None = None


def aged(trial: Trial, day: date) -> Trial:
    """All that was said, answered and befell the account is as old as it will be after `day`.

    Use stays as it is today: whole days are taken from everything else instead.
    """
    span = day + timedelta(1) - trial.today

    def instant(at: datetime | None) -> datetime | None:
        return at - span if at else None

    def local(at: date | None) -> date | None:
        return at - span if at else None

    facts, account = trial.snapshot, trial.snapshot.account
    older = trial.account(since=local(account.since), renewal=local(account.renewal)).facts(
        people=tuple(
            replace(p, joined=local(p.joined), last_asked=instant(p.last_asked))
            for p in facts.people
        ),
        blockers=tuple(
            replace(b, opened=b.opened - span, closed=instant(b.closed)) for b in facts.blockers
        ),
        plan_changes=tuple(replace(c, at=c.at - span) for c in facts.plan_changes),
        alerts=tuple(
            replace(
                a,
                raised_at=a.raised_at - span,
                charged_at=instant(a.charged_at),
                closed_at=instant(a.closed_at),
            )
            for a in facts.alerts
        ),
        answers=tuple(replace(a, at=a.at - span, until=local(a.until)) for a in facts.answers),
    )
    return replace(older, later=trial.later + span)


def with_day(meter: MeterUse, day: date, amount: float, trial: Trial) -> Trial:
    """Another amount on one day of one meter."""
    if meter.first_day is None:
        return trial
    days, place = list(meter.daily), (day - meter.first_day).days
    days += [0.0] * (place + 1 - len(days))
    change = amount - days[place]
    days[place] = amount
    inside = day >= meter.period.start
    used = meter.used + Decimal(repr(round(change, 6))) if inside else meter.used
    changed = replace(meter, daily=tuple(days), used=max(used, Decimal(0)))
    meters = (changed if m.key == meter.key else m for m in trial.snapshot.meters)
    return trial.facts(meters=tuple(meters))


def _moved(value: str, span: timedelta) -> str:
    """A day in evidence moved on; anything else stays."""
    try:
        return (date.fromisoformat(value) + span).isoformat()
    except ValueError:
        return value

"""The people and the diary of scenarios: who is there, and what happened before, line by line.

2026-10-05         ask pace on reports, delivered to ada
2026-10-06 14:00   ada answers snoozed until 2026-12-01
2026-11-10         ticket opens, urgent
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, PastAlert
from engine.snapshot import Answer, Blocker, BlockerKind, Friction, Person, PlanChange, Role
from engine.usage import Period

Match = re.Match[str]
_WHEN = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?\s+(.+)")
_ALERT = re.compile(
    r"(?P<kind>ask|reflection|notice) (?P<moment>\w+)(?: of (?P<ordinal>[\w-]+))? "
    r"on (?P<meter>\w+), "
    r"(?P<fate>delivered to (?P<to>\w+)|seen in the app|not delivered yet|never delivered|held out)"
)
_ANSWER = re.compile(
    r"(?P<who>\w+) answers (?P<said>\w+)(?: until (?P<until>\d{4}-\d\d-\d\d))?"
    r"(?P<whole> for the whole account)?"
)
_BLOCKER = re.compile(r"(?P<kind>\w+) (?P<what>opens|closes)(?P<urgent>, urgent)?")
_FRICTION = re.compile(r"the limit of (?P<meter>\w+) stops (?P<who>\w+)")
_PLAN = re.compile(r"plan moves (?P<way>up|down|sideways) to (?P<plan>\w+)")
_CARRIERS = (Role.CHAMPION, Role.MANAGER, Role.FINANCE, Role.ADMIN)
_CLOSING = (
    FeedbackKind.APPROVED,
    FeedbackKind.DISMISSED,
    FeedbackKind.SNOOZED,
    FeedbackKind.DECLINED,
    FeedbackKind.NOT_USEFUL,
    FeedbackKind.MUTED,
)


def person(name: str, said: str) -> Person:
    """Somebody, as in `ada = "champion, on slack, can buy, since 2025-10-14"`."""
    role, *traits = (part.strip() for part in said.split(","))
    fields: dict[str, object] = {}
    for trait in traits:
        match trait.split():
            case ["on", channel]:
                fields["reachable"] = (channel,)
            case ["can", "buy"]:
                fields["can_buy"] = True
            case ["called", *names]:
                fields["name"] = " ".join(names)
            case ["muted"]:
                fields["muted"] = True
            case ["since", day]:
                fields["joined"] = date.fromisoformat(day)
            case ["zone", zone]:
                fields["time_zone"] = zone
            case ["locale", locale]:
                fields["locale"] = locale
            case _:
                raise AssertionError(f"{name}: what is {trait!r}?")
    return replace(Person(id=name, role=Role(role), name=name.title()), **fields)  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class Diary:
    """What had happened by `now`. `period` names the period that held a local day."""

    zone: ZoneInfo
    now: datetime
    people: Sequence[Person]
    account: str
    period: Callable[[date], Period]
    alerts: list[PastAlert] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    blockers: list[Blocker] = field(default_factory=list)
    frictions: list[Friction] = field(default_factory=list)
    changes: list[PlanChange] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Take in every line that is not after `now`, oldest first."""
        entries = [self._entry(row.strip()) for row in text.splitlines() if row.strip()]
        for at, said in sorted(entries, key=lambda entry: entry[0]):
            if at <= self.now:
                self._take(at, said)
        self.alerts = [self._closed_by_time(alert) for alert in self.alerts]

    def _entry(self, row: str) -> tuple[datetime, str]:
        found = _WHEN.fullmatch(row.split(" #")[0].strip())
        assert found, f"not a line of a diary: {row!r}"
        hour = time.fromisoformat(found[2] or "09:00")
        return self._instant(date.fromisoformat(found[1]), hour), found[3]

    def _instant(self, day: date, hour: time) -> datetime:
        """A local time as an instant in UTC, as the store has them all."""
        return datetime.combine(day, hour, self.zone).astimezone(UTC)

    def _period(self, at: datetime) -> Period:
        return self.period(at.astimezone(self.zone).date())

    def _take(self, at: datetime, said: str) -> None:
        readers = (
            (_ALERT, self._alert),
            (_ANSWER, self._answer),
            (_FRICTION, self._friction),
            (_PLAN, self._plan),
            (_BLOCKER, self._blocker),
        )
        for pattern, take in readers:
            if found := pattern.fullmatch(said):
                return take(at, found)
        raise AssertionError(f"what is {said!r}?")

    def _alert(self, at: datetime, found: Match) -> None:
        fate = found["fate"]
        delivered = fate.startswith(("delivered", "seen"))
        gone = fate in ("never delivered", "held out")
        key = AlertKey(
            account=self.account,
            meter=found["meter"],
            moment=Moment(found["moment"]),
            alert_class=AlertClass(found["kind"]),
            period=found["ordinal"] or self._period(at).start.isoformat(),
        )
        self.alerts.append(
            PastAlert(
                key=key,
                raised_at=at,
                charged_at=at if delivered else None,
                closed_at=at if gone else None,
                person=found["to"],
                ghost=fate == "held out",
            )
        )

    def _closed_by_time(self, alert: PastAlert) -> PastAlert:
        """An alert nobody answers closes with its period, a plan change, or after a fortnight."""
        end = self._period(alert.raised_at).end
        ends = [alert.raised_at + timedelta(14)]
        ends += [self._instant(end, time())] if end else []
        ends += [change.at for change in self.changes if change.at > alert.raised_at]
        ends += [alert.closed_at] if alert.closed_at else []
        return replace(alert, closed_at=min(ends) if min(ends) <= self.now else None)

    def _answer(self, at: datetime, found: Match) -> None:
        role = next((p.role for p in self.people if p.id == found["who"]), Role.USER)
        kind, asked = FeedbackKind(found["said"]), self.alerts[-1]
        if kind in _CLOSING and (role in _CARRIERS or asked.person == found["who"]):
            self.alerts[-1] = replace(asked, closed_at=asked.closed_at or at)
        answer = Answer(
            alert=str(asked.key),
            kind=kind,
            at=at,
            person=found["who"],
            role=role,
            until=date.fromisoformat(found["until"]) if found["until"] else None,
            whole_account=bool(found["whole"]),
        )
        self.answers.append(answer)

    def _friction(self, at: datetime, found: Match) -> None:
        self.frictions.append(Friction(at=at, user=found["who"], meter=found["meter"]))

    def _plan(self, at: datetime, found: Match) -> None:
        direction = {"up": 1, "down": -1, "sideways": 0}[found["way"]]
        self.changes.append(PlanChange(at=at, plan=found["plan"], direction=direction))

    def _blocker(self, at: datetime, found: Match) -> None:
        kind = BlockerKind(found["kind"])
        if found["what"] == "closes":
            self.blockers[:] = [
                replace(b, closed=at) if b.kind is kind and b.closed is None else b
                for b in self.blockers
            ]
            return
        urgent = bool(found["urgent"])
        name = f"{kind}-{len(self.blockers) + 1}"
        self.blockers.append(Blocker(id=name, kind=kind, opened=at, urgent=urgent))

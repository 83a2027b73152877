"""Who hears it: the one person a push goes to, and who may see the banner."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, FeedbackKind
from engine.history import value_days_of
from engine.ledger import CARRIERS, MUTERS, mutes_in_force
from engine.policy import Policy
from engine.snapshot import Person, Role, Snapshot


class Audience:
    """Everybody at the account, as far as they may be spoken to."""

    def __init__(self, snapshot: Snapshot, policy: Policy, now: datetime) -> None:
        self.snapshot, self.policy, self.now = snapshot, policy, now
        self.today = now.astimezone(ZoneInfo(snapshot.account.time_zone)).date()

    @cached_property
    def days(self) -> dict[str, int]:
        """Each user's value days in 28."""
        return value_days_of(self.snapshot.user_days, self.today)

    @cached_property
    def first(self) -> dict[str, date]:
        """Each user's first value day."""
        return {u.user: u.days[0] for u in self.snapshot.user_days if u.days}

    @cached_property
    def people(self) -> dict[str, Person]:
        """Stored people by id."""
        return {p.id: p for p in self.snapshot.people}

    @cached_property
    def muted(self) -> set[str]:
        """Who wants to hear nothing."""
        return {p.id for p in self.snapshot.people if p.muted} | self._muted_by_answer()

    @cached_property
    def quiet(self) -> bool:
        """Whether nobody at the account is to be pushed anything."""
        objected = self.snapshot.account.objected
        return objected or bool(mutes_in_force(self.snapshot, self.now, self.today))

    @cached_property
    def asked(self) -> dict[str, datetime]:
        """When each person was last asked."""
        asked = {p.id: p.last_asked for p in self.snapshot.people if p.last_asked}
        for alert in self.snapshot.alerts:
            counts = alert.key.alert_class is AlertClass.ASK and not alert.ghost
            if alert.person and alert.charged_at and counts:
                known = asked.get(alert.person, alert.charged_at)
                asked[alert.person] = max(known, alert.charged_at)
        return asked

    def recipient(self, alert_class: AlertClass) -> str | None:
        """The one person a push of this class goes to; None: nobody can be reached."""
        if self.quiet:
            return None
        people = (p for p in self.snapshot.people if p.reachable and p.id not in self.muted)
        match alert_class:
            case AlertClass.NOTICE:
                return self._best(p for p in people if self._carries(p) or p.role is Role.ADMIN)
            case AlertClass.REFLECTION:
                return self._best(p for p in people if self._carries(p) and self._settled(p.id))
            case AlertClass.ASK:
                fit = (p for p in people if self._carries(p) and self._settled(p.id))
                return self._best(p for p in fit if not self._asked_lately(p.id))

    def banner(self, alert_class: AlertClass) -> tuple[str, ...]:
        """Ids of those who may see the banner of an ask or a reflection."""
        enough = self.policy.recipients.value_days
        users = {user for user, days in self.days.items() if days >= enough}
        carriers = {p.id for p in self.snapshot.people if p.role in CARRIERS}
        ids = {i for i in (users | carriers) - self.muted if self._settled(i)}
        if alert_class is AlertClass.ASK:
            ids -= {i for i in ids if self._asked_lately(i)} | self._resting()
        return tuple(sorted(ids))

    def _best(self, people: Iterable[Person]) -> str | None:
        return min(people, key=self._rank, default=_NOBODY).id or None

    def _rank(self, person: Person) -> tuple[bool, int, bool, date, str]:
        return (
            person.role is not Role.CHAMPION,
            -self.days.get(person.id, 0),
            not person.can_buy,
            self.first.get(person.id, date.max),
            person.id,
        )

    def _carries(self, person: Person) -> bool:
        """Whether this is the champion, by role or by what they do with the product."""
        enough = self.policy.recipients.value_days
        return person.role is Role.CHAMPION or self.days.get(person.id, 0) >= enough

    def _settled(self, person_id: str) -> bool:
        """Whether they have been there long enough; unknown is not long enough."""
        stored = self.people.get(person_id)
        joined = (stored.joined if stored else None) or self.first.get(person_id)
        joined = joined or self.snapshot.account.since
        age = timedelta(self.policy.recipients.joined_days)
        return joined is not None and self.today - joined >= age

    def _asked_lately(self, person_id: str) -> bool:
        at = self.asked.get(person_id)
        return at is not None and self.now - at < timedelta(self.policy.ask.person_spacing_days)

    def _muted_by_answer(self) -> set[str]:
        """Whoever muted Segue for themselves; muting the account is no word about oneself."""
        return {
            a.person
            for a in self.snapshot.answers
            if a.kind is FeedbackKind.MUTED
            and a.at <= self.now
            and not (a.whole_account and a.role in MUTERS)
            and (a.until is None or a.until > self.today)
        }

    def _resting(self) -> set[str]:
        """People whose own "not now" still holds: it binds them, whatever their role."""
        rest = timedelta(self.policy.ask.spacing_days)
        return {
            answer.person
            for answer in self.snapshot.answers
            if answer.kind is FeedbackKind.SNOOZED
            and answer.at <= self.now
            and (answer.until > self.today if answer.until else self.now - answer.at < rest)
        }


_NOBODY = Person(id="")

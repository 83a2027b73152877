"""Who hears it: the one person a push goes to, and who may see the banner."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property

from engine.alert import AlertClass, FeedbackKind
from engine.history import value_days_of
from engine.instant import local_day
from engine.ledger import CARRIERS, account_mutes, mutes_in_force, rest_days
from engine.policy import Policy
from engine.snapshot import Person, Role, Snapshot


class Audience:
    """Everybody at the account, as far as they may be spoken to."""

    def __init__(self, snapshot: Snapshot, policy: Policy, now: datetime) -> None:
        self.snapshot, self.policy, self.now = snapshot, policy, now

    @cached_property
    def today(self) -> date:
        """The account's local day."""
        return local_day(self.now, self.snapshot.account.time_zone)

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
        return {p.id for p in self.snapshot.people if p.muted} | self.muted_by_answer

    @cached_property
    def quiet(self) -> bool:
        """Whether nobody at the account is to be pushed anything."""
        objected = self.snapshot.account.objected
        return objected or bool(mutes_in_force(self.snapshot, self.now, self.today))

    @cached_property
    def asked(self) -> dict[str, datetime]:
        """When each person was last asked: by a push, or by a banner they saw or answered."""
        asked: dict[str, datetime] = {}
        pushed: set[tuple[str, str]] = set()
        for alert in self.snapshot.alerts:
            counts = alert.key.alert_class is AlertClass.ASK and not alert.ghost
            if alert.person and alert.charged_at and counts:
                pushed.add((alert.person, str(alert.key)))
                known = asked.get(alert.person, alert.charged_at)
                asked[alert.person] = max(known, alert.charged_at)
        for word in self.snapshot.answers:
            # Whom it was pushed to was asked then, not when they found the time to answer.
            by_banner = _ASK in word.alert and (word.person, word.alert) not in pushed
            if by_banner and word.at <= self.now:
                asked[word.person] = max(asked.get(word.person, word.at), word.at)
        return asked

    def recipient(self, alert_class: AlertClass) -> str | None:
        """The one person a push of this class goes to; None: nobody can be reached."""
        if not self.snapshot.people or self.quiet:
            return None
        people = (p for p in self.snapshot.people if p.reachable and p.id not in self.muted)
        match alert_class:
            case AlertClass.NOTICE:
                return self._best(p for p in people if self._carries(p) or p.role is Role.ADMIN)
            case AlertClass.REFLECTION:
                return self._best(p for p in people if self._carries(p) and self.settled(p.id))
            case AlertClass.ASK:
                fit = (p for p in people if self._carries(p) and self.settled(p.id))
                return self._best(p for p in fit if p.id not in self.spared)

    def banner(self, alert_class: AlertClass) -> tuple[str, ...]:
        """Ids of those who may see the banner of an ask or a reflection."""
        if not (self.snapshot.people or self.snapshot.user_days):
            return ()
        enough = self.policy.recipients.value_days
        users = {user for user, days in self.days.items() if days >= enough}
        carriers = {p.id for p in self.snapshot.people if p.role in CARRIERS}
        ids = {i for i in (users | carriers) - self.muted if self.settled(i)}
        if alert_class is AlertClass.ASK:
            ids -= self.spared
        return tuple(sorted(ids))

    def somebody(self, alert_class: AlertClass) -> bool:
        """Whether anybody may see the banner of an ask or a reflection.

        Where nobody at all is known, not even by their usage, whoever opens the app may be meant;
        somebody who was asked, or said no, counts as known also after they were erased.
        """
        facts = self.snapshot
        if not facts.readers_known:
            return True
        named = self.muted_by_answer
        if alert_class is AlertClass.ASK:
            named = named | self._asked_or_resting
        known = facts.people or facts.user_days or named
        return not known or bool(self.banner(alert_class))

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

    def settled(self, person_id: str) -> bool:
        """Whether they have been there long enough; unknown is not long enough."""
        stored = self.people.get(person_id)
        joined = (stored.joined if stored else None) or self.first.get(person_id)
        joined = joined or self.snapshot.account.since
        age = timedelta(self.policy.recipients.joined_days)
        return joined is not None and self.today - joined >= age

    @cached_property
    def spared(self) -> set[str]:
        """Who is not to be asked: asked within the spacing, or resting after a "no"."""
        spacing = timedelta(self.policy.ask.person_spacing_days)
        stored = ((p.id, p.last_asked) for p in self.snapshot.people)
        lately = {person for person, at in stored if at and self.now - at < spacing}
        return lately | self._asked_or_resting

    @cached_property
    def _asked_or_resting(self) -> set[str]:
        """Who is spared for what they were asked or said themselves."""
        spacing = timedelta(self.policy.ask.person_spacing_days)
        return {p for p, at in self.asked.items() if self.now - at < spacing} | self._resting()

    @cached_property
    def muted_by_answer(self) -> set[str]:
        """Whoever muted Segue for themselves; muting the account is no word about oneself."""
        for_all = account_mutes(self.snapshot, self.now)
        return {
            a.person
            for a in self.snapshot.answers
            if a.kind is FeedbackKind.MUTED
            and a.at <= self.now
            and (a.until is None or a.until > self.today)
            and a not in for_all
        }

    def _resting(self) -> set[str]:
        """People whose own "no" still holds: it binds them, whatever their role."""
        rest = timedelta(rest_days(self.policy.trust.refused_k, self.policy))
        return {
            word.person
            for word in self.snapshot.answers
            if word.kind in _REFUSALS
            and word.at <= self.now
            and (self.now - word.at < rest or (word.until is not None and word.until > self.today))
        }


_ASK = f"/{AlertClass.ASK}/"
_REFUSALS = frozenset((FeedbackKind.SNOOZED, FeedbackKind.DECLINED, FeedbackKind.NOT_USEFUL))
_NOBODY = Person(id="")

"""One account's life, day after day: facts come about, are looked at, and what is said is kept.

What the services do around `decide` is done here in memory, to the same rules: a key is raised in
turns, an ask held out is a ghost, a push is released or waits, a banner is charged when it is first
seen, an alert closes at an answer, a plan change, its end or its age.
"""

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, FeedbackKind, Outcome, PastAlert
from engine.decide import decide
from engine.decision import Candidate, Decision
from engine.ledger import CARRIERS, MUTERS
from engine.release import Defer, Ended, Expire, Push, Reader, ended, release
from engine.snapshot import (
    AccountFacts,
    Answer,
    Blocker,
    Calibration,
    Friction,
    Person,
    PlanChange,
    Role,
    Snapshot,
    UserDays,
)
from engine.usage import AtLimit, MeterUse
from tests.engine.lives_told import Birth, Door, Look, Told, Watcher, Word
from tests.engine.lives_usage import PLANS, Calendar, Counter

_NOTICE = AlertClass.NOTICE
NOBODY, ERASED = "visitor", "erased"
_CLOSING = frozenset(FeedbackKind) - {
    FeedbackKind.SEEN,
    FeedbackKind.USEFUL,
    FeedbackKind.FORWARDED,
    FeedbackKind.ACTED,
}
_OVER = (Ended.PLAN_CHANGED, Ended.MOMENT_OVER)
_CALM_DAYS, _PRESSING_DAYS = 21, 9
"""Days to the next look, without a moment and with one; usage and a day that is named cut in."""


class Life:
    """An account from its sign-up on."""

    def __init__(self, birth: Birth, watchers: Sequence[Watcher] = (), door: Door = decide) -> None:
        self.birth, self.watchers, self.door = birth, watchers, door
        self.zone, self.policy, self.plan = birth.zone, birth.policy, birth.plan
        self.now = self._local(birth.born, 7)
        self.account = AccountFacts(
            id="acme",
            name="Acme",
            plan=None,
            next_plan=None,
            time_zone=birth.zone,
            locale="en",
            currency="EUR",
            seats=birth.seats,
            since=birth.born if birth.since_known else None,
        )
        self.live_since = self.now
        self.arm, self.widget_on, self.rollout_open = birth.arm, birth.widget_on, True
        self.calibration: Calibration | None = None
        self.meters = [Counter(counts=counts) for counts in birth.counts]
        self.people = {person.id: person for person in birth.people}
        self.user_days: dict[str, list[date]] = {}
        self.busy_until: dict[str, datetime] = {}
        self.frictions: list[Friction] = []
        self.blockers: list[Blocker] = []
        self.changes: list[PlanChange] = []
        self.told: list[Told] = []
        self.words: list[Word] = []
        self.last_report: datetime | None = None
        self.guard: dict[str, float] = {}
        self.wait = self.days = self.looks = 0
        self.met: Tally[str] = Tally()

    @property
    def today(self) -> date:
        """The account's local day."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def _local(self, day: date, hour: float) -> datetime:
        moment = datetime.combine(day, time(int(hour)), ZoneInfo(self.zone))
        return moment.astimezone(UTC)

    def day(self, amounts: dict[str, float], users: Sequence[str] = (), hour: int = 7) -> None:
        """Live one more day: what is used, at an hour before or after the daily look."""
        day = self.today + timedelta(1)
        self.days += 1
        for at, use in sorted([(hour, True), (9, False)]):
            self.now = max(self.now, self._local(day, at))
            if use:
                self.use(day, amounts, users)
                if any(amounts.values()) and self._past_guard():
                    self.look()
                continue
            self._tidy()
            self.wait -= 1
            if self.wait <= 0:
                self.look()
            else:
                self.deliver()

    def use(self, day: date, amounts: dict[str, float], users: Sequence[str] = ()) -> None:
        """Usage comes in for a day, today's or an earlier one."""
        for meter in self.meters:
            amount = amounts.get(meter.counts.key, 0.0)
            if amount:
                meter.add(day, amount)
                self.last_report = self.now
                for user in users if meter.counts.meaningful and amount > 0 else ():
                    days = self.user_days.setdefault(user, [])
                    if day not in days[-40:]:
                        days.append(day)
                        days.sort()

    def _past_guard(self) -> bool:
        """Whether usage could have changed the answer."""
        calendar, guard = self._calendar(), self.guard
        return any(float(m.used(calendar)) >= guard.get(m.counts.key, 0.0) for m in self.meters)

    def _calendar(self) -> Calendar:
        anchor = (self.account.since or self.birth.born).day
        return Calendar(today=self.today, kind=self.birth.period, anchor=anchor)

    def _uses(self) -> list[MeterUse]:
        calendar = self._calendar()
        return [m.use(calendar, self.plan, self.changes) for m in self.meters]

    def snapshot(self) -> Snapshot:
        """Everything known now, as the store would load it."""
        rank = self.plan
        bigger = None if rank is None or rank + 1 >= len(PLANS) else PLANS[rank + 1]
        oldest = self.today - timedelta(days=400)
        self.told.sort(key=lambda told: told.past.raised_at)
        self.words.sort(key=lambda word: word.answer.at)
        return Snapshot(
            account=replace(
                self.account,
                plan=None if rank is None else PLANS[rank],
                next_plan=bigger,
                time_zone=self.zone,
            ),
            meters=tuple(self._uses()),
            people=tuple(self._person(p) for p in sorted(self.people.values(), key=_id)),
            user_days=tuple(
                UserDays(user=user, days=kept)
                for user, days in sorted(self.user_days.items())
                if (kept := tuple(d for d in days if d >= oldest))
            ),
            frictions=tuple(f for f in self.frictions if f.at >= self.now - timedelta(60)),
            blockers=tuple(self.blockers),
            plan_changes=tuple(self.changes),
            alerts=tuple(told.past for told in self.told),
            answers=tuple(word.answer for word in self.words if word.answer.at <= self.now),
            arm=self.arm,
            rollout_open=self.rollout_open,
            widget_on=self.widget_on,
            readers_known=True,
            daily_source=self.birth.daily_source,
            last_report=self.last_report,
            live_since=self.live_since,
            calibration=self.calibration,
        )

    def _person(self, person: Person) -> Person:
        asked = (t.past for t in self.told if t.past.key.alert_class is AlertClass.ASK)
        mine = [a.charged_at for a in asked if a.person == person.id and a.charged_at]
        return replace(person, last_asked=max(mine, default=None))

    def look(self) -> Decision:
        """Decide, keep what is said, and let it go out."""
        facts = self.snapshot()
        decision = self.door(facts, self.policy, self.now)
        look = Look(facts=facts, policy=self.policy, now=self.now, decision=decision)
        self.looks += 1
        self.guard = dict(decision.guard)
        self.wait = _patience(look)
        for watcher in self.watchers:
            watcher.looked(self, look)
        for told in self.told:
            if told.open and self._ended(told, facts) in _OVER:
                self.close(told)
        for candidate in (*decision.notices, *([decision.chosen] if _raises(decision) else [])):
            if candidate is not None:
                self._raise(candidate, facts, decision)
        self.deliver()
        return decision

    def _raise(self, candidate: Candidate, facts: Snapshot, decision: Decision) -> None:
        key = candidate.key
        notice = key.alert_class is _NOTICE
        ghost = decision.outcome is Outcome.HELD_OUT and not notice
        person = decision.notice_recipient if notice else decision.recipient
        meter = next(m for m in facts.meters if m.key == key.meter)
        past = PastAlert(
            key=key,
            raised_at=self.now,
            charged_at=None,
            closed_at=self.now if ghost else None,
            person=person,
            ghost=ghost,
        )
        stored = self.people.get(person or "")
        reachable = stored is not None and bool(stored.reachable) and not stored.muted
        self.told.append(
            Told(
                past=past,
                audience=() if notice else decision.audience,
                stops=meter.at_limit is AtLimit.STOPS,
                due=self.now if reachable and not ghost else None,
            )
        )

    def close(self, told: Told) -> None:
        """It is over, or was answered: nothing of it goes out any more."""
        if told.open:
            told.past = replace(told.past, closed_at=self.now)
            told.due = None

    def _tidy(self) -> None:
        oldest = self.now - timedelta(self.policy.ask.open_days)
        for told in self.told:
            if told.open and told.past.raised_at < oldest:
                self.close(told)

    def _ended(self, told: Told, facts: Snapshot) -> Ended | None:
        return ended(told.past.key, told.past.raised_at, facts, self.policy, self.now)

    def deliver(self) -> None:
        """Send the pushes that are due, then let somebody see the banner."""
        due = [t for t in self.told if t.open and t.due is not None and t.due <= self.now]
        shown = [t for t in self.told if t.open and t.past.key.alert_class is not _NOTICE]
        if not (self.birth.attentive and self.widget_on):
            shown = []
        shown = [t for t in shown if self._readers(t)]
        if not (due or shown):
            return
        facts = self.snapshot()
        for told in due:
            self._push(told, facts)
        for told in shown:
            if told.open:
                self._glance(told, facts)

    def _push(self, told: Told, facts: Snapshot) -> None:
        person = self.people[told.past.person or ""]
        push = Push(
            alert_class=told.past.key.alert_class,
            raised_at=told.past.raised_at,
            reader=Reader(
                time_zone=person.time_zone or self.zone,
                holidays=frozenset({date(self.today.year, 12, 25), date(self.today.year, 5, 1)}),
                do_not_disturb_until=self.busy_until.get(person.id),
            ),
            stops=told.stops,
            ended=self._ended(told, facts),
        )
        result = release(push, self.policy.quiet, self.now)
        if person.muted:
            result = Expire(Ended.BLOCKED)
        if isinstance(result, Expire):
            told.due = None
            if result.reason in _OVER:
                self.close(told)
            return
        for watcher in self.watchers:
            watcher.released(self, told, person, result)
        if isinstance(result, Defer):
            told.due = result.until
            return
        told.due = None
        if told.past.key.alert_class is not _NOTICE:
            self._charge(told, person.id)

    def _glance(self, told: Told, facts: Snapshot) -> None:
        """The first of those it is for opens the app, if nothing stands against showing it."""
        readers = self._readers(told)
        if readers and self._ended(told, facts) is None:
            self.say(told, readers[0], FeedbackKind.SEEN)

    def _readers(self, told: Told) -> list[str]:
        """Whom its banner is for and who did not see it yet."""
        pushed = [told.past.person] if told.past.person else []
        known = self.people or self.user_days
        who = [*told.audience, *pushed] if known else [NOBODY]
        return [w for w in who if w not in told.seen and not self._muted(w)]

    def _muted(self, person: str) -> bool:
        return person in self.people and self.people[person].muted

    def _charge(self, told: Told, person: str) -> None:
        for watcher in self.watchers:
            watcher.reached(self, told, person)
        if told.past.charged_at is None:
            told.past = replace(told.past, charged_at=self.now)

    def say(
        self,
        told: Told,
        person: str,
        kind: FeedbackKind,
        until: date | None = None,
        *,
        whole: bool = False,
    ) -> None:
        """Somebody answers an alert; who is muted sees none."""
        if kind is FeedbackKind.SEEN and self._muted(person):
            return
        role = self.people[person].role if person in self.people else Role.USER
        pushed = person == told.past.person
        answer = Answer(
            alert=str(told.past.key),
            kind=kind,
            at=self.now,
            person=person,
            role=role,
            until=until,
            whole_account=whole and (role in MUTERS or pushed),
        )
        notice = told.past.key.alert_class is _NOTICE
        if kind is FeedbackKind.SEEN:
            told.seen.add(person)
            if told.open:
                self._charge(told, person)
        self.words.append(Word(told=told, answer=answer, binds=role in CARRIERS or pushed))
        if kind is FeedbackKind.MUTED and not answer.whole_account:
            known = self.people.get(person, Person(id=person))
            self.people[person] = replace(known, muted=True)
        if kind in _CLOSING and (role in MUTERS or pushed) and not notice:
            self.close(told)

    def erase(self, person: str) -> None:
        """Forget somebody: what was said stays, without saying whose it was."""
        self.people.pop(person, None)
        self.user_days.pop(person, None)
        self.frictions = [f for f in self.frictions if f.user != person]
        for told in self.told:
            if told.past.person == person:
                told.past, told.due = replace(told.past, person=ERASED), None
        self.words = [
            replace(word, answer=replace(word.answer, person=ERASED))
            if word.answer.person == person
            else word
            for word in self.words
        ]


def _patience(look: Look) -> int:
    """Days to the next look: a day that was named is looked at, and the day before it."""
    decision = look.decision
    if all(c.alert_class is _NOTICE for c in decision.candidates):
        return _CALM_DAYS
    if decision.next_possible is None:
        return _PRESSING_DAYS
    return min(max((decision.next_possible - look.today).days - 1, 1), _CALM_DAYS)


def _id(person: Person) -> str:
    return person.id


def _raises(decision: Decision) -> bool:
    return decision.outcome in (Outcome.ASK, Outcome.REFLECT, Outcome.HELD_OUT)

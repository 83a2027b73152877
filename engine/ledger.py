"""The trust ledger: attention as an account, earned by value and spent by what was delivered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from math import exp2
from operator import itemgetter
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, FeedbackKind, PastAlert
from engine.decision import Balance
from engine.history import ValueDays
from engine.policy import Policy, TrustPolicy
from engine.snapshot import Answer, Role, Snapshot

CARRIERS = frozenset((Role.CHAMPION, Role.MANAGER, Role.FINANCE))
"""Roles whose answers bind the account; so do those of whom the alert was pushed to."""
MUTERS = CARRIERS | {Role.ADMIN}
"""Who may mute the whole account."""
_LONGEST_REST, _DOUBLED = 365.0, 9.0
"""Days; and the refusals from which on the rest is that long anyway."""
_LAST = datetime.max.replace(tzinfo=UTC)
_Event = tuple[datetime, int, Callable[[datetime], None]]
_Entry = tuple[datetime, str, float]
_WHEN = itemgetter(0, 1)


def balance(
    snapshot: Snapshot,
    days: ValueDays,
    policy: Policy,
    now: datetime,
    kept: "Kept | None" = None,
) -> Balance:
    """Fold value days, deliveries, answers and upgrades since going live into today's balance.

    `kept`: what an earlier look at this account left, where facts are only ever added to.
    """
    fold = kept.fold_at(snapshot, now) if kept else None
    if fold is None:
        fold = _folded(snapshot, days, policy, now, kept)
    return fold.at(now, days)


def _folded(
    snapshot: Snapshot, days: ValueDays, policy: Policy, now: datetime, kept: "Kept | None"
) -> "_Fold":
    """Everything up to the last event before `now`."""
    zone = ZoneInfo(snapshot.account.time_zone)
    live = [snapshot.live_since or now, now]
    live += [a.charged_at for a in snapshot.alerts if a.charged_at and not a.ghost]
    live += [answer.at for answer in snapshot.answers]
    begin = min(live)
    fold = _Fold(policy, days, zone, start=_local_day(begin, zone))
    events = [event for event in _events(snapshot, fold) if begin <= event[0]]
    events.sort(key=_WHEN)
    following = None
    for at, _, apply in events:
        if at > now:
            following = at
            break
        fold.value_until(at)
        apply(at)
    if kept:
        kept.keep(snapshot, fold, now, following)
    return fold


@dataclass(slots=True)
class Kept:
    """A fold as it stood after its last event, good for the days on which no other happens."""

    facts: tuple[int, int, int] | None = None
    fold: "_Fold | None" = None
    until: datetime | None = None

    def keep(
        self, snapshot: Snapshot, fold: "_Fold", now: datetime, until: datetime | None
    ) -> None:
        """Keep it up to the next event, unless a day it has counted is still going on."""
        whole = fold.counted_to <= _local_day(now, fold.zone)
        self.facts, self.until = _facts(snapshot), until
        self.fold = fold if whole else None

    def fold_at(self, snapshot: Snapshot, now: datetime) -> "_Fold | None":
        """The fold to go on from; None where something happened since."""
        if self.fold is None or self.facts != _facts(snapshot):
            return None
        return None if self.until and self.until <= now else self.fold

    def missing(self, needs: float) -> tuple[int, int] | None:
        """How many value days bring so much trust, if nothing else happens, and from which day on.

        The day is an ordinal. None where it can't be told.
        """
        if self.fold is None or self.fold.policy.trust.value_day <= 0:
            return None
        trust, value_day = self.fold.trust, self.fold.policy.trust.value_day
        count = max(int((needs - trust) / value_day), 1)
        while trust + count * value_day < needs:
            count += 1
        return count, max(self.fold.counted_to, self.fold.muted_until)


def _facts(snapshot: Snapshot) -> tuple[int, int, int]:
    return len(snapshot.alerts), len(snapshot.answers), len(snapshot.plan_changes)


def account_mutes(snapshot: Snapshot, now: datetime) -> list[Answer]:
    """Answers that mute the whole account, given by somebody who may."""
    if not snapshot.answers:
        return []
    return [
        answer
        for answer in snapshot.answers
        if answer.kind is FeedbackKind.MUTED
        and answer.whole_account
        and answer.at <= now
        and (answer.role in MUTERS or _was_told(answer, snapshot))
    ]


def _was_told(answer: Answer, snapshot: Snapshot) -> bool:
    """Whether the alert was pushed to who answers: the champion then, whatever their role."""
    return any(a.person == answer.person for a in snapshot.alerts if str(a.key) == answer.alert)


def rest_days(refusals: float, policy: Policy) -> float:
    """How long nobody is asked after so many refusals."""
    return min(_LONGEST_REST, policy.ask.after_refusal_days * exp2(min(refusals, _DOUBLED)))


def mutes_in_force(snapshot: Snapshot, now: datetime, today: date) -> list[Answer]:
    """Those of them that still hold."""
    mutes = account_mutes(snapshot, now)
    return [mute for mute in mutes if mute.until is None or mute.until > today]


def _events(snapshot: Snapshot, fold: "_Fold") -> Iterator[_Event]:
    """What moved the balance, each at its time; ties in the order charge, week, answer, upgrade."""
    tolls: list[_Toll] = []
    week = timedelta(fold.policy.trust.ignored_after_days)
    for alert in snapshot.alerts:
        kind, charged = alert.key.alert_class, alert.charged_at
        if kind is AlertClass.NOTICE or alert.ghost:
            continue
        # A reflection proposes nothing: leaving it unanswered refuses nothing.
        due = charged + week if charged and kind is AlertClass.ASK else None
        toll = _Toll(key=alert.key, raised_at=alert.raised_at, due=due, champion=alert.person)
        tolls.append(toll)
        if charged:
            yield charged, 0, partial(fold.charge, alert)
        if due:
            yield due, 1, partial(fold.ignore, toll)
    for answer in snapshot.answers:
        if f"/{AlertClass.NOTICE}/" in answer.alert:
            continue
        toll = _toll_of(answer, tolls)
        if answer.role in CARRIERS or answer.person == toll.champion:
            yield answer.at, 2, partial(fold.answer, toll, answer)
    for mute in account_mutes(snapshot, _LAST):
        yield mute.at, 3, partial(fold.mute, mute)
    for change in snapshot.plan_changes:
        if change.direction > 0:
            yield change.at, 4, partial(fold.upgrade, tolls)


def _toll_of(answer: Answer, tolls: "list[_Toll]") -> "_Toll":
    """The toll of the alert that was answered: the newest of its key, for keys may be re-armed."""
    for toll in reversed(tolls):
        if toll.raised_at <= answer.at and str(toll.key) == answer.alert:
            return toll
    tolls.append(_Toll(key=answer.alert, raised_at=answer.at, due=None))
    return tolls[-1]


@dataclass(slots=True, kw_only=True)
class _Toll:
    """What one alert has cost so far: the worst answer counts, once. `due`: ignored from then.

    `champion`: whom it was pushed to.
    """

    key: AlertKey | str
    raised_at: datetime
    due: datetime | None
    champion: str | None = None
    lost: float = 0.0
    refusals: float = 0.0
    credited: bool = False
    answered: bool = False
    refused: bool = False


@dataclass(slots=True)
class _Fold:
    """The running balance."""

    policy: Policy
    days: ValueDays
    zone: ZoneInfo
    start: int
    trust: float = 0.0
    refusals: float = 0.0
    rest_until: datetime | None = None
    entries: list[_Entry] = field(default_factory=list)
    counted_to: int = 0
    muted_until: int = 0

    def __post_init__(self) -> None:
        trust = self.policy.trust
        at = _midnight(self.start, self.zone)
        before = self.days.between(self.start - trust.before_days, self.start)
        self._enter(at, "start", trust.start)
        if before:
            self._enter(at, f"{before} value days before", before * trust.value_day)
        self.counted_to = self.start

    def at(self, now: datetime, days: ValueDays) -> Balance:
        """The balance some time after the last event; the fold itself stays as it is."""
        trust, entries = self.trust, tuple(self.entries)
        value = self._value(now, days)
        if value is not None and value[2]:
            trust, entries = min(trust + value[2], 100.0), (*entries, value)
        return Balance(
            trust=trust, refusals=self.refusals, entries=entries, rest_until=self.rest_until
        )

    def value_until(self, at: datetime) -> None:
        """Count the value days up to and with the day of `at`."""
        value = self._value(at, self.days)
        if value is not None:
            self._enter(*value)
        self.counted_to = max(self.counted_to, _local_day(at, self.zone) + 1)

    def _value(self, at: datetime, days: ValueDays) -> _Entry | None:
        """What the value days bring that are not counted yet, up to and with the day of `at`."""
        day = _local_day(at, self.zone)
        count = days.between(max(self.counted_to, self.muted_until), day + 1)
        if not count:
            return None
        earned = count * self.policy.trust.value_day
        return _midnight(day, self.zone), f"{count} value days", earned

    def charge(self, alert: PastAlert, at: datetime) -> None:
        """Attention was spent: the alert reached somebody."""
        trust = self.policy.trust
        spent = trust.ask if alert.key.alert_class is AlertClass.ASK else trust.reflection
        self._enter(at, f"{alert.key.alert_class} delivered", -spent)

    def ignore(self, toll: _Toll, at: datetime) -> None:
        """A week went by without an answer."""
        if not toll.answered:
            trust = self.policy.trust
            self._lose(toll, at, "ignored", trust.ignored, trust.ignored_k)

    def answer(self, toll: _Toll, answer: Answer, at: datetime) -> None:
        """Somebody who binds the account said something."""
        match answer.kind:
            case FeedbackKind.USEFUL | FeedbackKind.FORWARDED:
                toll.answered = True
                if not (toll.credited or toll.refused):
                    toll.credited = True
                    self._enter(at, answer.kind, self.policy.trust.useful)
            case FeedbackKind.ACTED | FeedbackKind.APPROVED:
                toll.answered = True
            case FeedbackKind.SEEN | FeedbackKind.MUTED:
                pass  # Seen is no answer, and a muted person leaves the alert unanswered.
            case _:
                self._refuse(toll, answer, at)

    def mute(self, mute: Answer, at: datetime) -> None:
        """The whole account wants silence."""
        self._enter(at, "muted", -self.trust)
        until = mute.until or date.max
        self.muted_until = max(self.muted_until, until.toordinal())

    def upgrade(self, tolls: list[_Toll], at: datetime) -> None:
        """The account moved to a larger plan: a clean slate, and nothing before was ignored."""
        for toll in tolls:
            toll.answered = toll.answered or toll.raised_at <= at
        self._enter(at, "upgrade", self.policy.trust.after_upgrade - self.trust)
        self.refusals = 0.0

    def _refuse(self, toll: _Toll, answer: Answer, at: datetime) -> None:
        trust = self.policy.trust
        if toll.due and at < toll.due:
            # Saying no early must not bring the next ask sooner than saying nothing would have.
            self._rest(toll.due, self.refusals + trust.ignored_k)
        toll.answered = toll.refused = True
        if toll.credited:
            toll.credited = False
            self._enter(at, f"{answer.kind} after all", -trust.useful)
        self._lose(toll, at, answer.kind, *_price(answer.kind, trust))
        if answer.until:
            day = answer.until.toordinal()
            self._rest_until(_midnight(day, self.zone).astimezone(UTC))

    def _lose(self, toll: _Toll, at: datetime, cause: str, lost: float, refusals: float) -> None:
        self._enter(at, cause, -max(lost - toll.lost, 0.0))
        self.refusals += max(refusals - toll.refusals, 0.0)
        toll.lost, toll.refusals = max(lost, toll.lost), max(refusals, toll.refusals)
        self._rest(at, self.refusals)

    def _rest(self, at: datetime, refusals: float) -> None:
        self._rest_until(at + timedelta(rest_days(refusals, self.policy)))

    def _rest_until(self, until: datetime) -> None:
        self.rest_until = max(self.rest_until or until, until)

    def _enter(self, at: datetime, cause: str, amount: float) -> None:
        if amount > 0 and self.muted_until and _local_day(at, self.zone) < self.muted_until:
            return
        after = min(max(self.trust + amount, 0.0), 100.0)
        if amount:
            self.entries.append((at, cause, amount))
        self.trust = after


@lru_cache(maxsize=4096)
def _midnight(day: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), zone)


@lru_cache(maxsize=4096)
def _local_day(at: datetime, zone: ZoneInfo) -> int:
    return at.astimezone(zone).toordinal()


def _price(kind: FeedbackKind, trust: TrustPolicy) -> tuple[float, float]:
    """What a refusal costs: trust, and how much it counts as one."""
    match kind:
        case FeedbackKind.NOT_USEFUL:
            return trust.not_useful, trust.refused_k
        case FeedbackKind.SNOOZED | FeedbackKind.DECLINED:
            return trust.refused, trust.refused_k
        case _:
            return trust.ignored, trust.ignored_k

"""The laws of restraint, each with its sentence of the specification, held over a whole life.

What was said and answered is read from the life's own memory, and counted again here by the
sentence alone: a law must not rest on the code it judges.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, Outcome, ReasonCode
from engine.policy import Mode, Policy
from engine.release import Defer, Send
from engine.snapshot import Arm, BlockerKind, Person, Role
from engine.stage import COMMITTED
from engine.usage import AtLimit
from tests.engine.lives import Life
from tests.engine.lives_told import Look, Told, Watcher, Word

ASK, NOTICE = AlertClass.ASK, AlertClass.NOTICE
_REFUSALS = frozenset((FeedbackKind.SNOOZED, FeedbackKind.DECLINED, FeedbackKind.NOT_USEFUL))
_ANSWERED = frozenset(FeedbackKind) - {FeedbackKind.SEEN, FeedbackKind.MUTED}
_OF_TRUTH = frozenset(
    (
        ReasonCode.POLICY_OFF,
        ReasonCode.SHADOW,
        ReasonCode.DATA_STALE,
        ReasonCode.DATA_SUSPECT,
        ReasonCode.LIMIT_UNKNOWN,
        ReasonCode.DUPLICATE,
    )
)


class Broken(AssertionError):
    """A law does not hold."""


@dataclass(frozen=True, slots=True)
class Law:
    """One law: its name, what the specification says, and what is wrong if anything is."""

    name: str
    says: str
    wrong: Callable[[Life, Look], object]


def spent(life: Life, but: Told | None = None) -> Iterator[datetime]:
    """When asks reached somebody, or took the slot in which they still may."""
    for told in life.told:
        if told.is_ask and told is not but:
            if told.past.charged_at:
                yield told.past.charged_at
            elif told.open:
                yield told.past.raised_at


def heard(life: Life) -> list[Word]:
    """Every answer there is by the clock; one that stepped back has not come to the last yet."""
    return [word for word in life.words if word.answer.at <= life.now]


def _asks(look: Look) -> bool:
    return look.decision.outcome is Outcome.ASK


def _spacing(life: Life, look: Look) -> object:
    return _asks(look) and [at for at in spent(life) if look.now - at < timedelta(30)]


def _annual(life: Life, look: Look) -> object:
    lately = [at for at in spent(life) if look.now - at < timedelta(365)]
    return _asks(look) and len(lately) >= 4 and lately


def _slot(life: Life, look: Look) -> object:
    waiting = [t.past for t in life.told if t.is_ask and t.open and not t.past.charged_at]
    return _asks(look) and waiting


def asked(life: Life, person: str, but: Told | None = None) -> Iterator[datetime]:
    """When this person was asked: by a push, or by a banner they saw or answered."""
    pushed = {id(t) for t in life.told if t.past.person == person and t.past.charged_at}
    for told in life.told:
        if told.is_ask and told is not but and id(told) in pushed and told.past.charged_at:
            yield told.past.charged_at
    for word in heard(life):
        banner = word.told.is_ask and word.told is not but and id(word.told) not in pushed
        if banner and word.answer.person == person:
            yield word.answer.at


def _person(life: Life, look: Look) -> object:
    meant = {*look.decision.audience, look.decision.recipient or ""}
    return _asks(look) and [
        (who, at) for who in meant for at in asked(life, who) if look.now - at < timedelta(60)
    ]


def rests(life: Life, policy: Policy) -> Iterator[tuple[datetime, float]]:
    """Each refusal that binds the account, ignoring among them, and k after it."""
    week = timedelta(policy.trust.ignored_after_days)
    events: list[tuple[datetime, int, Told | None, float]] = []
    for told in life.told:
        if told.is_ask and told.past.charged_at:
            due = told.past.charged_at + week
            if due <= life.now and not _answered(life, told, due):
                events.append((due, 1, told, 0.75))
    for word in heard(life):
        if word.binds and word.told.past.key.alert_class is not NOTICE:
            k = 1.0 if word.answer.kind in _REFUSALS else 0.75
            if word.answer.kind in _REFUSALS or word.answer.kind is FeedbackKind.DISMISSED:
                events.append((word.answer.at, 2, word.told, k))
    upgrades = (c.at for c in life.changes if c.direction > 0)
    events += [(at, 3, None, 0.0) for at in upgrades if at >= life.live_since]
    total, worst = 0.0, dict[int, float]()
    for at, _, about, k in sorted(events, key=lambda event: event[:2]):
        if about is None:
            total = 0.0
            continue
        total += max(k - worst.get(id(about), 0.0), 0.0)
        worst[id(about)] = max(k, worst.get(id(about), 0.0))
        yield at, total
    yield life.now, total


def _answered(life: Life, told: Told, due: datetime) -> bool:
    """Whether anything was said by then that makes it not ignored."""
    said = any(
        word.told is told and word.binds and word.answer.kind in _ANSWERED and word.answer.at <= due
        for word in heard(life)
    )
    moved = (c.at for c in life.changes if c.direction > 0)
    return said or any(told.past.raised_at <= at <= due for at in moved)


def _backoff(life: Life, look: Look) -> object:
    if not _asks(look):
        return None
    *refused, (_, k) = rests(life, look.policy)
    early = [
        (at, k) for at, k in refused if look.now - at < timedelta(min(365.0, 30 * 2 ** min(k, 9.0)))
    ]
    return early or (k >= 3 and ("pull only", k))


def _until(life: Life, look: Look) -> object:
    return _asks(look) and [
        word.answer
        for word in heard(life)
        if word.binds
        and word.answer.kind in (_REFUSALS | {FeedbackKind.DISMISSED})
        and word.told.past.key.alert_class is not NOTICE
        and word.answer.until
        and word.answer.until > look.today
    ]


def _own_no(life: Life, look: Look) -> object:
    meant = {*look.decision.audience, look.decision.recipient or ""}
    return _asks(look) and [
        word.answer
        for word in heard(life)
        if word.answer.kind in _REFUSALS
        and word.answer.person in meant
        and look.now - word.answer.at < timedelta(60)
    ]


def _stage(life: Life, look: Look) -> object:
    return _asks(look) and look.decision.stage.stage not in COMMITTED and look.decision.stage


def _onboarding(life: Life, look: Look) -> object:
    since = look.facts.account.since
    young = since is not None and (look.today - since).days < look.policy.stage.onboarding_days
    return _asks(look) and young and since


def windows(life: Life, policy: Policy, now: datetime) -> Iterator[object]:
    """What is open now, or over for too short a time."""
    after = {
        BlockerKind.INCIDENT: policy.blockers.incident,
        BlockerKind.SECURITY: policy.blockers.security,
        BlockerKind.PAYMENT: policy.blockers.payment,
        BlockerKind.PRICE_CHANGE: policy.blockers.price_change,
    }
    for blocker in life.blockers:
        days = after.get(blocker.kind, 0)
        if blocker.kind is BlockerKind.TICKET and blocker.urgent:
            days = policy.blockers.ticket_urgent
        end = blocker.closed
        if end is None and blocker.kind in (BlockerKind.SECURITY, BlockerKind.PRICE_CHANGE):
            end = blocker.opened
        if blocker.opened <= now and (end is None or now < end + timedelta(days)):
            yield blocker
    for change in life.changes:
        days = {1: 90, -1: policy.blockers.downgrade}[change.direction]
        if change.at <= now < change.at + timedelta(days):
            yield change
    renewal, today = life.account.renewal, now.astimezone(ZoneInfo(life.zone)).date()
    if renewal and 0 <= (renewal - today).days <= policy.blockers.renewal:
        yield renewal


def _blocked(life: Life, look: Look) -> object:
    return look.said and list(windows(life, look.policy, look.now))


def mutes(life: Life, now: datetime) -> list[Word]:
    """Who wants silence for the whole account, and still does."""
    today = now.astimezone(ZoneInfo(life.zone)).date()
    return [
        word
        for word in heard(life)
        if word.answer.kind is FeedbackKind.MUTED
        and word.answer.whole_account
        and (word.answer.until is None or word.answer.until > today)
    ]


def _muted(life: Life, look: Look) -> object:
    silent = life.account.objected or mutes(life, look.now)
    pushed = look.decision.recipient or look.decision.notice_recipient
    return silent and (look.said or pushed)


def _person_muted(life: Life, look: Look) -> object:
    decision = look.decision
    meant = {decision.recipient, decision.notice_recipient, *decision.audience}
    return meant & {p.id for p in life.people.values() if p.muted}


def _held_out(life: Life, look: Look) -> object:
    return look.facts.arm is Arm.HOLDOUT and look.said


def _notice(life: Life, look: Look) -> object:
    notices = {c.key.meter: c for c in look.decision.candidates if _is_limit_notice(c.key)}
    for meter in look.facts.meters:
        if not (meter.limit_known and meter.limit is not None and meter.used > 0):
            continue
        told = meter.meaningful or meter.at_limit is AtLimit.STOPS
        if not told or meter.used < meter.limit:
            continue
        found = notices.get(meter.key)
        if found is None:
            return f"nothing is due at the limit of {meter.key}"
        codes = {reason.code for reason in found.reasons}
        if not codes and found not in look.decision.notices:
            return f"{found.key} is not told"
        fresh = all(t.past.key != found.key for t in life.told)
        allowed = _OF_TRUTH - ({ReasonCode.DUPLICATE} if fresh else set())
        if codes - allowed:
            return found
    return None


def _is_limit_notice(key: AlertKey) -> bool:
    return key.alert_class is NOTICE and key.moment is Moment.AT_LIMIT


def _off(life: Life, look: Look) -> object:
    silent = look.policy.mode is not Mode.LIVE
    return silent and (look.said or look.decision.notices)


def _once(life: Life, look: Look) -> object:
    new = [*look.decision.notices, *([look.said] if look.said else [])]
    for candidate in new:
        for told in life.told:
            if told.past.key != candidate.key:
                continue
            use = next(m for m in look.facts.meters if m.key == candidate.key.meter)
            since = [c.at for c in life.changes] + ([use.limit_since] if use.limit_since else [])
            if not any(told.past.raised_at < at for at in since):
                return told.past
    return None


def _offer(life: Life, look: Look) -> object:
    account = look.facts.account
    if not _asks(look) or look.said is None:
        return None
    use = next(m for m in look.facts.meters if m.key == look.said.key.meter)
    return account.next_plan is None or account.custom or not use.limit_known


def _recipient(life: Life, look: Look) -> object:
    who = look.decision.recipient
    if not who or not look.said:
        return None
    person = life.people[who]
    days = sum(look.today - timedelta(28) < d <= look.today for d in life.user_days.get(who, ()))
    carries = person.role is Role.CHAMPION or days >= look.policy.recipients.value_days
    return not (person.reachable and carries)


def _attention(life: Life, look: Look) -> object:
    trust, decision = look.decision.balance.trust, look.decision
    if not 0 <= trust <= 100:
        return trust
    needs = {
        Outcome.ASK: look.policy.trust.ask_needs,
        Outcome.REFLECT: look.policy.trust.reflection_needs,
    }
    return decision.outcome in needs and trust < needs[decision.outcome] and trust


def _reflections(life: Life, look: Look) -> object:
    spacing = timedelta(look.policy.ask.reflection_spacing_days)
    said = (t.past for t in life.told if t.past.key.alert_class is not NOTICE and not t.past.ghost)
    lately = [p for p in said if p.charged_at and look.now - p.charged_at < spacing]
    return look.decision.outcome is Outcome.REFLECT and lately


def _reasoned(life: Life, look: Look) -> object:
    decision = look.decision
    if decision.outcome is Outcome.HELD_OUT:
        return decision.reason is not ReasonCode.HELD_OUT
    if look.said:
        return decision.reasons
    silent = decision.outcome is Outcome.SILENT
    unheld = decision.chosen is not None and not decision.chosen.reasons
    return unheld or (silent and not decision.reasons)


def _ahead(life: Life, look: Look) -> object:
    days: list[date] = [d for d in [look.decision.next_possible] if d]
    days += [r.until for c in look.decision.candidates for r in c.reasons if r.until]
    return [day for day in days if day < look.today]


LAWS = (
    Law("spacing", "<= 1 ask in any 30 d per account over all channels", _spacing),
    Law("annual cap", "and <= 4 in any 365 d", _annual),
    Law("one slot", "until it is charged it reserves the account's slot", _slot),
    Law("spacing of a person", "<= 1 in 60 d per person", _person),
    Law("back-off", "after a refusal >= min(365, 30 x 2^k) d; k >= 3 = pull only", _backoff),
    Law("a date given", "snoozed until a date, declined with its own date", _until),
    Law("own no", "a plain user's answer binds only that person", _own_no),
    Law("stage", "no ask below adopted", _stage),
    Law("onboarding", "adopted: since >= onboarding", _onboarding),
    Law("blockers", "none inside a blocker window", _blocked),
    Law("mute", "the account: T = 0, no expiry unless a date was given; objected", _muted),
    Law("muted person", "that person: never again", _person_muted),
    Law("holdout", "a held-out account sees none", _held_out),
    Law("notice", "a notice is never delayed by these", _notice),
    Law("off", "shadow (decide and record, say nothing) | live | off", _off),
    Law("once", "raised once per key; a new period or a changed limit re-arms", _once),
    Law("an offer", "limit_unknown, no_next_plan, custom_contract hold asks", _offer),
    Law("recipient", "reachable; role champion, or >= 4 value days in 28 d", _recipient),
    Law("attention", "T in [0, 100]; ask needs T >= 60, reflection 20", _attention),
    Law("reflections", "reflection_spacing = 14", _reflections),
    Law("reasons", "for every account and day one can read why, the silences too", _reasoned),
    Law("next possible", "until never lies in the past", _ahead),
)
"""What holds of every decision."""


class Laws(Watcher):
    """Holds every law of a decision, and those of what reaches people."""

    def looked(self, life: Life, look: Look) -> None:
        for law in LAWS:
            wrong = law.wrong(life, look)
            if wrong:
                raise Broken(f"{law.name} ({law.says}): {wrong!r} at {look.now}")

    def reached(self, life: Life, told: Told, person: str | None) -> None:
        if told.past.key.alert_class is NOTICE:
            return
        self._hold("muted person", person in {p.id for p in life.people.values() if p.muted}, told)
        self._hold("mute", life.account.objected or mutes(life, life.now), told)
        self._hold("blockers", list(windows(life, life.policy, life.now)), told)
        if told.is_ask:
            lately = [at for at in spent(life, told) if life.now - at < timedelta(30)]
            self._hold("spacing", lately, told)
            year = [at for at in spent(life, told) if life.now - at < timedelta(365)]
            self._hold("annual cap", len(year) >= 4, told)
            own = [a for a in asked(life, person or "", told) if life.now - a < timedelta(60)]
            self._hold("spacing of a person", own, told)

    def released(self, life: Life, told: Told, person: Person, result: Send | Defer) -> None:
        urgent = told.past.key.alert_class is NOTICE and told.stops
        self._hold("notice", urgent and isinstance(result, Defer), told)
        self._hold("muted person", person.muted and isinstance(result, Send), told)

    def _hold(self, name: str, wrong: object, told: Told) -> None:
        if wrong:
            law = next(law for law in LAWS if law.name == name)
            raise Broken(f"{name} ({law.says}), delivering {told.past}: {wrong!r}")

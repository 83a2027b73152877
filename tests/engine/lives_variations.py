"""Laws that compare: what would have been decided of the same account, were one thing otherwise."""

from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from engine.alert import AlertClass, FeedbackKind, Outcome
from engine.catalogue import Catalogue, Plan, Product
from engine.decide import decide
from engine.digest import digest, policy_digest
from engine.release import Defer, Send
from engine.snapshot import Answer, Blocker, BlockerKind, Person, Role, Snapshot
from engine.tell import tell
from engine.usage import Aggregation, MeterUse
from service import wording
from templates.why import silence
from tests.engine.lives import Life
from tests.engine.lives_laws import Broken
from tests.engine.lives_told import Look, Told, Watcher
from tests.engine.lives_usage import PLANS

_STAGES = ("experimenting", "learning", "adopted", "embedded")
_NOES = (
    FeedbackKind.DISMISSED,
    FeedbackKind.SNOOZED,
    FeedbackKind.DECLINED,
    FeedbackKind.NOT_USEFUL,
)
CATALOGUE = Catalogue(
    product=Product(name="Northwind Reports"),
    meters={},
    plans={
        key: Plan(key=key, name=key.title(), price=Decimal(100 * 3**rank), next=following)
        for rank, (key, following) in enumerate(zip(PLANS, (*PLANS[1:], None), strict=True))
    },
)


class Again(Watcher):
    """Same snapshot, policy and now: same decision, and the same digest; of some looks."""

    def __init__(self, every: int = 1) -> None:
        self.every = every

    def looked(self, life: Life, look: Look) -> None:
        if life.looks % self.every:
            return
        again = life.door(look.facts, look.policy, look.now)
        if again != look.decision or again.digest != look.decision.digest:
            raise Broken(f"same snapshot, policy and now: same decision, not {again}")
        account = replace(look.facts.account, seats=(look.facts.account.seats or 0) + 1)
        others = replace(look.facts, account=account)
        if digest(others, policy_digest(look.policy), look.today) == look.decision.digest:
            raise Broken("other facts have another digest")


class MoreUse(Watcher):
    """More usage on the current day never lowers p or the stage; of some looks."""

    def __init__(self, every: int = 1) -> None:
        self.every = every

    def looked(self, life: Life, look: Look) -> None:
        if life.looks % self.every:
            return
        place = life.looks // self.every
        use = look.facts.meters[place % len(look.facts.meters)]
        if use.first_day is None or not use.daily:
            return
        more = (1, 7, 40, 1000, 100_000)[place % 5]
        meters = tuple(_more(m, more) if m is use else m for m in look.facts.meters)
        after = decide(replace(look.facts, meters=meters), look.policy, look.now)
        before = {f.meter: f for f in look.decision.forecasts}
        lower = _STAGES.index(after.stage.stage) < _STAGES.index(look.decision.stage.stage)
        if lower:
            raise Broken(f"{more} more of {use.key} lower the stage at {look.now}")
        found = {f.meter: f for f in after.forecasts}
        for key, forecast in before.items():
            p = found[key].p if key in found else None
            if forecast.known and (p is None or p < (forecast.p or 0.0)):
                raise Broken(f"{more} more of {use.key} lower p from {forecast.p} to {p}")


def _more(use: MeterUse, more: int) -> MeterUse:
    """As much more of a meter on its last day as if it had come in just now."""
    daily = (*use.daily[:-1], use.daily[-1] + more)
    if use.aggregation is Aggregation.MAX:
        return replace(use, daily=daily, used=max(use.used, Decimal(str(daily[-1]))))
    return replace(use, daily=daily, used=use.used + more)


class Worse(Watcher):
    """Worse facts never turn silence into an ask; another kind of worse at every look that counts.

    Only looks at which an ask was due and held back can tell.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.turn = 0

    def looked(self, life: Life, look: Look) -> None:
        due = [c for c in look.decision.candidates if c.alert_class is AlertClass.ASK]
        if look.decision.outcome is Outcome.ASK or not due:
            return
        self.turn += 1
        if self.turn % self.every:
            return
        name, worsen = WORSE[(self.turn // self.every) % len(WORSE)]
        changed = worsen(look, self.turn)
        if decide(changed, look.policy, look.now).outcome is Outcome.ASK:
            why = [reason.code.value for reason in look.decision.reasons]
            raise Broken(f"{name} turned silence ({', '.join(why)}) into an ask at {look.now}")


def _blocker(look: Look, turn: int) -> Snapshot:
    kind = list(BlockerKind)[turn % len(BlockerKind)]
    opened = look.now - timedelta(turn % 40)
    closed = None if turn % 3 else opened + timedelta(1)
    another = Blocker(id="another", kind=kind, opened=opened, closed=closed, urgent=turn % 2 == 0)
    return replace(look.facts, blockers=(*look.facts.blockers, another))


def _refusal(look: Look, turn: int) -> Snapshot:
    facts = look.facts
    past = [a for a in facts.alerts if a.charged_at and a.charged_at <= look.now]
    past = [a for a in past if a.key.alert_class is not AlertClass.NOTICE]
    if not past:
        return facts
    alert = past[turn % len(past)]
    assert alert.charged_at is not None
    when = min(alert.charged_at + timedelta(hours=turn % 400), look.now)
    who = facts.people[turn % len(facts.people)].id if facts.people else "somebody"
    role = (Role.CHAMPION, Role.FINANCE, Role.USER)[turn % 3]
    kind = _NOES[turn // 3 % 4]
    word = Answer(alert=str(alert.key), kind=kind, at=when, person=who, role=role)
    return replace(facts, answers=tuple(sorted((*facts.answers, word), key=lambda a: a.at)))


def _without_people(look: Look, turn: int) -> Snapshot:
    """Somebody who could be asked is no longer stated, or nobody is.

    What is known only against somebody, a mute or that they joined lately, goes with who they are;
    they stay.
    """
    oldest = look.today - timedelta(look.policy.recipients.joined_days)
    free = [p.id for p in look.facts.people if not p.muted and p.joined and p.joined <= oldest]
    gone = set(free) if turn % 2 or not free else {free[turn % len(free)]}
    return replace(look.facts, people=tuple(p for p in look.facts.people if p.id not in gone))


def _without_limits(look: Look, turn: int) -> Snapshot:
    known = bool(turn % 2)
    meters = (replace(m, limit=None, limit_known=known) for m in look.facts.meters)
    return replace(look.facts, meters=tuple(meters))


def _without_price(look: Look, turn: int) -> Snapshot:
    following = None if turn % 2 else look.facts.account.next_plan
    return replace(look.facts, account=replace(look.facts.account, price=None, next_plan=following))


def _thin(look: Look, turn: int) -> Snapshot:
    """History below the minimum."""
    days = look.policy.forecast.min_days - 1
    return replace(
        look.facts, meters=tuple(_shorter(m, look.today, days) for m in look.facts.meters)
    )


def _shorter(use: MeterUse, today: date, days: int) -> MeterUse:
    if use.first_day is None or len(use.daily) <= days:
        return use
    daily = use.daily[-days:]
    return replace(use, daily=daily, first_day=today - timedelta(days - 1), closed=())


WORSE: tuple[tuple[str, Callable[[Look, int], Snapshot]], ...] = (
    ("a blocker", _blocker),
    ("a refusal", _refusal),
    ("fewer people", _without_people),
    ("no limits", _without_limits),
    ("no price or plan", _without_price),
    ("history below the minimum", _thin),
)


class Words(Watcher):
    """Every reason has words, and what is raised can be said: each reason once, some alerts."""

    def __init__(self, every: int = 1) -> None:
        self.every, self.raised = every, 0
        self.read: set[tuple[object, ...]] = set()

    def looked(self, life: Life, look: Look) -> None:
        for reason in look.decision.reasons:
            labels = tuple(label for label, _ in reason.evidence)
            shape = (reason.code, labels, reason.until is None)
            if shape in self.read:
                continue
            self.read.add(shape)
            for locale, admin in (("en", True), ("en", False), ("de", True), ("de", False)):
                text = silence(
                    reason.code,
                    reason.evidence,
                    reason.until,
                    locale=locale,
                    for_admin=admin,
                    today=look.today,
                )
                if not text.strip() or "{" in text:
                    raise Broken(f"{reason} reads {text!r} in {locale}")
        if look.said:
            self.raised += 1
            if self.raised % self.every == 0:
                story = tell(look.facts, CATALOGUE, look.said, look.decision)
                problem = wording.blocked(story, look.facts)
                if problem:
                    raise Broken(f"{look.said.key} can't be said: {problem.evidence}")


class Count(Watcher):
    """What was met in lives: outcomes, moments, reasons, and why pushes had to wait."""

    def __init__(self) -> None:
        self.met: dict[str, Tally[str]] = {
            name: Tally() for name in ("outcomes", "moments", "reasons", "held")
        }

    def looked(self, life: Life, look: Look) -> None:
        self.met["outcomes"][look.decision.outcome.value] += 1
        codes = {reason.code for reason in look.decision.reasons}
        for candidate in look.decision.candidates:
            codes |= {reason.code for reason in candidate.reasons}
            self.met["moments"][f"{candidate.moment} {candidate.alert_class}"] += 1
        self.met["reasons"].update(code.value for code in codes)

    def released(self, life: Life, told: Told, person: Person, result: Send | Defer) -> None:
        if isinstance(result, Defer):
            self.met["held"][result.reason.value] += 1

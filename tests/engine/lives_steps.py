"""What may befall an account: steps of a life, each possible at any time.

A life is a list of plain values. Any of them can be left out, so a life that breaks a law shrinks
to the few steps that matter, and what is printed can be lived again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, PastAlert
from engine.policy import Mode, Policy
from engine.snapshot import (
    Answer,
    Arm,
    Blocker,
    BlockerKind,
    Calibration,
    Friction,
    Person,
    PlanChange,
    Role,
)
from engine.usage import Aggregation
from tests.engine.lives import Life
from tests.engine.lives_told import Told, Word
from tests.engine.lives_usage import PLANS, Counter, Counts

NAMES = ("ada", "bob", "cyd", "dan")
LEARNED = Calibration(version="1", raw=(0.0, 0.5, 1.0), happened=(0.0, 0.4, 0.9))


class Step(Protocol):
    """Something that befalls an account."""

    def befall(self, life: Life) -> None:
        """Let it happen."""


class Shape(StrEnum):
    """How use is spread over days."""

    STEADY = "steady"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    BURSTY = "bursty"
    GROWING = "growing"
    FADING = "fading"


@dataclass(frozen=True)
class Work:
    """Some days of use: `share` of the limit in thirty of them, `others` of the other meters'."""

    days: int
    share: float = 1.0
    shape: Shape = Shape.STEADY
    users: int = 2
    hour: int = 7
    others: float = 0.0

    def befall(self, life: Life) -> None:
        for number in range(self.days):
            factor = self._factor(number, life.today + timedelta(1))
            amounts = {
                meter.counts.key: self._amount(meter, life, self.others if place else self.share)
                * (factor if not meter.level else 1 + number / 60)
                for place, meter in enumerate(life.meters)
            }
            users = [n for i, n in enumerate(NAMES[: self.users]) if number % (i + 1) == 0]
            life.day({k: float(round(a)) for k, a in amounts.items()}, users, self.hour)

    def _amount(self, meter: Counter, life: Life, share: float) -> float:
        limit = float(meter.limit(life.plan) or meter.counts.base)
        adds = meter.counts.aggregation is Aggregation.SUM
        return limit * share / (30 if adds else 1)

    def _factor(self, number: int, day: date) -> float:
        wiggle = 0.7 + (day.toordinal() * 7919 % 13) / 20
        match self.shape:
            case Shape.STEADY:
                return wiggle
            case Shape.WEEKDAYS:
                return wiggle * 1.4 if day.weekday() < 5 else 0.0
            case Shape.WEEKLY:
                return 7.0 if number % 7 == 3 else 0.0
            case Shape.BURSTY:
                return 8.0 if number % 11 == 5 else 0.3 * wiggle
            case Shape.GROWING:
                return wiggle * (0.5 + number / self.days)
            case Shape.FADING:
                return wiggle * (1.5 - 1.4 * number / self.days)


@dataclass(frozen=True)
class Quiet:
    """Days go by without any use."""

    days: int

    def befall(self, life: Life) -> None:
        for _ in range(self.days):
            life.day({})


@dataclass(frozen=True)
class Late:
    """A usage event for an earlier day comes in, or takes some away again: a correction."""

    back: int
    share: float
    user: int = 0

    def befall(self, life: Life) -> None:
        meter = life.meters[0]
        limit = float(meter.limit(life.plan) or meter.counts.base)
        amount = float(round(limit * self.share))
        life.use(life.today - timedelta(self.back), {meter.counts.key: amount}, [NAMES[self.user]])


@dataclass(frozen=True)
class Merge:
    """Another account becomes part of this one: its use, its people, what it was told and said."""

    days: int
    share: float
    asked_back: int
    said: FeedbackKind

    def befall(self, life: Life) -> None:
        for told in life.told:
            life.close(told)
        meter = life.meters[0]
        limit = float(meter.limit(life.plan) or meter.counts.base)
        for back in range(self.days):
            day = life.today - timedelta(back)
            life.use(day, {meter.counts.key: float(round(limit * self.share / 30))}, ["eve"])
            meter.backfilled.add(day.toordinal())
        life.people["eve"] = person("eve", Role.CHAMPION, life.today - timedelta(self.days))
        self._told(life)

    def _told(self, life: Life) -> None:
        at = life.now - timedelta(self.asked_back)
        key = AlertKey(
            account="acme",
            meter=life.meters[0].counts.key,
            moment=Moment.PACE,
            alert_class=AlertClass.ASK,
            # A key is one alert of the account, whoever it came from.
            period=f"merged {len(life.told)} {at.date()}",
        )
        past = PastAlert(key=key, raised_at=at, charged_at=at, closed_at=at, person="eve")
        told = Told(past=past, audience=("eve",), stops=False)
        answer = Answer(
            alert=str(key), kind=self.said, at=at + timedelta(1), person="eve", role=Role.CHAMPION
        )
        life.told.append(told)
        if answer.at <= life.now:
            life.words.append(Word(told=told, answer=answer, binds=True))


@dataclass(frozen=True)
class Stuck:
    """A limit gets in the way of people on some days in a row."""

    days: int
    users: int

    def befall(self, life: Life) -> None:
        key = life.meters[0].counts.key
        for _ in range(self.days):
            for user in NAMES[: self.users]:
                life.frictions.append(Friction(at=life.now, user=user, meter=key))
            Work(1, 0.9).befall(life)


@dataclass(frozen=True)
class Move:
    """The plan changes, `back` days ago; `by` 0 forgets it, as if it had never been told."""

    by: int
    back: int = 0

    def befall(self, life: Life) -> None:
        if self.by == 0 or life.plan is None:
            life.plan = 1 if life.plan is None else None
            return
        rank = min(max(life.plan + self.by, 0), len(PLANS) - 1)
        if rank == life.plan:
            return
        at = life.now - timedelta(self.back)
        direction = 1 if rank > life.plan else -1
        if not life.changes or at > life.changes[-1].at:
            life.plan = rank
            life.changes.append(PlanChange(at=at, plan=PLANS[rank], direction=direction))
            for told in life.told:
                life.close(told)


@dataclass(frozen=True)
class Limit:
    """The account gets a limit of its own, this many times the plan's."""

    factor: float

    def befall(self, life: Life) -> None:
        meter = life.meters[0]
        known = meter.limit(life.plan) or Decimal(meter.counts.base)
        meter.own = max(Decimal(round(float(known) * self.factor)), Decimal(1))
        meter.raised_at = life.now


@dataclass(frozen=True)
class Say:
    """Somebody answers the `back`-th newest alert, some hours later: who it was for, or a role."""

    kind: FeedbackKind
    who: int = 0
    back: int = 0
    hours: int = 1
    until: int | None = None
    whole: bool = False

    def befall(self, life: Life) -> None:
        told = [t for t in life.told if not t.past.ghost][-1 - self.back :][:1]
        if not told:
            return
        for _ in range(self.hours // 24):
            life.day({})
        life.now += timedelta(hours=self.hours % 24)
        roles = [p.id for p in life.people.values() if p.role is not Role.USER]
        mine = [told[0].past.person] if told[0].past.person else []
        who = [*mine, *told[0].audience, *roles] or ["visitor"]
        until = None if self.until is None else life.today + timedelta(self.until)
        life.say(told[0], who[self.who % len(who)], self.kind, until, whole=self.whole)


@dataclass(frozen=True)
class Trouble:
    """A wrong time begins; it ends by itself after some days, or when it is settled."""

    kind: BlockerKind
    days: int | None = None
    urgent: bool = False

    def befall(self, life: Life) -> None:
        closed = None if self.days is None else life.now + timedelta(self.days)
        life.blockers.append(
            Blocker(
                id=f"{self.kind}-{len(life.blockers)}",
                kind=self.kind,
                opened=life.now,
                closed=closed,
                urgent=self.urgent,
            )
        )


@dataclass(frozen=True)
class Settle:
    """Everything that is open is settled."""

    def befall(self, life: Life) -> None:
        life.blockers = [
            b if b.closed and b.closed <= life.now else replace(b, closed=life.now)
            for b in life.blockers
        ]


@dataclass(frozen=True)
class ClockBack:
    """The machine's clock steps back."""

    minutes: int

    def befall(self, life: Life) -> None:
        life.now -= timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Zone:
    """The account moves to another time zone."""

    name: str

    def befall(self, life: Life) -> None:
        life.zone = self.name


@dataclass(frozen=True)
class Another:
    """A further meter appears."""

    counts: Counts

    def befall(self, life: Life) -> None:
        if len(life.meters) < 3:
            key = f"{self.counts.key}{len(life.meters)}"
            life.meters.append(Counter(counts=replace(self.counts, key=key)))


@dataclass(frozen=True)
class Join:
    """Somebody is stated anew, with a role; `muted` and unreachable people among them."""

    name: int
    role: Role
    reachable: bool = True
    muted: bool = False
    since: int = 0

    def befall(self, life: Life) -> None:
        joined = life.today - timedelta(self.since)
        stated = person(NAMES[self.name], self.role, joined, reachable=self.reachable)
        life.people[stated.id] = replace(stated, muted=self.muted)


@dataclass(frozen=True)
class Leave:
    """Somebody is erased."""

    name: int

    def befall(self, life: Life) -> None:
        life.erase(NAMES[self.name])


@dataclass(frozen=True)
class Busy:
    """Somebody is not to be disturbed for some days."""

    name: int
    days: int

    def befall(self, life: Life) -> None:
        life.busy_until[NAMES[self.name]] = life.now + timedelta(self.days)


@dataclass(frozen=True)
class Renewal:
    """The contract is renewed in so many days; None: that is not known any more."""

    days: int | None

    def befall(self, life: Life) -> None:
        day = None if self.days is None else life.today + timedelta(self.days)
        life.account = replace(life.account, renewal=day)


class Flag(StrEnum):
    """What is either so or not."""

    OBJECTED = "objected"
    CUSTOM = "custom"
    HELD_OUT = "held_out"
    WIDGET_OFF = "widget_off"
    NOT_RELEASED = "not_released"
    CALIBRATED = "calibrated"


@dataclass(frozen=True)
class Turn:
    """Something is so from here on, or no longer."""

    flag: Flag
    on: bool = True

    def befall(self, life: Life) -> None:
        match self.flag:
            case Flag.OBJECTED:
                life.account = replace(life.account, objected=self.on)
            case Flag.CUSTOM:
                life.account = replace(life.account, custom=self.on)
            case Flag.HELD_OUT:
                life.arm = Arm.HOLDOUT if self.on else Arm.TREATED
            case Flag.WIDGET_OFF:
                life.widget_on = not self.on
            case Flag.NOT_RELEASED:
                life.rollout_open = not self.on
            case Flag.CALIBRATED:
                life.calibration = LEARNED if self.on else None


@dataclass(frozen=True)
class Govern:
    """The vendor applies another policy."""

    policy: Policy

    def befall(self, life: Life) -> None:
        life.policy = self.policy


@dataclass(frozen=True)
class Run:
    """Segue is paused, switched off, or live again."""

    mode: Mode

    def befall(self, life: Life) -> None:
        life.policy = replace(life.policy, mode=self.mode)


def live(life: Life, steps: Sequence[Step]) -> Life:
    """Let it all happen, with a look after each step."""
    for step in steps:
        step.befall(life)
        life.look()
    return life


def person(name: str, role: Role, joined: date, *, reachable: bool = True) -> Person:
    buys = role in (Role.MANAGER, Role.FINANCE)
    return Person(
        id=name,
        role=role,
        name=name.title(),
        can_buy=buys,
        joined=joined,
        reachable=("slack",) if reachable else (),
    )

"""What an account got done in a week or a month, and why it is not told of: the digest.

It proposes nothing and spends no trust, and still it asks for attention: so it is held back by all
that holds a reflection back, but for what is about proposing, about spacing and about the holdout.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.alert import ReasonCode
from engine.blockers import wrong_times
from engine.decision import Decision, Stage
from engine.history import amounts, exact, is_flow
from engine.ledger import mutes_in_force
from engine.policy import Digest, Mode, Policy
from engine.snapshot import Snapshot
from engine.usage import Aggregation, MeterUse

SMALLEST_GROUP = 3
"""Of fewer people nothing is said."""
_ABOUT_PROPOSING = (
    ReasonCode.UPGRADE_RECENT,
    ReasonCode.DOWNGRADE_RECENT,
    ReasonCode.RENEWAL_OWNER,
)
"""Wrong times to propose something, and no wrong times to say what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The days that are told of; `end` is exclusive."""

    start: date
    end: date

    @property
    def before(self) -> "Stretch":
        """The week or the month before it."""
        if (self.end - self.start).days == 7:
            return Stretch(start=self.start - timedelta(7), end=self.start)
        return Stretch(start=(self.start - timedelta(1)).replace(day=1), end=self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done of one meter. `before`: in the stretch before; None: it is not all known."""

    meter: str
    name_one: str
    name_other: str
    value: str
    amount: Decimal
    before: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accomplished:
    """All that a digest tells. `people`: how many did it, where they are enough to be a group."""

    account_name: str
    product: str
    time_zone: str
    how_often: Digest
    stretch: Stretch
    done: tuple[Done, ...]
    people: int | None
    as_of: datetime


def told_of(how_often: Digest, today: date) -> Stretch:
    """The last whole week (from Monday on) or calendar month before `today`."""
    if how_often is Digest.WEEKLY:
        monday = today - timedelta(today.weekday())
        return Stretch(start=monday - timedelta(7), end=monday)
    first = today.replace(day=1)
    return Stretch(start=(first - timedelta(1)).replace(day=1), end=first)


def accomplished(
    snapshot: Snapshot, product: str, how_often: Digest, stretch: Stretch, now: datetime
) -> Accomplished | None:
    """What was done in these days; None: there is nothing to tell."""
    today = now.astimezone(ZoneInfo(snapshot.account.time_zone)).date()
    done = tuple(_done(meter, stretch, today) for meter in snapshot.meters if _adds_up(meter))
    done = tuple(one for one in done if one.amount > 0)
    if not done:
        return None
    people = sum(_within(user.days, stretch) for user in snapshot.user_days)
    return Accomplished(
        account_name=snapshot.account.name,
        product=product,
        time_zone=snapshot.account.time_zone,
        how_often=how_often,
        stretch=stretch,
        done=done,
        people=people if people >= SMALLEST_GROUP else None,
        as_of=now,
    )


def not_told(
    snapshot: Snapshot, decision: Decision, policy: Policy, now: datetime
) -> ReasonCode | None:
    """Why nothing is told to anybody at this account now; the first reason of several."""
    return next((code for code, holds in _gates(snapshot, decision, policy, now) if holds), None)


def _gates(
    snapshot: Snapshot, decision: Decision, policy: Policy, now: datetime
) -> Iterable[tuple[ReasonCode, bool]]:
    today = now.astimezone(ZoneInfo(snapshot.account.time_zone)).date()
    yield ReasonCode.POLICY_OFF, policy.mode is Mode.OFF or snapshot.paused is not None
    yield ReasonCode.SHADOW, policy.mode is Mode.SHADOW or not snapshot.rollout_open
    yield ReasonCode.DATA_STALE, _stale(snapshot, policy, now)
    yield ReasonCode.OBJECTED, snapshot.account.objected
    yield ReasonCode.ACCOUNT_MUTED, bool(mutes_in_force(snapshot, now, today))
    yield ReasonCode.PULL_ONLY, decision.balance.refusals >= policy.ask.pull_only_at
    for reason in wrong_times(snapshot, policy, now):
        yield reason.code, reason.code not in _ABOUT_PROPOSING
    yield ReasonCode.STAGE_EXPERIMENTING, decision.stage.stage is Stage.EXPERIMENTING


def _stale(snapshot: Snapshot, policy: Policy, now: datetime) -> bool:
    """Whether days may be missing: what is told would be too little."""
    if not snapshot.daily_source:
        return False
    last = snapshot.last_report
    return last is None or now - last > timedelta(hours=policy.data.stale_hours)


def _adds_up(meter: MeterUse) -> bool:
    """Whether the days of any stretch add up to what was done in it: things that are counted once
    a period do not, nor do levels."""
    return meter.meaningful and is_flow(meter) and meter.aggregation is not Aggregation.UNIQUE


def _done(meter: MeterUse, stretch: Stretch, today: date) -> Done:
    known = meter.first_day is not None and meter.first_day <= stretch.before.start
    return Done(
        meter=meter.key,
        name_one=meter.name_one,
        name_other=meter.name_other,
        value=meter.value,
        amount=_sum(meter, stretch, today),
        before=_sum(meter, stretch.before, today) if known else None,
    )


def _sum(meter: MeterUse, stretch: Stretch, today: date) -> Decimal:
    if meter.first_day is None:
        return Decimal(0)
    first = meter.first_day.toordinal()
    low, high = stretch.start.toordinal() - first, stretch.end.toordinal() - first
    days = amounts(meter, today)[max(low, 0) : max(high, 0)]
    return sum((exact(day) for day in days.tolist()), Decimal(0))


def _within(days: tuple[date, ...], stretch: Stretch) -> bool:
    return any(stretch.start <= day < stretch.end for day in days)

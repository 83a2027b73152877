"""Builders of snapshots: a plain, healthy account, and only what a test is about said aloud."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, PastAlert
from engine.snapshot import (
    AccountFacts,
    Answer,
    Blocker,
    BlockerKind,
    Friction,
    Person,
    PlanChange,
    Role,
    Snapshot,
    UserDays,
)
from engine.usage import (
    Aggregation,
    AtLimit,
    ClosedPeriod,
    MeterKind,
    MeterUse,
    Period,
    PeriodKind,
    period_of,
)

TODAY = date(2026, 11, 18)
"""A Wednesday past the middle of a month of 30 days."""


def at(day: date = TODAY, hour: int = 9, zone: str = "UTC") -> datetime:
    """An instant on a local day; decisions are made at nine."""
    return datetime.combine(day, time(hour), ZoneInfo(zone))


def ago(days: float, now: datetime | None = None) -> datetime:
    """So many days before `now`."""
    return (now or at()) - timedelta(days=days)


def steady(
    weekday: float, weekend: float = 0.0, *, days: int = 120, today: date = TODAY
) -> list[float]:
    """The same every working day, ending with an untouched today."""
    first = today - timedelta(days=days)
    amounts = [
        weekend if (first + timedelta(days=i)).weekday() >= 5 else weekday for i in range(days)
    ]
    return [*amounts, 0.0]


def meter(
    daily: Sequence[float],
    *,
    limit: float | Decimal | None = 1000,
    today: date = TODAY,
    key: str = "reports",
    kind: MeterKind = MeterKind.RESET,
    aggregation: Aggregation = Aggregation.SUM,
    meaningful: bool = True,
    at_limit: AtLimit = AtLimit.CONTINUES,
    period: PeriodKind = PeriodKind.MONTH,
    limit_known: bool = True,
    **others: Any,
) -> MeterUse:
    """One meter whose last day is today; `used` and the closed periods follow from `daily`."""
    exact = None if limit is None else Decimal(str(limit))
    first = today - timedelta(days=len(daily) - 1)
    current = period_of(period, today)
    closed: tuple[ClosedPeriod, ...] = ()
    if kind is MeterKind.CUMULATIVE:
        level = aggregation in (Aggregation.MAX, Aggregation.LATEST)
        used = daily[-1] if level else sum(daily)
    else:
        used = _within(daily, first, current, aggregation)
        closed = tuple(_closed(daily, first, current, period, exact, aggregation))
    fields: dict[str, Any] = {
        "key": key,
        "name_one": key.removesuffix("s"),
        "name_other": key,
        "value": "delivered to your clients",
        "kind": kind,
        "aggregation": aggregation,
        "meaningful": meaningful,
        "at_limit": at_limit,
        "period": current,
        "used": Decimal(str(used)),
        "limit": exact,
        "limit_known": limit_known,
        "next_limit": None if exact is None else exact * 5,
        "first_day": first,
        "daily": tuple(float(amount) for amount in daily),
        "closed": closed,
    }
    return MeterUse(**(fields | others))


def _within(daily: Sequence[float], first: date, period: Period, aggregation: Aggregation) -> float:
    end = period.end or date.max
    inside = [
        amount for i, amount in enumerate(daily) if period.start <= first + timedelta(days=i) < end
    ]
    match aggregation:
        case Aggregation.MAX:
            return max(inside, default=0.0)
        case Aggregation.LATEST:
            return inside[-1] if inside else 0.0
        case _:
            return sum(inside)


def _closed(
    daily: Sequence[float],
    first: date,
    current: Period,
    kind: PeriodKind,
    limit: Decimal | None,
    aggregation: Aggregation,
) -> Iterable[ClosedPeriod]:
    period = period_of(kind, first)
    while period.end and period.end <= current.start:
        used = Decimal(str(_within(daily, first, period, aggregation)))
        yield ClosedPeriod(start=period.start, end=period.end, used=used, limit=limit)
        period = period_of(kind, period.end)


def person(name: str = "ada", role: Role = Role.CHAMPION, **others: Any) -> Person:
    """Somebody who can be reached and has been there for long."""
    fields: dict[str, Any] = {
        "id": name,
        "role": role,
        "name": name.title(),
        "email": f"{name}@customer.example",
        "joined": TODAY - timedelta(days=400),
        "reachable": ("slack",),
    }
    return Person(**(fields | others))


def user_days(user: str, *days_ago: int, today: date = TODAY) -> UserDays:
    """A user's value days, told as days before today."""
    return UserDays(
        user=user, days=tuple(sorted(today - timedelta(days=back) for back in days_ago))
    )


def alert(
    moment: Moment = Moment.PACE,
    alert_class: AlertClass = AlertClass.ASK,
    *,
    charged: datetime | None = None,
    raised: datetime | None = None,
    closed: datetime | None = None,
    period: str = "2026-01-01",
    meter_key: str = "reports",
    account: str = "acme",
    **others: Any,
) -> PastAlert:
    """An alert of the past; without `charged` it was never seen by anybody."""
    key = AlertKey(
        account=account, meter=meter_key, moment=moment, alert_class=alert_class, period=period
    )
    since = raised or charged or ago(100)
    return PastAlert(key=key, raised_at=since, charged_at=charged, closed_at=closed, **others)


def answer(
    to: PastAlert, kind: FeedbackKind, when: datetime, role: Role = Role.CHAMPION, **others: Any
) -> Answer:
    """Feedback on an alert."""
    fields: dict[str, Any] = {"person": "ada"}
    return Answer(alert=str(to.key), kind=kind, at=when, role=role, **(fields | others))


def blocker(
    kind: BlockerKind, opened: datetime, closed: datetime | None = None, *, urgent: bool = False
) -> Blocker:
    """Something that makes this a wrong time."""
    return Blocker(id=f"{kind}-1", kind=kind, opened=opened, closed=closed, urgent=urgent)


def friction(days_ago: int, user: str = "ada", meter_key: str = "reports") -> Friction:
    """A limit got in the way of somebody."""
    return Friction(at=ago(days_ago), user=user, meter=meter_key)


def plan_change(when: datetime, direction: int, plan: str = "team") -> PlanChange:
    """A move between plans."""
    return PlanChange(at=when, plan=plan, direction=direction)


def account(**others: Any) -> AccountFacts:
    """A paying organisation with a larger plan ahead of it."""
    fields: dict[str, Any] = {
        "id": "acme",
        "name": "Acme",
        "plan": "team",
        "next_plan": "business",
        "time_zone": "UTC",
        "locale": "en",
        "currency": "EUR",
        "since": TODAY - timedelta(days=400),
    }
    return AccountFacts(**(fields | others))


def snapshot(*meters: MeterUse, **others: Any) -> Snapshot:
    """A snapshot; fields of the account may be given directly (`seats=3`)."""
    own = {name: others.pop(name) for name in list(others) if name in _ACCOUNT}
    fields: dict[str, Any] = {
        "account": account(**own),
        "meters": meters,
        "people": (person(),),
        "live_since": datetime(2026, 7, 1, tzinfo=UTC),
        "last_report": at(hour=8),
    }
    return Snapshot(**(fields | others))


_ACCOUNT = frozenset(AccountFacts.__dataclass_fields__) - {"id"}


def growing(**others: Any) -> Snapshot:
    """A committed account that will pass its limit in about ten days: the plain case for an ask."""
    return snapshot(meter(rising(), limit=1000), **others)


def rising(*, today: date = TODAY) -> list[float]:
    """Forty each working day, fifty-five in the current month."""
    before = steady(40.0, today=today)
    return [*before[: -today.day], *steady(55.0, days=today.day - 1, today=today)]

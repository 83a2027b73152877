"""A replay the slow and plain way: for every look a snapshot of what had come in by then."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Outcome, PastAlert
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Policy
from engine.record import Calibrations, Record, Track
from engine.replay import never
from engine.snapshot import Answer, Role, Snapshot, UserDays
from engine.usage import (
    Aggregation,
    ClosedPeriod,
    MeterKind,
    MeterUse,
    Period,
    PeriodKind,
    period_of,
    previous_period,
)

Event = tuple[float, date, float, int]
"""When, its local day, its amount, and who (an index, -1: not said)."""


def decisions(
    record: Record, policy: Policy, end: datetime, calibrations: Calibrations = never
) -> Iterator[Decision]:
    """Every daily decision, and those at usage that passed a guard, in order of time."""
    zone = ZoneInfo(record.account.time_zone)
    stamps = sorted({float(at) for track in record.tracks for at in track.at})
    stamps = [at for at in stamps if at <= end.timestamp()]
    if not stamps:
        return
    alerts: list[PastAlert] = []
    told: list[tuple[datetime, str]] = []
    before = datetime.fromtimestamp(stamps[0] - 1, UTC)
    guard = dict(
        decide(_snapshot(record, before, zone, [], (), calibrations), policy, before).guard
    )
    looks = _dailies(datetime.fromtimestamp(stamps[0], UTC), end, zone)
    moments = sorted([(at, True) for at in looks] + [(at, False) for at in stamps])
    for at, daily in _usage_first(moments):
        now = datetime.fromtimestamp(at, UTC)
        facts = _snapshot(record, now, zone, alerts, _answers(record, told, now), calibrations)
        if not daily and not _passes(facts, guard):
            continue
        decision = decide(facts, policy, now)
        guard = dict(decision.guard)
        raised = list(decision.notices)
        if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
            raised.append(decision.chosen)
            told.append((now, str(decision.chosen.key)))
        alerts += [
            PastAlert(key=c.key, raised_at=now, charged_at=now, closed_at=None) for c in raised
        ]
        yield decision


def _usage_first(moments: list[tuple[float, bool]]) -> Iterator[tuple[float, bool]]:
    """At the same instant the daily look knows the usage; it is looked at once."""
    daily = {at for at, is_daily in moments if is_daily}
    for at, is_daily in moments:
        if is_daily or at not in daily:
            yield at, is_daily


def _passes(facts: Snapshot, guard: dict[str, float]) -> bool:
    """Whether what came in this instant passes the guard of its meter."""
    return any(m.last_at == _LATEST and float(m.used) >= guard[m.key] for m in facts.meters)


_LATEST = datetime.max.replace(tzinfo=UTC)
"""Marks a meter that something came in for at this very instant."""


def _dailies(first: datetime, end: datetime, zone: ZoneInfo) -> list[float]:
    day, out = first.astimezone(zone).date(), []
    while True:
        look = datetime.combine(day, time(9), zone).astimezone(UTC)
        if look > end:
            return out
        if look >= first:
            out.append(look.timestamp())
        day += timedelta(1)


def _answers(record: Record, told: list[tuple[datetime, str]], now: datetime) -> tuple[Answer, ...]:
    found = []
    for given in record.given:
        before = [key for at, key in told if at <= given.at]
        if given.at <= now and before:
            found.append(
                Answer(
                    alert=before[-1],
                    kind=given.kind,
                    at=given.at,
                    person="champion",
                    role=Role.CHAMPION,
                    until=given.until,
                )
            )
    return tuple(found)


def _snapshot(
    record: Record,
    now: datetime,
    zone: ZoneInfo,
    alerts: list[PastAlert],
    answers: tuple[Answer, ...],
    calibrations: Calibrations,
) -> Snapshot:
    today = now.astimezone(zone).date()
    events = {track.key: _events(track, now, zone) for track in record.tracks}
    first = min(min(t.at) for t in record.tracks if len(t.at))
    return Snapshot(
        account=record.account,
        meters=tuple(_use(record, t, events[t.key], today, now) for t in record.tracks),
        user_days=_user_days(record, events, today),
        people=record.people,
        frictions=tuple(f for f in record.frictions if f.at <= now),
        blockers=tuple(
            replace(b, closed=None) if b.closed and b.closed > now else b
            for b in record.blockers
            if b.opened <= now
        ),
        plan_changes=record.plan_changes,
        alerts=tuple(alerts),
        answers=answers,
        live_since=datetime.fromtimestamp(first, UTC),
        calibration=calibrations(now),
    )


def _events(track: Track, now: datetime, zone: ZoneInfo) -> list[Event]:
    return [
        (float(at), datetime.fromtimestamp(at, zone).date(), float(amount), int(owner))
        for at, amount, owner in zip(track.at, track.amount, track.owner, strict=True)
        if at <= now.timestamp()
    ]


def _user_days(record: Record, events: dict[str, list[Event]], today: date) -> tuple[UserDays, ...]:
    meaningful = [t.key for t in record.tracks if t.meaningful]
    found = []
    for number, user in enumerate(record.users):
        days = {
            day
            for key in meaningful
            for _, day, amount, owner in events[key]
            if owner == number and amount > 0 and day >= today - timedelta(400)
        }
        if days:
            found.append(UserDays(user=user, days=tuple(sorted(days))))
    return tuple(found)


def _use(record: Record, track: Track, events: list[Event], today: date, now: datetime) -> MeterUse:
    period = period_of(record.period, today, record.anchor)
    by_day = _by_day(track, events)
    level = track.aggregation is Aggregation.LATEST or (
        track.aggregation is Aggregation.MAX and track.kind is MeterKind.CUMULATIVE
    )
    first = min(by_day, default=None)
    start = max(first, today - timedelta(399)) if first else None
    daily, carried = [], 0.0
    if start and first:
        if level:
            carried = next((by_day[d] for d in sorted(by_day, reverse=True) if d < start), 0.0)
        for offset in range((today - start).days + 1):
            seen = by_day.get(start + timedelta(offset))
            carried = seen if seen is not None else carried
            daily.append(carried if level else seen or 0.0)
    periods = [period]
    if record.period is not PeriodKind.NONE:
        for _ in range(13):
            periods.append(previous_period(record.period, periods[-1], record.anchor))
    return MeterUse(
        key=track.key,
        name_one=track.name_one,
        name_other=track.name_other,
        value=track.value,
        kind=track.kind,
        aggregation=track.aggregation,
        meaningful=track.meaningful,
        at_limit=track.at_limit,
        period=period,
        used=_used(track, by_day, period),
        limit=track.limit,
        limit_known=track.limit_known,
        next_limit=track.next_limit,
        lower_limit=track.lower_limit,
        first_day=start,
        daily=tuple(daily),
        closed=tuple(
            ClosedPeriod(start=p.start, end=p.end, used=_used(track, by_day, p), limit=track.limit)
            for p in reversed(periods[1:])
            if p.end and first and p.end > first
        ),
        before=Decimal(repr(round(sum(a for d, a in by_day.items() if start and d < start), 6))),
        last_at=_LATEST if events and events[-1][0] == now.timestamp() else None,
    )


def _by_day(track: Track, events: list[Event]) -> dict[date, float]:
    out: dict[date, float] = {}
    for _, day, amount, _ in events:
        match track.aggregation:
            case Aggregation.MAX:
                out[day] = max(out.get(day, amount), amount)
            case Aggregation.LATEST:
                out[day] = amount
            case _:
                out[day] = round(out.get(day, 0.0) + amount, 6)
    return out


def _used(track: Track, by_day: dict[date, float], period: Period) -> Decimal:
    upto = [a for d, a in sorted(by_day.items()) if period.end is None or d < period.end]
    inside = [
        a
        for d, a in sorted(by_day.items())
        if d >= period.start and (period.end is None or d < period.end)
    ]
    adds = track.aggregation not in (Aggregation.MAX, Aggregation.LATEST)
    if track.kind is MeterKind.CUMULATIVE:
        used = sum(upto) if adds else (upto[-1] if upto else 0.0)
    elif track.kind is MeterKind.PEAK or track.aggregation is Aggregation.MAX:
        used = max(inside, default=0.0)
    elif track.aggregation is Aggregation.LATEST:
        used = inside[-1] if inside else 0.0
    else:
        used = sum(inside)
    return Decimal(repr(round(float(used), 6)))


def is_ask(alert: PastAlert) -> bool:
    """Whether this proposed the next plan."""
    return alert.key.alert_class is AlertClass.ASK

"""What was foreseen of an account, and what came of it: by the same rules as `engine.hindsight`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.calibration import scale
from engine.decision import Decision, Forecast
from engine.history import changes, exact, is_flow
from engine.policy import Policy
from engine.series import days_ahead
from engine.snapshot import Snapshot
from engine.usage import MeterUse
from engine.zones import looks
from service import frozen
from store import decisions, due, forecasts
from store.forecasts import Came, StoredForecast


def keep(
    session: Session, facts: Snapshot, decision: Decision, policy: Policy, now: datetime
) -> None:
    """Say what came of earlier forecasts and keep those of a daily look.

    It comes before the look is kept: what the one before knew, and when it was, still stands.
    """
    settle(session, facts, now)
    daily, _ = due.watch(session, facts.account.id)
    if daily <= now:
        forecasts.add(session, list(_made(session, facts, decision, policy, now)))


def settle(session: Session, facts: Snapshot, now: datetime) -> int:
    """Resolve open forecasts of which these facts tell what came; says how many."""
    zone = ZoneInfo(facts.account.time_zone)
    moves = [change.at for change in facts.plan_changes]
    meters = {meter.key: meter for meter in facts.meters}
    told = [
        (one, came)
        for one in forecasts.open_of(session, facts.account.id)
        if (came := _came(one, meters.get(one.meter), moves, zone, now)) is not None
    ]
    forecasts.resolve(session, told, now)
    return len(told)


def _made(
    session: Session, facts: Snapshot, decision: Decision, policy: Policy, now: datetime
) -> Iterator[StoredForecast]:
    """The forecasts below a limit, where new use had come in since the look before."""
    zone = facts.account.time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    meters = {meter.key: meter for meter in facts.meters}
    for foreseen in decision.forecasts:
        meter = meters[foreseen.meter]
        if not foreseen.known or meter.limit is None or meter.used >= meter.limit:
            continue
        if _fresh(session, facts, meter, _nine(zone, today - timedelta(days=1))):
            yield _row(facts, meter, foreseen, policy, now, today)


def _fresh(session: Session, facts: Snapshot, meter: MeterUse, before: datetime) -> bool:
    """Whether anything came in since the look before: by its own time, or late."""
    if meter.last_at is not None and meter.last_at > before:
        return True
    known = _known(session, facts.account.id, meter.key)
    return known is not None and (meter.used, meter.last_at) != known


def _known(session: Session, account: str, key: str) -> tuple[Decimal, datetime | None] | None:
    """What was known of a meter, as its last forecast says, else the last decision."""
    forecast = forecasts.newest(session, account, key)
    if forecast is not None:
        return forecast.used, forecast.last_at
    decision = decisions.latest(session, account)
    if decision is None or decision.snapshot is None:
        return None
    meters = frozen.unpack(decision.snapshot).meters
    return next(((meter.used, meter.last_at) for meter in meters if meter.key == key), None)


def _row(
    facts: Snapshot,
    meter: MeterUse,
    foreseen: Forecast,
    policy: Policy,
    now: datetime,
    today: date,
) -> StoredForecast:
    assert foreseen.p_raw is not None
    assert foreseen.p is not None
    assert meter.limit is not None
    ahead = days_ahead(is_flow(meter), meter.period, today, policy.forecast)
    ends = today + timedelta(days=ahead)
    return StoredForecast(
        account=facts.account.id,
        meter=meter.key,
        day=today,
        at=now,
        raw=foreseen.p_raw,
        p=foreseen.p,
        calibration=facts.calibration.version if facts.calibration else None,
        scale=scale(policy),
        used=meter.used,
        limit=meter.limit,
        last_at=meter.last_at,
        ends=ends,
        due_at=_nine(facts.account.time_zone, ends),
    )


def _came(
    one: StoredForecast,
    meter: MeterUse | None,
    moves: list[datetime],
    zone: ZoneInfo,
    now: datetime,
) -> Came | None:
    """What came of a forecast; None: nobody knows yet."""
    today = now.astimezone(zone).date()
    if meter is None or _moved(one, meter, moves, zone, today):
        return Came.VOID
    if today < one.ends:
        return Came.CROSSED if meter.used >= one.limit else None
    if now < one.due_at:
        return None  # What was used on the last evening may still be on its way.
    used = _used_by(one.ends, meter, today)
    if used is None:
        return Came.VOID
    return Came.CROSSED if used >= one.limit else Came.NOT_CROSSED


def _moved(
    one: StoredForecast, meter: MeterUse, moves: list[datetime], zone: ZoneInfo, today: date
) -> bool:
    """Whether plan, limit or period became another one while the forecast was open."""
    instants = [*moves, *([meter.limit_since] if meter.limit_since else [])]
    if any(one.at < at and at.astimezone(zone).date() < one.ends for at in instants):
        return True
    if today >= one.ends:
        return False
    other_period = is_flow(meter) and meter.period.end not in (None, one.ends)
    return meter.limit != one.limit or other_period


def _used_by(ends: date, meter: MeterUse, today: date) -> Decimal | None:
    """What was used when the day before `ends` was over; None: no longer known."""
    if is_flow(meter) and meter.period.end is not None:
        return next((period.used for period in meter.closed if period.end == ends), None)
    since = (today - ends).days + 1
    return meter.used - exact(float(changes(meter, today)[-since:].sum()))


def _nine(zone: str, day: date) -> datetime:
    """When a local day is looked at."""
    return datetime.fromtimestamp(float(looks(zone, day.toordinal(), day.toordinal())[0]), UTC)

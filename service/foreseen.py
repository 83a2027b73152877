"""What was foreseen of an account, and what came of it: by the same rules as `engine.hindsight`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias
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
from store import decisions, forecasts
from store.forecasts import Came, StoredForecast

Fate: TypeAlias = tuple[StoredForecast, Came]
"""A forecast and what came of it."""
_Known: TypeAlias = tuple[Decimal, datetime | None]
"""How much of a meter was known to be used, and its newest use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a look says of earlier forecasts, and the forecasts it makes."""

    came: tuple[Fate, ...] = ()
    made: tuple[StoredForecast, ...] = ()


def told(
    session: Session,
    seen: Mapping[str, Snapshot],
    daily: Mapping[str, Decision],
    policy: Policy,
    now: datetime,
) -> dict[str, Foreseen]:
    """What came of each account's earlier forecasts, and those of its daily look.

    It comes before the looks are kept: what the ones before knew, and when, still stands.
    """
    came = fates(session, seen.values(), now)
    below = {
        (account, forecast.meter): (forecast, meter)
        for account, decision in daily.items()
        for forecast, meter in _below(seen[account], decision)
    }
    fresh = _fresh(session, seen, {line: meter for line, (_, meter) in below.items()}, now)
    made: dict[str, list[StoredForecast]] = {}
    for (account, key), (forecast, meter) in below.items():
        if (account, key) in fresh:
            row = _row(seen[account], meter, forecast, policy, now)
            made.setdefault(account, []).append(row)
    return {
        account: Foreseen(came=tuple(came.get(account, ())), made=tuple(made.get(account, ())))
        for account in seen
    }


def keep(session: Session, found: Sequence[Foreseen], now: datetime) -> None:
    """Write it down."""
    forecasts.resolve(session, [fate for one in found for fate in one.came], now)
    forecasts.add(session, [row for one in found for row in one.made])


def fates(session: Session, seen: Iterable[Snapshot], now: datetime) -> dict[str, list[Fate]]:
    """The open forecasts of which these facts tell what came, of each account."""
    snapshots = {facts.account.id: facts for facts in seen}
    return {
        account: list(_fates(snapshots[account], open, now))
        for account, open in forecasts.open_of(session, snapshots).items()
    }


def _fates(facts: Snapshot, open: Iterable[StoredForecast], now: datetime) -> Iterator[Fate]:
    zone = ZoneInfo(facts.account.time_zone)
    moves = [change.at for change in facts.plan_changes]
    meters = {meter.key: meter for meter in facts.meters}
    for one in open:
        came = _came(one, meters.get(one.meter), moves, zone, now)
        if came is not None:
            yield one, came


def _below(facts: Snapshot, decision: Decision) -> Iterator[tuple[Forecast, MeterUse]]:
    """The forecasts of meters below their limit."""
    meters = {meter.key: meter for meter in facts.meters}
    for forecast in decision.forecasts:
        meter = meters[forecast.meter]
        if forecast.known and meter.limit is not None and meter.used < meter.limit:
            yield forecast, meter


def _fresh(
    session: Session,
    seen: Mapping[str, Snapshot],
    meters: Mapping[tuple[str, str], MeterUse],
    now: datetime,
) -> set[tuple[str, str]]:
    """The meters of which anything came in since the look before: by its own time, or late."""
    fresh = set()
    for (account, key), meter in meters.items():
        zone = seen[account].account.time_zone
        before = _nine(zone, _today(zone, now) - timedelta(days=1))
        if meter.last_at is not None and meter.last_at > before:
            fresh.add((account, key))
    known = _known(session, [line for line in meters if line not in fresh])
    for line, was in known.items():
        if (meters[line].used, meters[line].last_at) != was:
            fresh.add(line)
    return fresh


def _known(session: Session, lines: Sequence[tuple[str, str]]) -> dict[tuple[str, str], _Known]:
    """What was known of these meters, as the last forecast of each says, else the last decision."""
    if not lines:
        return {}
    newest = forecasts.newest(session, lines)
    known: dict[tuple[str, str], _Known] = {
        line: (forecast.used, forecast.last_at) for line, forecast in newest.items()
    }
    rest = {account for account, key in lines if (account, key) not in known}
    if rest:
        for account, packed in decisions.snapshots(session, rest).items():
            for meter in frozen.unpack(packed).meters:
                if (account, meter.key) in lines:
                    known.setdefault((account, meter.key), (meter.used, meter.last_at))
    return known


def _row(
    facts: Snapshot,
    meter: MeterUse,
    foreseen: Forecast,
    policy: Policy,
    now: datetime,
) -> StoredForecast:
    assert foreseen.p_raw is not None
    assert foreseen.p is not None
    assert meter.limit is not None
    today = _today(facts.account.time_zone, now)
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


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _nine(zone: str, day: date) -> datetime:
    """When a local day is looked at."""
    return datetime.fromtimestamp(float(looks(zone, day.toordinal(), day.toordinal())[0]), UTC)

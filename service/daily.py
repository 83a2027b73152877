"""A meter day by day, as it is held against its limit: read from a snapshot."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from engine.history import amounts, exact, is_level
from engine.instant import local_day
from engine.usage import Aggregation, MeterKind, MeterUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """One day. `total`: what was held against the limit at its end; `begins`: a period starts."""

    day: date
    used: Decimal
    total: Decimal
    limit: Decimal | None
    begins: bool


def days_of(meter: MeterUse, today: date, zone: str) -> list[Daily]:
    """Every known day of a meter, oldest first; today's total is exactly what it stands at."""
    if meter.first_day is None:
        return []
    found: list[Daily] = []
    total = meter.before if meter.kind is MeterKind.CUMULATIVE else Decimal(0)
    starts = {period.start for period in meter.closed} | {meter.period.start}
    for n, amount in enumerate(amounts(meter, today)):
        day, used = meter.first_day + timedelta(days=n), exact(float(amount))
        begins = meter.kind is not MeterKind.CUMULATIVE and day in starts
        total = _total(meter, Decimal(0) if begins else total, used)
        if day == today:
            total = meter.used
        limit = _limit(meter, day, zone)
        found.append(Daily(day=day, used=used, total=total, limit=limit, begins=begins))
    return found


def _total(meter: MeterUse, before: Decimal, used: Decimal) -> Decimal:
    """What is held against the limit after a day."""
    if meter.aggregation is Aggregation.LATEST:
        return used
    if is_level(meter) or meter.kind is MeterKind.PEAK:
        return max(before, used)
    return before + used


def _limit(meter: MeterUse, day: date, zone: str) -> Decimal | None:
    """The limit that held on a day, as far as it is known."""
    changed = local_day(meter.limit_since, zone) if meter.limit_since else None
    past = [period for period in meter.closed if period.start <= day]
    if day >= meter.period.start and (changed is None or changed <= day or not meter.closed):
        return meter.limit
    if not past:
        return meter.closed[0].limit if meter.closed else meter.limit
    return past[-1].limit

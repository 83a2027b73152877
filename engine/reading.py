"""What is read from an account's days before anything is decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from engine.decision import Forecast
from engine.forecast import foresee_each, part_of, unknown
from engine.history import History, ValueDays, exact, history, is_flow
from engine.instant import local_day
from engine.policy import Policy
from engine.series import foreseeable, history_days
from engine.snapshot import Snapshot
from engine.stage import Standing, Standings
from engine.timeline import timeline
from engine.usage import ClosedPeriod, MeterUse

MONTHLY = range(28, 32)
"""Days that a month has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An account's days, read; a replay reads all of them at once.

    `forecasts`: of the meters for which one could matter. `complete`: complete days a forecast of
    each meaningful meter could rest on; `ever`: how much each has counted, where its days add up,
    and `best` the most in a month. A replay knows beforehand which meters are `steady`, no day of
    theirs standing out, and which `uneventful`, no milestone of theirs being due.
    """

    today: date
    value_days: ValueDays
    standing: Standing
    forecasts: dict[str, Forecast]
    complete: dict[str, int]
    ever: dict[str, Decimal]
    best: dict[str, Decimal]
    steady: frozenset[str] = frozenset()
    uneventful: frozenset[str] = frozenset()


def read_all(snapshots: Sequence[Snapshot], policy: Policy, now: datetime) -> list[Reading]:
    """Read the days of many accounts together: the same as one by one, and much faster."""
    days = [local_day(now, one.account.time_zone) for one in snapshots]
    pasts = [history(one, today) for one, today in zip(snapshots, days, strict=True)]
    lines = [timeline(one, past) for one, past in zip(snapshots, pasts, strict=True)]
    stands = Standings(lines, policy.stage)
    forecasts = _foreseen(snapshots, pasts, policy)
    return [
        Reading(
            today=today,
            value_days=past.value_days,
            standing=stands.at(n, len(past.value) - 1),
            forecasts=forecasts[n],
            complete={
                m.key: history_days(m, past.changes[m.key], today, policy.forecast)
                for m in snapshot.meters
                if m.meaningful
            },
            ever={
                m.key: m.before + exact(float(past.changes[m.key].sum()))
                for m in snapshot.meters
                if m.meaningful and is_flow(m)
            },
            best=best_months(snapshot.meters),
        )
        for n, (snapshot, today, past) in enumerate(zip(snapshots, days, pasts, strict=True))
    ]


def _foreseen(
    snapshots: Sequence[Snapshot], pasts: Sequence[History], policy: Policy
) -> list[dict[str, Forecast]]:
    """The forecasts of the meters for which one could matter, of each account by meter."""
    share, parts, places = foreseen_from(policy), [], []
    found: list[dict[str, Forecast]] = [{} for _ in snapshots]
    for n, (snapshot, past) in enumerate(zip(snapshots, pasts, strict=True)):
        for meter in snapshot.meters:
            if not (meter.meaningful and foreseeable(meter) and uses(meter, share)):
                continue
            days = past.changes[meter.key]
            part = part_of(meter, days, past.today, policy, snapshot.calibration)
            if part is None:
                found[n][meter.key] = unknown(meter, days, policy)
            else:
                parts.append(part)
                places.append((n, meter.key))
    for (n, key), forecast in zip(places, foresee_each(parts, policy), strict=True):
        found[n][key] = forecast
    order = (
        [m.key for m in one.meters if m.key in of] for one, of in zip(snapshots, found, strict=True)
    )
    return [{key: of[key] for key in keys} for keys, of in zip(order, found, strict=True)]


def best_months(meters: Iterable[MeterUse]) -> dict[str, Decimal]:
    """The most any closed month used; of meters with two in use, for the first is partial."""
    return {
        m.key: best
        for m in meters
        if m.meaningful and is_flow(m) and (best := best_month(m.closed)) is not None
    }


def best_month(closed: Sequence[ClosedPeriod]) -> Decimal | None:
    """The most any of these periods used that is a month, where two of them were in use."""
    months = [p.used for p in closed if p.used > 0 and (p.end - p.start).days in MONTHLY]
    return max(months) if len(months) >= 2 else None


def imported(snapshot: Snapshot) -> set[str]:
    """The meters whose newest use was imported; a replay, which knows no `last_at`, asks not."""
    return {meter.key for meter in snapshot.meters if was_imported(meter, snapshot)}


def was_imported(meter: MeterUse, snapshot: Snapshot) -> bool:
    """Whether a meter's newest use was."""
    if meter.last_at is None or not meter.backfilled:
        return False
    return local_day(meter.last_at, snapshot.account.time_zone) in meter.backfilled


def foreseen_from(policy: Policy) -> float:
    """The share of the limit from which a forecast could matter: below, nothing rests on one."""
    return min(policy.pace.used, policy.approaching.used)


def uses(meter: MeterUse, share: float) -> bool:
    """Whether `share` of the limit is used, exactly that much included; nothing used is nothing."""
    if meter.limit is None or not meter.limit_known or meter.used <= 0:
        return False
    return meter.used >= (meter.limit if share == 1.0 else meter.limit * exactly(share))


@lru_cache(maxsize=64)
def exactly(share: float) -> Decimal:
    """A share as it was written."""
    return Decimal(repr(share))

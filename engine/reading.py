"""What is read from an account's days before anything is decided."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.decision import Forecast
from engine.forecast import foresee
from engine.history import ValueDays, amounts, exact, history, is_flow
from engine.policy import Policy
from engine.series import foreseeable, history_days
from engine.snapshot import Snapshot
from engine.stage import Standing, standing
from engine.usage import MeterUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An account's days, read; a replay reads all of them at once.

    `forecasts`: of the meters for which one could matter. `complete`: complete days a forecast of
    each meaningful meter could rest on; `ever`: how much each has counted, where its days add up.
    `steady`: meters none of whose days stands out, where that is known beforehand.
    """

    today: date
    value_days: ValueDays
    standing: Standing
    forecasts: dict[str, Forecast]
    complete: dict[str, int]
    ever: dict[str, Decimal]
    steady: frozenset[str] = frozenset()


def read(snapshot: Snapshot, policy: Policy, now: datetime) -> Reading:
    """Read the account's days as they stand now."""
    today = now.astimezone(ZoneInfo(snapshot.account.time_zone)).date()
    past = history(snapshot, today)
    meaningful = [meter for meter in snapshot.meters if meter.meaningful]
    share = foreseen_from(policy)
    return Reading(
        today=today,
        value_days=past.value_days,
        standing=standing(snapshot, past, policy.stage),
        forecasts={
            meter.key: foresee(meter, today, policy, snapshot.calibration)
            for meter in meaningful
            if foreseeable(meter) and uses(meter, share)
        },
        complete={m.key: history_days(m, today, policy.forecast) for m in meaningful},
        ever={m.key: ever(m, today) for m in meaningful if is_flow(m)},
    )


def foreseen_from(policy: Policy) -> float:
    """The share of the limit from which a forecast could matter: below, nothing rests on one."""
    return min(policy.pace.used, policy.approaching.used)


def uses(meter: MeterUse, share: float) -> bool:
    """Whether `share` of the limit is used, exactly that much included; nothing used is nothing."""
    if meter.limit is None or not meter.limit_known or meter.used <= 0:
        return False
    return meter.used >= (meter.limit if share == 1.0 else meter.limit * _share(share))


@lru_cache(maxsize=64)
def _share(share: float) -> Decimal:
    return Decimal(repr(share))


def ever(meter: MeterUse, today: date) -> Decimal:
    """How much value the meter has ever counted, as far as is known."""
    return meter.before + exact(float(amounts(meter, today).sum()))

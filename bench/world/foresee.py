"""The engine's probability of crossing on many days of one account, through its own door."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from bench.world.account import Account, following, midnight
from engine.forecast import foresee
from engine.policy import Policy
from engine.usage import Aggregation, AtLimit, ClosedPeriod, MeterKind, MeterUse, Period

Forecasts: TypeAlias = Callable[[Account, Sequence[datetime]], Iterator[float | None]]
"""Given an account and looks at it, p of crossing in the month of each (None: cannot tell)."""

_DAYS = 400


def forecasts(account: Account, looks: Sequence[datetime]) -> Iterator[float | None]:
    """The engine's raw p, with the default policy, from what had come in before each look."""
    policy = Policy()
    for look in looks:
        found = foresee(_meter(account, look), look.date(), policy, None)
        yield found.p_raw if found.known else None


def _meter(account: Account, look: datetime) -> MeterUse:
    today, month = look.date(), midnight(look.date().replace(day=1))
    first = max(account.since, today - timedelta(days=_DAYS - 1))
    known = int(np.searchsorted(account.at, look.timestamp()))
    days = (account.at[:known] - int(midnight(first).timestamp())) // 86400
    daily = np.zeros((today - first).days + 1)
    np.add.at(daily, days[days >= 0], account.value[:known][days >= 0])
    limit = Decimal(account.limit)
    return MeterUse(
        key="units",
        name_one="unit",
        name_other="units",
        value="delivered",
        kind=MeterKind.RESET,
        aggregation=Aggregation.SUM,
        meaningful=True,
        at_limit=AtLimit.CONTINUES,
        period=Period(start=month.date(), end=following(month).date()),
        used=Decimal(int(daily[max((month.date() - first).days, 0) :].sum())),
        limit=limit,
        limit_known=True,
        next_limit=None,
        first_day=first,
        daily=tuple(daily.tolist()),
        closed=tuple(_closed(daily, first, month.date(), limit)),
    )


def _closed(
    daily: np.ndarray[tuple[int], np.dtype[np.float64]], first: date, current: date, limit: Decimal
) -> Iterator[ClosedPeriod]:
    start = first.replace(day=1)
    while start < current:
        end = following(midnight(start)).date()
        used = daily[max((start - first).days, 0) : (end - first).days].sum()
        yield ClosedPeriod(start=start, end=end, used=Decimal(int(used)), limit=limit)
        start = end

"""One account of the world: its usage events, its limit, and the truth about its periods."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Events in the order of time: `at` in epoch seconds (UTC), `value` in whole units."""

    name: str
    since: date
    limit: int
    at: NDArray[np.int64]
    value: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What was truly used in a calendar month (UTC), and the event that met the limit, if any."""

    account: str
    start: datetime
    end: datetime
    used: int
    crossed: datetime | None


def months(account: Account, until: date) -> Iterator[Month]:
    """The account's months that are over by `until`; the first may have begun before it did."""
    start = midnight(account.since.replace(day=1))
    while (end := following(start)) <= midnight(until):
        first, last = np.searchsorted(account.at, (start.timestamp(), end.timestamp()))
        used = account.value[first:last].cumsum()
        met = int(np.searchsorted(used, account.limit))
        yield Month(
            account=account.name,
            start=start,
            end=end,
            used=int(used[-1]) if len(used) else 0,
            crossed=instant(account.at[first + met]) if met < len(used) else None,
        )
        start = end


def daily(account: Account, first: date, days: int) -> NDArray[np.int64]:
    """The account's total of each day from `first` on."""
    at = (account.at - int(midnight(first).timestamp())) // DAY
    inside = (at >= 0) & (at < days)
    totals = np.zeros(days, dtype=np.int64)
    np.add.at(totals, at[inside], account.value[inside])
    return totals


def midnight(day: date) -> datetime:
    """The instant a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def following(start: datetime) -> datetime:
    """The first instant of the next month."""
    return (start + timedelta(days=31)).replace(day=1)


def instant(epoch: np.int64 | int) -> datetime:
    """Epoch seconds as an instant."""
    return datetime.fromtimestamp(int(epoch), tz=UTC)

"""Reads day buckets of many accounts: a row a meter from the database, all its days in it.

A row a day would cost more than all that is done with it. So the database joins a meter's days to
one text, and the texts of all meters are taken apart at once.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, bindparam, case, func, or_, select
from sqlmodel import Session

from store.days import Days
from store.rows import among, as_list, dialect_of, gathered, listed, nth, nth_day, table
from store.tables import DayBucket, UniqueValue
from store.types import MICRO

Line: TypeAlias = tuple[str, str]
"""An account and a meter."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = len("2026-01-01")
_TENS = np.array([1000, 100, 10, 1])
_SAFE = 2**62
_INTS = msgspec.json.Decoder(list[int])


def load(session: Session, accounts: Iterable[str], today: date) -> dict[Line, Days]:
    """The days of every meter of some accounts until `today`."""
    asked = {**as_list([[account] for account in accounts]), "today": today}
    rows = session.execute(_buckets(dialect_of(session)), asked).all()
    marked = _marked(session, dict.fromkeys(row.account for row in rows if row.marked), today)
    days, units = _ordinals([row.days for row in rows]), _whole(row.units for row in rows)
    found = {}
    for row, (start, end) in zip(rows, _places(rows), strict=True):
        line = (row.account, row.meter)
        found[line] = _days(days[start:end], units[start:end], row.last_at, marked.get(line))
    return found


def new_in_periods(
    session: Session, spans: Sequence[tuple[Line, tuple[date, date]]]
) -> dict[Line, dict[date, int]]:
    """How many things each day saw for the first time in its span; spans of a line are apart."""
    asked = [[*line, first.isoformat(), last.isoformat()] for line, (first, last) in spans]
    found: dict[Line, dict[date, int]] = {}
    if asked:
        rows = session.execute(_unseen(dialect_of(session)), as_list(asked))
        for account, meter, day, count in rows:
            found.setdefault((account, meter), {})[day] = count
    return found


def counted(new: dict[date, int], like: Days) -> Days:
    """Days that saw so many new things, beside what else is known of the meter."""
    days = sorted(new)
    return Days(
        days=np.array([day.toordinal() for day in days], np.int64),
        amounts=np.array([new[day] for day in days], np.int64),
        backfilled=like.backfilled,
        last_at=like.last_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Marks:
    """Days that hold millionths beside whole units, or were imported later."""

    days: NDArray[np.int64]
    micros: NDArray[np.int64]
    imported: NDArray[np.bool_]


def _marked(session: Session, accounts: Collection[str], today: date) -> dict[Line, _Marks]:
    """Where a line has such days: few have, and nobody else pays for them."""
    if not accounts:
        return {}
    asked = {**as_list([[account] for account in accounts]), "today": today}
    return {
        (row.account, row.meter): _Marks(
            days=_ordinals([row.days]),
            micros=_whole([row.micros]),
            imported=_whole([row.imported]) > 0,
        )
        for row in session.execute(_marks(dialect_of(session)), asked)
    }


def _days(
    days: NDArray[np.int64],
    units: NDArray[np.int64],
    last_at: datetime,
    marked: _Marks | None,
) -> Days:
    if (days[1:] < days[:-1]).any():  # No database promises an order.
        order = np.argsort(days)
        days, units = days[order], units[order]
    amounts: NDArray[Any] = units
    scale, imported = 1, frozenset[date]()
    if marked is not None:
        imported = frozenset(map(date.fromordinal, marked.days[marked.imported].tolist()))
    if marked is not None and marked.micros.any():
        scale, amounts = MICRO, units.astype(object) * MICRO
        amounts[np.searchsorted(days, marked.days)] += marked.micros.astype(object)
    elif int(np.abs(units).max()) > _SAFE // len(units):
        amounts = units.astype(object)
    return Days(days=days, amounts=amounts, scale=scale, backfilled=imported, last_at=last_at)


def _whole(texts: Iterable[str]) -> NDArray[np.int64]:
    """Whole numbers with commas between them."""
    return np.array(_INTS.decode(f"[{','.join(texts)}]"), np.int64)


def _places(rows: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Where the days of each row lie among those of all."""
    return pairwise(accumulate(((len(row.days) + 1) // (_DAY + 1) for row in rows), initial=0))


def _ordinals(texts: Sequence[str]) -> NDArray[np.int64]:
    """ISO dates, all equally long, as ordinals."""
    signs = np.frombuffer(f"{','.join(texts)},".encode(), np.uint8)[: None if texts else 0]
    digit = signs.reshape(-1, _DAY + 1).astype(np.int64) - ord("0")
    year, month, day = digit[:, :4] @ _TENS, digit[:, 5:7] @ _TENS[2:], digit[:, 8:10] @ _TENS[2:]
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    ordinals: NDArray[np.int64] = months.astype("datetime64[D]").astype(np.int64) + day
    return ordinals + (_EPOCH - 1)


@lru_cache
def _buckets(dialect: str) -> Any:
    """A row for each account and meter; `marked`: whether any of its days has a mark."""
    b = table(DayBucket).c
    columns = (
        gathered(dialect, b.day).label("days"),
        gathered(dialect, b.units).label("units"),
        func.max(b.last_at).label("last_at"),
        func.max(case((_has_mark(), 1), else_=0)).label("marked"),
    )
    return _lines(dialect, columns)


@lru_cache
def _marks(dialect: str) -> Any:
    b = table(DayBucket).c
    columns = (
        gathered(dialect, b.day).label("days"),
        gathered(dialect, b.micros).label("micros"),
        gathered(dialect, case((b.backfilled, 1), else_=0)).label("imported"),
    )
    return _lines(dialect, columns).where(_has_mark())


def _has_mark() -> ColumnElement[bool]:
    b = table(DayBucket).c
    return or_(b.micros != 0, b.backfilled)


def _lines(dialect: str, columns: Iterable[Any]) -> Any:
    b = table(DayBucket).c
    return (
        select(b.account, b.meter, *columns)
        .where(among(dialect, b.account), b.day <= bindparam("today"))
        .group_by(b.account, b.meter)
    )


@lru_cache
def _unseen(dialect: str) -> Any:
    u, asked = table(UniqueValue).c, listed(dialect)
    account, meter = nth(asked, 0), nth(asked, 1)
    seen = (
        select(u.account, u.meter, func.min(u.day).label("day"))
        .select_from(asked)
        .join(table(UniqueValue), (u.account == account) & (u.meter == meter))
        .where(u.day >= nth_day(dialect, asked, 2), u.day <= nth_day(dialect, asked, 3))
        .group_by(u.account, u.meter, nth(asked, 2), u.value)
        .subquery()
    )
    s = seen.c
    return select(s.account, s.meter, s.day, func.count()).group_by(s.account, s.meter, s.day)

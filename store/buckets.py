"""Reads day buckets of many accounts: a row a meter from the database, all its days in it.

A row a day would cost more than all that is done with it. So the database joins a meter's days to
one text, and the texts of all meters are taken apart at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, case, func, literal, select
from sqlmodel import Session

from store.days import Days
from store.rows import among, as_list, dialect_of, gathered, listed, nth, nth_day, table, text_of
from store.tables import DayBucket, UniqueValue
from store.types import MICRO

Line: TypeAlias = tuple[str, str]
"""An account and a meter."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = len("2026-01-01")
_TENS = np.array([1000, 100, 10, 1])
_SAFE = 2**62
_INTS = msgspec.json.Decoder(list[int])


def load(
    session: Session, accounts: Iterable[str], today: date, *, since: date = date.min
) -> dict[Line, Days]:
    """The days of every meter of some accounts, from `since` until `today`."""
    asked = {**as_list([[account] for account in accounts]), "today": today, "since": since}
    rows = session.execute(_buckets(dialect_of(session)), asked).all()
    days = _ordinals([row.days for row in rows])
    units = np.array(_INTS.decode(f"[{','.join(row.units for row in rows)}]"), np.int64)
    found = {}
    for row, (start, end) in zip(rows, _places(rows), strict=True):
        found[row.account, row.meter] = _days(row, days[start:end], units[start:end])
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


def _days(row: Any, days: NDArray[np.int64], units: NDArray[np.int64]) -> Days:
    amounts, scale = units, 1
    if row.fractions is not None:
        parts = dict(part.split(":") for part in row.fractions.split(","))
        micros = [int(parts.get(date.fromordinal(day).isoformat(), 0)) for day in days.tolist()]
        amounts, scale = units.astype(object) * MICRO + np.array(micros, object), MICRO
    elif int(np.abs(units).max()) > _SAFE // len(units):
        amounts = units.astype(object)
    if (days[1:] < days[:-1]).any():  # No database promises an order.
        order = np.argsort(days)
        days, amounts = days[order], amounts[order]
    imported = row.imported.split(",") if row.imported else ()
    return Days(
        days=days,
        amounts=amounts,
        scale=scale,
        backfilled=frozenset(map(date.fromisoformat, imported)),
        last_at=row.last_at,
    )


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
    """A row for each account and meter. `fractions`: millionths of the days that have some."""
    b = table(DayBucket).c
    day, micros = text_of(b.day), text_of(b.micros)
    return (
        select(
            b.account,
            b.meter,
            gathered(day).label("days"),
            gathered(text_of(b.units)).label("units"),
            gathered(case((b.micros != 0, day + literal(":") + micros))).label("fractions"),
            gathered(case((b.backfilled, day))).label("imported"),
            func.max(b.last_at).label("last_at"),
        )
        .where(
            among(dialect, b.account),
            b.day <= bindparam("today"),
            b.day >= bindparam("since"),
        )
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

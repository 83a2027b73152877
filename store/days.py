"""Reads day buckets of many accounts: a row a meter from the database, all its days in it.

A row a day would cost more than all that is done with it. So the database joins a meter's days to
one text, and the texts of all meters are taken apart at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, case, func, literal, select
from sqlmodel import Session

from engine.usage import Aggregation, MeterKind
from store.rows import among, as_list, dialect_of, gathered, listed, nth, nth_day, table, text_of
from store.tables import DayBucket, UniqueValue
from store.types import MICRO, joined

Line: TypeAlias = tuple[str, str]
"""An account and a meter."""
Span: TypeAlias = tuple[date, date]
"""The first and the last of some local days."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = len("2026-01-01")
_TENS = np.array([1000, 100, 10, 1])
_SAFE = 2**62
_INTS = msgspec.json.Decoder(list[int])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Days:
    """What a meter counted on local days (as ordinals), oldest first.

    `amounts` are whole numbers of which `scale` make a unit, so every sum of them is exact.
    """

    days: NDArray[np.int64]
    amounts: NDArray[Any]
    scale: int = 1
    backfilled: frozenset[date] = frozenset()
    last_at: datetime | None = None

    @property
    def first(self) -> date | None:
        """The oldest day."""
        return date.fromordinal(int(self.days[0])) if len(self.days) else None

    def floats(self) -> NDArray[np.float64]:
        """Each amount as the number nearest to it."""
        if self.scale == 1:
            return self.amounts.astype(np.float64)
        return np.array([amount / self.scale for amount in self.amounts.tolist()])

    def used(self, kind: MeterKind, how: Aggregation, spans: Sequence[Span]) -> list[Decimal]:
        """What the limit is held against, over each of these spans."""
        starts = np.searchsorted(self.days, [first.toordinal() for first, _ in spans])
        ends = np.searchsorted(self.days, [last.toordinal() for _, last in spans], side="right")
        if kind is MeterKind.CUMULATIVE:
            starts = np.zeros_like(starts)
        return [self._exact(amount) for amount in self._joined(kind, how, starts, ends)]

    def _joined(
        self, kind: MeterKind, how: Aggregation, starts: NDArray[Any], ends: NDArray[Any]
    ) -> list[Any]:
        """The days from each start up to each end, as one amount."""
        levels = how in (Aggregation.MAX, Aggregation.LATEST)
        if kind is not MeterKind.PEAK and not levels:
            sums = np.concatenate(([0], np.cumsum(self.amounts)))
            summed: list[Any] = (sums[ends] - sums[starts]).tolist()
            return summed
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        if kind is MeterKind.PEAK or (kind is MeterKind.RESET and how is Aggregation.MAX):
            return [self.amounts[s:e].max() if s < e else 0 for s, e in places]
        return [self.amounts[e - 1] if s < e else 0 for s, e in places]

    def total(self, before: date) -> Decimal:
        """All that was counted before a day."""
        return self._exact(self.amounts[: np.searchsorted(self.days, before.toordinal())].sum())

    def _exact(self, amount: Any) -> Decimal:
        return joined(int(amount), 0) if self.scale == 1 else joined(0, int(amount))


NONE = Days(days=np.zeros(0, np.int64), amounts=np.zeros(0, np.int64))
"""Nothing was ever counted."""


def load(
    session: Session, accounts: Iterable[str], today: date, *, since: date = date.min
) -> dict[Line, Days]:
    """The days of every meter of some accounts, from `since` until `today`."""
    asked = {**as_list([[account] for account in accounts]), "today": today, "since": since}
    rows = session.execute(_buckets(dialect_of(session)), asked).all()
    days = _split(_ordinals([row.days for row in rows]), rows)
    units = _split(_INTS.decode(f"[{','.join(row.units for row in rows)}]"), rows)
    found = zip(rows, days, units, strict=True)
    return {(row.account, row.meter): _days(row, days, units) for row, days, units in found}


def new_in_periods(
    session: Session, spans: Sequence[tuple[Line, Span]]
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


def _days(row: Any, days: NDArray[np.int64], units: list[int]) -> Days:
    amounts, scale = _amounts(units), 1
    if row.fractions is not None:
        parts = dict(part.split(":") for part in row.fractions.split(","))
        micros = [int(parts.get(date.fromordinal(day).isoformat(), 0)) for day in days.tolist()]
        scale = MICRO
        exact = [unit * MICRO + micro for unit, micro in zip(units, micros, strict=True)]
        amounts = np.array(exact, dtype=object)
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


def _amounts(units: list[int]) -> NDArray[Any]:
    """As machine numbers, unless their sum could be none."""
    most = max(map(abs, (max(units), min(units))))
    return np.array(units, dtype=np.int64 if most * len(units) < _SAFE else object)


def _split(values: Any, rows: Sequence[Any]) -> Iterator[Any]:
    """What belongs to each row, one part after the other."""
    end = 0
    for row in rows:
        start, end = end, end + (len(row.days) + 1) // (_DAY + 1)
        yield values[start:end]


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

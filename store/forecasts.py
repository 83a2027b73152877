"""Daily forecasts and what came of them: open until that is known, and never judged twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, bindparam, delete, func, select, tuple_, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from engine.history import Flags, Floats
from store import tables
from store.rows import (
    among,
    as_list,
    by_account,
    dialect_of,
    insert_into,
    listed,
    nth,
    table,
)

_CHUNK = 10_000


class Came(StrEnum):
    """What came of a forecast; void: its limit or plan changed, so nobody can say."""

    CROSSED = "crossed"
    NOT_CROSSED = "not_crossed"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredForecast:
    """One meter's forecast of a local day.

    `raw`, `p`: probability before and after the `calibration` in force; `scale`: how the former was
    made. `ends`: the first day on which it is over, known at `due_at` at the latest. `last_at`: the
    newest use it knew of.
    """

    account: str
    meter: str
    day: date
    at: datetime
    raw: float
    p: float
    calibration: str | None
    scale: str
    used: Decimal
    limit: Decimal
    last_at: datetime | None
    ends: date
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Forecasts that came true or did not, a column each; `p` is no number where raw was said."""

    at: Floats
    raw: Floats
    p: Floats
    resolved: Floats
    crossed: Flags


def add(session: Session, forecasts: Sequence[StoredForecast]) -> None:
    """Keep forecasts; the first of a meter's day stays."""
    if forecasts:
        statement = insert_into(dialect_of(session), tables.Forecast).on_conflict_do_nothing()
        session.connection().execute(statement, [_columns(one) for one in forecasts])


def newest(
    session: Session, lines: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], StoredForecast]:
    """The last forecast of each of these (account, meter), where there is one."""
    rows = session.execute(_newest(dialect_of(session)), as_list(list(lines)))
    return {(row.account, row.meter): _value(row) for row in rows}


def open_of(session: Session, accounts: Iterable[str]) -> dict[str, list[StoredForecast]]:
    """The forecasts of these accounts of which nobody knows yet what comes, oldest first."""
    asked = as_list([[account] for account in accounts])
    rows = by_account(session.execute(_open(dialect_of(session)), asked))
    return {account: [_value(row) for row in of] for account, of in rows.items()}


def resolve(
    session: Session, came: Iterable[tuple[StoredForecast, Came]], resolved_at: datetime
) -> None:
    """Say what came of forecasts that are still open; the others stay as they are."""
    f = table(tables.Forecast)
    rows = [
        {"of": one.account, "by": one.meter, "on": one.day, "fate": str(fate), "known": resolved_at}
        for one, fate in came
    ]
    if rows:
        statement = (
            update(f)
            .where(
                f.c.account == bindparam("of"),
                f.c.meter == bindparam("by"),
                f.c.day == bindparam("on"),
                f.c.resolved_at.is_(None),
            )
            .values(came=bindparam("fate"), resolved_at=bindparam("known"))
        )
        session.connection().execute(statement, rows)


def overdue(session: Session, now: datetime, *, after: str = "", limit: int = 200) -> list[str]:
    """Accounts behind `after` with open forecasts of which it must be known by now what came."""
    f = tables.Forecast
    rows = session.exec(
        select_rows(f.account)
        .where(col(f.resolved_at).is_(None), col(f.due_at) <= now, col(f.account) > after)
        .distinct()
        .order_by(col(f.account))
        .limit(limit)
    )
    return list(rows)


def outcomes(
    session: Session, scale: str, since: datetime, until: datetime
) -> tuple[Floats, Flags]:
    """The raw probabilities of one scale that resolved in [since, until), and what came true."""
    f = table(tables.Forecast).c
    query = _resolved(select(f.raw, f.came), scale, since, until)
    parts = session.connection().execute(query).partitions()
    found = [np.array([(raw, came == Came.CROSSED) for raw, came in part]).T for part in parts]
    raw, crossed = np.concatenate([np.zeros((2, 0)), *found], axis=1)
    return raw, crossed > 0


def resolved(session: Session, scale: str, since: datetime, until: datetime) -> Resolved:
    """The same with all that a report needs."""
    f = table(tables.Forecast).c
    columns = select(f.at, f.raw, f.p, f.calibration, f.resolved_at, f.came)
    query = _resolved(columns, scale, since, until)
    found = [_columnar(part) for part in session.connection().execute(query).partitions()]
    at, raw, p, known, crossed = np.concatenate([np.zeros((5, 0)), *found], axis=1)
    return Resolved(at=at, raw=raw, p=p, resolved=known, crossed=crossed > 0)


def _resolved(columns: Select[Any], scale: str, since: datetime, until: datetime) -> Select[Any]:
    """Of those that resolved in time, but for the void ones; read some at a time."""
    f = table(tables.Forecast).c
    return columns.where(
        f.resolved_at >= since, f.resolved_at < until, f.scale == scale, f.came != Came.VOID
    ).execution_options(yield_per=_CHUNK)


def forget_before(session: Session, at: datetime, *, limit: int = 5000) -> int:
    """Remove forecasts that resolved before an instant, some at a time; says how many."""
    f = table(tables.Forecast)
    key = (f.c.account, f.c.meter, f.c.day)
    old = select(*key).where(f.c.resolved_at < at).limit(limit)
    return session.connection().execute(delete(f).where(tuple_(*key).in_(old))).rowcount


@lru_cache
def _open(dialect: str) -> Any:
    f = table(tables.Forecast).c
    return (
        select(*f)
        .where(among(dialect, f.account), f.resolved_at.is_(None))
        .order_by(f.account, f.day, f.meter)
    )


@lru_cache
def _newest(dialect: str) -> Any:
    f, asked = table(tables.Forecast), listed(dialect)
    other = f.alias().c
    line = (nth(asked, 0), nth(asked, 1))
    last = select(func.max(other.day)).where(other.account == line[0], other.meter == line[1])
    same = (f.c.account == line[0], f.c.meter == line[1], f.c.day == last.scalar_subquery())
    return select(*f.c).select_from(asked).join(f, and_(*same))


def _columns(one: StoredForecast) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in StoredForecast.__slots__}
    return values | {"used": str(one.used), "limit": str(one.limit)}


def _value(row: Any) -> StoredForecast:
    values = {name: getattr(row, name) for name in StoredForecast.__slots__}
    return StoredForecast(**values | {"used": Decimal(row.used), "limit": Decimal(row.limit)})


def _columnar(rows: Sequence[Any]) -> Floats:
    """Some rows as five columns of numbers."""
    return np.array(
        [
            (
                at.timestamp(),
                raw,
                np.nan if calibration is None else p,
                known.timestamp(),
                came == Came.CROSSED,
            )
            for at, raw, p, calibration, known, came in rows
        ],
        dtype=np.float64,
    ).T

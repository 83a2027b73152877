"""Backtests that were asked for over the API: one at a time, with what came of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col, or_, select

from store import postgres, tables
from store.rows import dialect_of, table

RUNNING, DONE, FAILED = "running", "done", "failed"
_KEPT = 20
"""Backtests that are kept; older ones are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBacktest:
    """A backtest as it stands; `summary` is empty until it is done."""

    id: str
    asked_at: datetime
    asked_by: str
    days: int
    status: str = RUNNING
    progress: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    detail: str | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLine:
    """What it says about an account: `kind` alert or difference."""

    account: str
    kind: str
    body: dict[str, Any]


def alone(session: Session) -> None:
    """Until the commit no other node begins one."""
    if dialect_of(session) != "sqlite":
        postgres.wait_lock(session, postgres.Lock.BACKTEST)


def running(session: Session) -> StoredBacktest | None:
    """The one that is under way."""
    row = session.exec(
        select(tables.Backtest).where(col(tables.Backtest.status) == RUNNING).limit(1)
    ).first()
    return _value(row) if row else None


def add(session: Session, backtest: StoredBacktest) -> None:
    """Begin one, and forget those that are too many."""
    session.add(tables.Backtest(**{n: getattr(backtest, n) for n in StoredBacktest.__slots__}))
    session.flush()
    old = session.exec(
        select(tables.Backtest.id).order_by(col(tables.Backtest.asked_at).desc()).offset(_KEPT)
    ).all()
    if old:
        connection = session.connection()
        lines, backtests = table(tables.BacktestLine), table(tables.Backtest)
        connection.execute(delete(lines).where(lines.c.backtest.in_(old)))
        connection.execute(delete(backtests).where(backtests.c.id.in_(old)))


def get(session: Session, id: str) -> StoredBacktest | None:
    """One of them."""
    row = session.get(tables.Backtest, id)
    return _value(row) if row else None


def heard(session: Session, id: str, at: datetime, made: dict[str, Any] | None = None) -> None:
    """Note that its process lives, and how far it is."""
    row = session.get(tables.Backtest, id)
    if row is not None and row.status == RUNNING:
        row.heard_at, row.progress = at, made or row.progress
        session.add(row)


def finish(session: Session, id: str, summary: dict[str, Any], lines: Iterable[StoredLine]) -> None:
    """Keep what came of it."""
    row = session.get(tables.Backtest, id)
    if row is None:
        return
    row.status, row.summary = DONE, summary
    session.add(row)
    found = [
        {"account": line.account, "backtest": id, "n": n, "kind": line.kind, "body": line.body}
        for n, line in enumerate(lines)
    ]
    if found:
        session.connection().execute(insert(table(tables.BacktestLine)), found)


def fail(
    session: Session, id: str | None, why: str, *, silent_since: datetime | None = None
) -> None:
    """End one without a result; None: whichever is under way, and was not heard of lately."""
    b = tables.Backtest
    wanted = select(b).where(col(b.status) == RUNNING)
    if id is not None:
        wanted = wanted.where(col(b.id) == id)
    if silent_since is not None:
        wanted = wanted.where(or_(col(b.heard_at).is_(None), col(b.heard_at) < silent_since))
    for row in session.exec(wanted).all():
        row.status, row.detail = FAILED, why
        session.add(row)


def lines(session: Session, id: str) -> Sequence[StoredLine]:
    """What it says, in its order; of an account that was erased since, nothing is left."""
    rows = session.exec(
        select(tables.BacktestLine)
        .where(col(tables.BacktestLine.backtest) == id)
        .order_by(col(tables.BacktestLine.n))
    ).all()
    return [StoredLine(account=r.account, kind=r.kind, body=r.body) for r in rows]


def _value(row: tables.Backtest) -> StoredBacktest:
    return StoredBacktest(**{n: getattr(row, n) for n in StoredBacktest.__slots__})

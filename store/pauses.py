"""Pauses of asks and reflections for everybody: since when, why, and who lifted them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPause:
    """One pause; `lifted_at` None: it holds."""

    id: int
    since: datetime
    why: str
    evidence: Mapping[str, Any]
    lifted_at: datetime | None
    lifted_by: str | None
    because: str | None


def in_force(session: Session) -> StoredPause | None:
    """The pause that nobody has lifted."""
    pause = tables.Pause
    row = session.exec(
        select(pause).where(col(pause.lifted_at).is_(None)).order_by(col(pause.id)).limit(1)
    ).first()
    return _value(row) if row else None


def last_lifted(session: Session) -> datetime | None:
    """When somebody last let asks go on."""
    pause = tables.Pause
    return session.exec(
        select(pause.lifted_at)
        .where(col(pause.lifted_at).is_not(None))
        .order_by(col(pause.lifted_at).desc())
        .limit(1)
    ).first()


def begin(session: Session, *, since: datetime, why: str, evidence: Mapping[str, Any]) -> None:
    """Hold asks and reflections back from now on."""
    session.add(tables.Pause(since=since, why=why, evidence=dict(evidence)))


def lift(session: Session, id: int, *, at: datetime, by: str, because: str) -> None:
    """End a pause; it stays as what it was."""
    row = session.get_one(tables.Pause, id)
    row.lifted_at, row.lifted_by, row.because = at, by, because
    session.add(row)


def _value(row: tables.Pause) -> StoredPause:
    assert row.id is not None
    return StoredPause(
        id=row.id,
        since=row.since,
        why=row.why,
        evidence=row.evidence,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        because=row.because,
    )

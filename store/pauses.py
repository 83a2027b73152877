"""Pauses of asks and reflections for everybody: since when, why, and who lifted them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPause:
    """One pause; `lifted_at` None: it holds until somebody lifts it, or `until` an instant."""

    id: int
    since: datetime
    why: str
    evidence: Mapping[str, Any]
    until: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    because: str | None


def in_force(session: Session, now: datetime) -> StoredPause | None:
    """The pause that nobody has lifted and whose time is not over."""
    pause = tables.Pause
    holds = or_(col(pause.until).is_(None), col(pause.until) > now)
    row = session.exec(
        select(pause).where(col(pause.lifted_at).is_(None), holds).order_by(col(pause.id)).limit(1)
    ).first()
    return _value(row) if row else None


def over(session: Session, now: datetime) -> list[StoredPause]:
    """Pauses whose time is over and that nobody has lifted."""
    pause = tables.Pause
    rows = session.exec(
        select(pause).where(col(pause.lifted_at).is_(None), col(pause.until) <= now)
    ).all()
    return [_value(row) for row in rows]


def last_lifted(session: Session, why: str) -> datetime | None:
    """When a pause of this kind was last lifted."""
    pause = tables.Pause
    return session.exec(
        select(pause.lifted_at)
        .where(col(pause.lifted_at).is_not(None), col(pause.why) == why)
        .order_by(col(pause.lifted_at).desc())
        .limit(1)
    ).first()


def begin(
    session: Session,
    *,
    since: datetime,
    why: str,
    evidence: Mapping[str, Any],
    until: datetime | None = None,
) -> None:
    """Hold asks and reflections back from now on."""
    session.add(tables.Pause(since=since, until=until, why=why, evidence=dict(evidence)))


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
        until=row.until,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        because=row.because,
    )

"""API keys: what is kept of them is their hash."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key without itself."""

    id: str
    scope: str
    created_at: datetime
    revoked_at: datetime | None


def add(session: Session, *, id: str, hash: str, scope: str, at: datetime) -> None:
    """Keep a new key's hash."""
    session.add(tables.ApiKey(id=id, hash=hash, scope=scope, created_at=at))


def by_hash(session: Session, hash: str) -> StoredKey | None:
    """The key with this hash, revoked or not."""
    row = session.exec(select(tables.ApiKey).where(col(tables.ApiKey.hash) == hash)).first()
    return _value(row) if row else None


def every(session: Session) -> list[StoredKey]:
    """All keys, oldest first."""
    rows = session.exec(select(tables.ApiKey).order_by(col(tables.ApiKey.created_at)))
    return [_value(row) for row in rows]


def revoke(session: Session, id: str, at: datetime) -> StoredKey | None:
    """End a key; None where there is none."""
    row = session.get(tables.ApiKey, id)
    if row is None:
        return None
    row.revoked_at = row.revoked_at or at
    return _value(row)


def _value(row: tables.ApiKey) -> StoredKey:
    return StoredKey(
        id=row.id, scope=row.scope, created_at=row.created_at, revoked_at=row.revoked_at
    )

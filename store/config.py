"""Versions of the policy file."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.tables import ConfigVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConfig:
    """A policy file as it was applied."""

    version: int
    text: str
    applied_at: datetime
    applied_by: str


def newest(session: Session) -> StoredConfig | None:
    """The version in force."""
    row = session.exec(
        select(ConfigVersion).order_by(col(ConfigVersion.version).desc()).limit(1)
    ).first()
    return _value(row) if row else None


def newest_version(session: Session) -> int | None:
    """The number of the version in force."""
    return session.exec(select(func.max(ConfigVersion.version))).one()


def version(session: Session, number: int) -> StoredConfig | None:
    """One version."""
    row = session.get(ConfigVersion, number)
    return _value(row) if row else None


def add(session: Session, *, text: str, digest: str, at: datetime, by: str) -> int:
    """Put a checked policy file in force and say its version."""
    row = ConfigVersion(digest=digest, text=text, applied_at=at, applied_by=by)
    session.add(row)
    session.flush()
    assert row.version is not None
    return row.version


def _value(row: ConfigVersion) -> StoredConfig:
    assert row.version is not None
    return StoredConfig(
        version=row.version,
        text=row.text,
        applied_at=row.applied_at,
        applied_by=row.applied_by,
    )

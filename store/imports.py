"""Imports of files: how far each came, so that one that was stopped goes on where it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from store.tables import ImportRun


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImport:
    """An import as far as it came: up to and with `line`; `ended_at` None: not to the end."""

    digest: str
    file: str
    began_at: datetime
    line: int = 0
    accepted: int = 0
    duplicates: int = 0
    skipped: int = 0
    ended_at: datetime | None = None


def get(session: Session, digest: str) -> StoredImport | None:
    """The import of the file with these contents."""
    row = session.get(ImportRun, digest)
    if row is None:
        return None
    return StoredImport(**{name: getattr(row, name) for name in StoredImport.__slots__})


def put(session: Session, run: StoredImport) -> None:
    """Keep how far it came."""
    values = {name: getattr(run, name) for name in StoredImport.__slots__}
    session.merge(ImportRun(**values))
    session.flush()

"""Every change by an admin: added, read, never altered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who changed what, from what, to what."""

    at: datetime
    actor: str
    action: str
    account: str | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def add(session: Session, entry: Entry) -> None:
    """Write an entry in the same commit as the change."""
    session.add(
        tables.Audit(
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            account=entry.account,
            before=entry.before,
            after=entry.after,
        )
    )


def newest(session: Session, *, account: str | None = None, limit: int = 100) -> list[Entry]:
    """The last entries, newest first; of one account or of all."""
    query = select(tables.Audit).order_by(col(tables.Audit.id).desc()).limit(limit)
    if account is not None:
        query = query.where(col(tables.Audit.account) == account)
    return [
        Entry(
            at=row.at,
            actor=row.actor,
            action=row.action,
            account=row.account,
            before=row.before,
            after=row.after,
        )
        for row in session.exec(query)
    ]

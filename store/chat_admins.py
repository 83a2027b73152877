"""Who of the vendor's own workspace may change things by chat."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from store.tables import ChatAdmin


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAdmin:
    """One of them, and who let them in."""

    user: str
    added_at: datetime
    added_by: str


def every(session: Session) -> tuple[StoredAdmin, ...]:
    """All of them, the first one first."""
    rows = session.exec(
        select(ChatAdmin).order_by(col(ChatAdmin.added_at), col(ChatAdmin.user))
    ).all()
    return tuple(StoredAdmin(user=r.user, added_at=r.added_at, added_by=r.added_by) for r in rows)


def known(session: Session, user: str) -> bool:
    """Whether this user is one of them."""
    return session.get(ChatAdmin, user) is not None


def add(session: Session, admin: StoredAdmin) -> None:
    """Let somebody in who is not in yet."""
    session.add(ChatAdmin(user=admin.user, added_at=admin.added_at, added_by=admin.added_by))


def remove(session: Session, user: str) -> bool:
    """Take the role back; False where they never had it."""
    row = session.get(ChatAdmin, user)
    if row is not None:
        session.delete(row)
    return row is not None

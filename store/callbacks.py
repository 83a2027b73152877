"""Callbacks of platforms already handled, so that what is delivered twice acts once."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from store.tables import Callback


def claim(session: Session, *, source: str, id: str, at: datetime) -> bool:
    """Whether this callback is ours to handle: the first claim wins, also among nodes."""
    if session.get(Callback, (source, id)) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Callback(source=source, id=id, at=at))
    except IntegrityError:
        return False
    return True


def forget_before(session: Session, at: datetime) -> int:
    """Drop claims older than any retry could be, and say how many."""
    return session.execute(delete(Callback).where(col(Callback.at) < at)).rowcount  # type: ignore[attr-defined,no-any-return]


def forget(session: Session, *, source: str, id: str) -> None:
    """Let it be handled again: who claimed it died before it was done."""
    session.execute(delete(Callback).where(col(Callback.source) == source, col(Callback.id) == id))

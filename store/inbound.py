"""What a platform sent us: a row before it is acknowledged, claimed until somebody has done it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, and_, col, func, select, tuple_

from store.rows import add_once
from store.tables import Inbound

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One thing that was sent; `body` is encrypted, `attempts` says how often it was begun."""

    source: str
    id: str
    body: str
    attempts: int


def take(session: Session, *, source: str, id: str, body: str, now: datetime) -> bool:
    """Keep it, claimed by the caller; False where it was sent before."""
    row = {
        "source": source,
        "id": id,
        "body": body,
        "at": now,
        "claimed_until": now + LEASE,
        "attempts": 1,
        "done_at": None,
        "detail": "",
    }
    return add_once(session, Inbound, row)


def claim(session: Session, now: datetime, *, chat: str, limit: int = 20) -> tuple[Taken, ...]:
    """What whoever took it from a chat has not done in time: it is the caller's for a minute."""
    rows = session.exec(
        select(Inbound)
        .where(_left(now, chat))
        .order_by(col(Inbound.claimed_until))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.claimed_until, row.attempts = now + LEASE, row.attempts + 1
        session.add(row)
    return tuple(
        Taken(source=row.source, id=row.id, body=row.body, attempts=row.attempts) for row in rows
    )


def any_left(session: Session, now: datetime, *, chat: str) -> bool:
    """Whether anything of a chat is there to be claimed."""
    left = select(Inbound.id).where(_left(now, chat))
    return session.exec(left.limit(1)).first() is not None


def renew(session: Session, names: Iterable[tuple[str, str]], now: datetime) -> None:
    """These are still being done."""
    session.execute(
        update(Inbound)
        .where(_named(names), col(Inbound.done_at).is_(None))
        .values(claimed_until=now + LEASE)
    )


def done(session: Session, name: tuple[str, str], now: datetime, *, detail: str = "") -> None:
    """It is done: what was sent is forgotten, that it was sent is not."""
    session.execute(
        update(Inbound).where(_named([name])).values(done_at=now, body="", detail=detail[:200])
    )


def later(session: Session, name: tuple[str, str], until: datetime, *, detail: str) -> None:
    """It could not be done now; whoever lives then tries again."""
    session.execute(
        update(Inbound).where(_named([name])).values(claimed_until=until, detail=detail[:200])
    )


def free(session: Session) -> None:
    """Take every claim back: whoever held one has died, since nobody else uses this database."""
    session.execute(
        update(Inbound).where(col(Inbound.done_at).is_(None)).values(claimed_until=col(Inbound.at))
    )


def waiting(session: Session, before: datetime, *, chat: str) -> int:
    """How much a chat sent before then that is not done yet."""
    return session.exec(
        select(func.count())
        .select_from(Inbound)
        .where(_of(chat), col(Inbound.done_at).is_(None), col(Inbound.at) < before)
    ).one()


def forget_before(session: Session, at: datetime) -> None:
    """Drop what is older than any retry could be."""
    session.execute(delete(Inbound).where(col(Inbound.at) < at))


def _of(chat: str) -> ColumnElement[bool]:
    return col(Inbound.source).startswith(f"{chat} ")


def _left(now: datetime, chat: str) -> ColumnElement[bool]:
    return and_(_of(chat), col(Inbound.done_at).is_(None), col(Inbound.claimed_until) <= now)


def _named(names: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    return tuple_(col(Inbound.source), col(Inbound.id)).in_(list(names))

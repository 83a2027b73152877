"""Which account another system's names mean: external ids, and Segment's users by their groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlmodel import Session, col

from store.rows import as_list, dialect_of, insert_into, listed, nth, table, write
from store.tables import Account, ExternalId, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A user belongs to an account from an instant on."""

    user: str
    at: datetime
    account: str


def owners(session: Session, source: str, names: Iterable[str]) -> dict[str, str]:
    """The accounts that say another system calls them so, by that name."""
    asked = as_list([[name] for name in names])
    rows = session.connection().execute(_owners(dialect_of(session)), {"source": source, **asked})
    return dict(rows.all())


def any_of(session: Session, source: str) -> bool:
    """Whether any account says what another system calls it."""
    e = table(ExternalId).c
    return session.execute(select(e.id).where(e.source == source).limit(1)).first() is not None


def existing(session: Session, names: Iterable[str]) -> set[str]:
    """Which of these are the ids of accounts."""
    asked = as_list([[name] for name in names])
    return set(session.connection().execute(_existing(dialect_of(session)), asked).scalars())


def state(session: Session, account: str, external_ids: Mapping[str, str]) -> None:
    """Say anew what other systems call an account; who says it last is who is meant."""
    session.execute(delete(ExternalId).where(col(ExternalId.account) == account))
    rows = [{"source": s, "id": name, "account": account} for s, name in external_ids.items()]
    write(session, _state(dialect_of(session)), rows)


def moves(session: Session, users: Iterable[str]) -> dict[str, list[Move]]:
    """Where users belonged from when on, oldest first."""
    asked = as_list([[user] for user in users])
    found: dict[str, list[Move]] = {}
    for user, at, account in session.connection().execute(_moves(dialect_of(session)), asked):
        found.setdefault(user, []).append(Move(user=user, at=at, account=account))
    return found


def add(session: Session, found: Sequence[Move]) -> None:
    """Keep where users belong; the last word about one instant holds."""
    write(session, _add(dialect_of(session)), [asdict(move) for move in found])


@lru_cache
def _owners(dialect: str) -> Any:
    e, asked = table(ExternalId).c, listed(dialect)
    return select(e.id, e.account).where(
        e.source == bindparam("source"), e.id.in_(select(nth(asked, 0)))
    )


@lru_cache
def _existing(dialect: str) -> Any:
    a, asked = table(Account).c, listed(dialect)
    return select(a.id).where(a.id.in_(select(nth(asked, 0))))


@lru_cache
def _state(dialect: str) -> Any:
    statement = insert_into(dialect, ExternalId)
    return statement.on_conflict_do_update(
        index_elements=["source", "id"], set_={"account": statement.excluded.account}
    )


@lru_cache
def _moves(dialect: str) -> Any:
    i, asked = table(Identity).c, listed(dialect)
    return (
        select(i.user, i.at, i.account)
        .where(i.user.in_(select(nth(asked, 0))))
        .order_by(i.user, i.at)
    )


@lru_cache
def _add(dialect: str) -> Any:
    statement = insert_into(dialect, Identity)
    return statement.on_conflict_do_update(
        index_elements=["user", "at"], set_={"account": statement.excluded.account}
    )

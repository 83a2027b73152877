"""Channels that are not to be tried for a person: they said so, or their address was refused."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session

from store.rows import among, as_list, dialect_of, put, table
from store.tables import Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRefusal:
    """Why and since when. `address`: the one that was refused; None: whatever it is."""

    account: str
    person: str
    channel: str
    reason: str
    at: datetime
    address: str | None = None


def get(session: Session, account: str, person: str, channel: str) -> StoredRefusal | None:
    """Why this channel is not to be tried for this person, if anything says so."""
    row = session.get(Unreachable, (account, person, channel))
    if row is None:
        return None
    return StoredRefusal(**{n: getattr(row, n) for n in StoredRefusal.__slots__})


def of_accounts(
    session: Session, accounts: Collection[str], channel: str
) -> dict[tuple[str, str], StoredRefusal]:
    """The same of everybody at these accounts, by account and person."""
    wanted = as_list([[account] for account in accounts]) | {"channel": channel}
    rows = session.execute(_of_accounts(dialect_of(session)), wanted)
    found = (StoredRefusal(**row._mapping) for row in rows)
    return {(one.account, one.person): one for one in found}


@lru_cache
def _of_accounts(dialect: str) -> Any:
    u = table(Unreachable).c
    return select(*u).where(among(dialect, u.account), u.channel == bindparam("channel"))


def note(session: Session, refusal: StoredRefusal) -> None:
    """Remember it; what was said of the channel before is over."""
    put(session, Unreachable, asdict(refusal))


def forget(session: Session, account: str, person: str, channel: str) -> None:
    """It may be tried again."""
    row = session.get(Unreachable, (account, person, channel))
    if row is not None:
        session.delete(row)
        session.flush()

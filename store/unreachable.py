"""Channels that are not to be tried for a person: they said so, or their address was refused."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from store.rows import put
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


def note(session: Session, refusal: StoredRefusal) -> None:
    """Remember it; what was said of the channel before is over."""
    put(session, Unreachable, asdict(refusal))


def forget(session: Session, account: str, person: str, channel: str) -> None:
    """It may be tried again."""
    row = session.get(Unreachable, (account, person, channel))
    if row is not None:
        session.delete(row)
        session.flush()

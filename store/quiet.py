"""When people want no push: hours of their own, or none for a while."""

from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel import Session

from store import tables
from store.rows import put


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuiet:
    """What a person asked for: no push between `hours` of their own day, none before `until`."""

    hours: tuple[time, time] | None = None
    until: datetime | None = None


def get(session: Session, account: str, person: str) -> StoredQuiet:
    """What they asked for; nothing where they never did."""
    row = session.get(tables.Quiet, (account, person))
    if row is None:
        return StoredQuiet()
    known = row.start is not None and row.end is not None
    hours = (_time(row.start or 0), _time(row.end or 0)) if known else None
    return StoredQuiet(hours=hours, until=row.until)


def set_to(session: Session, account: str, person: str, wanted: StoredQuiet) -> None:
    """Keep what they ask for from now on."""
    start, end = wanted.hours or (None, None)
    row = {
        "account": account,
        "person": person,
        "start": None if start is None else _minutes(start),
        "end": None if end is None else _minutes(end),
        "until": wanted.until,
    }
    put(session, tables.Quiet, row)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))

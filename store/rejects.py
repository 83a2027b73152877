"""What was not taken, by day and reason: bounded, so that no flood of nonsense fills the disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, delete, func
from sqlmodel import Session, col, select

from store.rows import dialect_of, insert_into, table
from store.tables import Reject

MOST = 1000
"""Keys of one day; what comes on top is counted under "*"."""
REST = "*"


class Key(NamedTuple):
    """What is counted together: `name` is the meter or the event as the client called it."""

    source: str
    code: str
    account: str
    name: str

    @property
    def rest(self) -> "Key":
        """Where it is counted once the day has too many keys."""
        return self._replace(account=REST, name=REST)


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often, from when to when, and what the last one said."""

    count: int
    first_at: datetime
    last_at: datetime
    detail: str
    sample: dict[str, Any] = field(default_factory=dict)

    def take(self, other: "Tally") -> None:
        """Let a later one join."""
        self.count += other.count
        self.last_at, self.detail, self.sample = other.last_at, other.detail, other.sample


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReject:
    """A reason of one day, with its last sample."""

    day: date
    source: str
    code: str
    account: str
    name: str
    count: int
    first_at: datetime
    last_at: datetime
    detail: str
    sample: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reasons to read; None: any. Both days are included."""

    since: date | None = None
    until: date | None = None
    source: str | None = None
    code: str | None = None
    account: str | None = None
    name: str | None = None


def add(session: Session, day: date, tallies: Mapping[Key, Tally], *, most: int = MOST) -> None:
    """Add to what was counted that day."""
    known = {
        Key(*row)
        for row in session.exec(
            select(Reject.source, Reject.code, Reject.account, Reject.name).where(
                col(Reject.day) == day
            )
        )
    }
    bounded: dict[Key, Tally] = {}
    for key, tally in tallies.items():
        if key not in known and len(known) >= most:
            key = key.rest
        known.add(key)
        if key in bounded:
            bounded[key].take(tally)
        else:
            bounded[key] = tally
    rows = [
        {"day": day, **key._asdict(), **{n: getattr(t, n) for n in t.__slots__}}
        for key, t in bounded.items()
    ]
    if rows:
        session.connection().execute(_add(dialect_of(session)), rows)


def page(session: Session, wanted: Wanted, *, limit: int) -> list[StoredReject]:
    """The reasons, newest first."""
    rows = session.exec(
        select(Reject)
        .where(*_asked(wanted))
        .order_by(col(Reject.last_at).desc(), col(Reject.source), col(Reject.code))
        .limit(limit)
    )
    return [
        StoredReject(**{n: getattr(row, n) for n in StoredReject.__slots__}) for row in rows.all()
    ]


def counts(session: Session, wanted: Wanted) -> list[tuple[str, str, int]]:
    """How many there were of each source and code, the most frequent first."""
    total = func.sum(Reject.count)
    rows = session.exec(
        select(Reject.source, Reject.code, total)
        .where(*_asked(wanted))
        .group_by(col(Reject.source), col(Reject.code))
        .order_by(total.desc(), col(Reject.source), col(Reject.code))
    )
    return [(source, code, int(count)) for source, code, count in rows]


def forget_before(session: Session, day: date) -> None:
    """Drop what nobody asks for any more."""
    session.execute(delete(Reject).where(col(Reject.day) < day))


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    names = ("source", "code", "account", "name")
    given = [(name, getattr(wanted, name)) for name in names]
    asked = [col(getattr(Reject, name)) == value for name, value in given if value is not None]
    if wanted.since is not None:
        asked.append(col(Reject.day) >= wanted.since)
    if wanted.until is not None:
        asked.append(col(Reject.day) <= wanted.until)
    return asked


@lru_cache
def _add(dialect: str) -> Any:
    statement = insert_into(dialect, Reject)
    old, new = table(Reject).c, statement.excluded
    later = new.last_at >= old.last_at
    last = {n: case((later, new[n]), else_=old[n]) for n in ("last_at", "detail", "sample")}
    return statement.on_conflict_do_update(
        index_elements=["day", "source", "code", "account", "name"],
        set_={"count": old.count + new.count, **last},
    )

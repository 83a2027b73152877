"""Which usage events were counted before: their fingerprints, in parts that are filled in turn.

A part is a table of its own. Only the newest takes new keys, so what an insertion costs does not
grow with what is stored, and forgetting is dropping a table. Whether an older part holds a key is
asked of a sieve first (`store.sieve`), and of the table only where the sieve says "may be". Small
parts are packed into large ones in the background (`store.packing`), which keep their filter on
disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, case, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from store.fingerprint import CONTENT, WIDTH
from store.rows import dialect_of, insert_into, table
from store.sieve import Sieve
from store.tables import SeenCount, SeenPart

CAPACITY = {"sqlite": 1 << 15, "postgresql": 1 << 19}
"""Keys in a part: few enough that its pages are written once, enough that there are few parts."""
PACKED_BITS = 1 << 24
"""Of a packed part's filter: 16 a key where it is as full as `store.packing` makes it."""
_AT_ONCE = 1 << 17
"""Keys of older parts that one call takes into the sieve, so that nobody waits long for it."""
_BLOCK = {
    # Aggregated by the database: a row at a time, each would wait for Python's interpreter lock.
    "sqlite": "SELECT group_concat(hex(key), '') FROM {part} WHERE {where}",
    "postgresql": "SELECT string_agg(key, ''::bytea) FROM {part} WHERE {where}",
}
_COUNTED = {
    "sqlite": "WITH RECURSIVE q(n) AS (SELECT 0 WHERE :of > 0 UNION ALL "
    "SELECT n + 1 FROM q WHERE n + 1 < :of) ",
    "postgresql": "WITH q(n) AS (SELECT generate_series(0, :of - 1)) ",
}
_KEY, _CONTENT = (
    f"substr(:{name}, q.n * {width} + 1, {width})"
    for name, width in (("keys", WIDTH), ("contents", CONTENT))
)
_LOCK = 5_306_701
"""The advisory lock under which keys are kept (shared) and parts are begun (alone)."""
_MADE = {
    "sqlite": "CREATE TABLE {part} (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID",
    "postgresql": "CREATE TABLE {part} (key BYTEA PRIMARY KEY, content BYTEA NOT NULL)",
}


class Raced(Exception):
    """Another process was quicker: look again, in a new unit of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """`keys` are in it, of the `kept` that ever were: who is erased takes theirs out."""

    n: int
    keys: int
    kept: int
    open: bool
    packed: bool


class Seen:
    """The fingerprints of one database, as the one writer of a process sees them.

    Within a unit of work: `known`, then `add`; after it, `kept`, or `lost` where it was undone.
    """

    def __init__(self, dialect: str, *, capacity: int | None = None) -> None:
        self._dialect = dialect
        self._capacity = capacity or CAPACITY[dialect]
        self._sieve = Sieve(1 << (self._capacity * 32 - 1).bit_length())
        self._packed_sieve = Sieve(PACKED_BITS)
        self._packed: set[int] = set()
        self._writer = token_hex(8)
        self._inside: dict[int, int] = {}
        self._pending: tuple[int, int] = (0, 0)
        self.full = True

    def roll(self, session: Session, now: datetime) -> None:
        """Begin a new part where the newest is full or there is none; a unit of its own."""
        alone(session)
        parts = self._parts(session)
        last = parts[-1] if parts else None
        if last is None or not last.open or last.keys >= self._capacity:
            if last is not None and last.open:
                session.get_one(SeenPart, last.n).sealed_at = now
            n = last.n + 1 if last else 1
            make(session, f"seen_{n}")
            session.add(SeenPart(n=n, opened_at=now))
            session.flush()
        self.full = False

    def known(self, session: Session, keys: Sequence[bytes]) -> dict[int, bytes]:
        """The content of each of these keys that was kept before, by its place."""
        connection, block = session.connection(), b"".join(keys)
        together(session)
        parts = self._parts(session)
        self._load(connection, parts)
        self._take_in(connection, parts)
        suspects = self._sieve.suspects(block) | self._packed_sieve.suspects(block)
        found: dict[int, bytes] = {}
        for part in reversed(parts):
            if not self._complete(part):
                found |= self._ask(connection, part.n, keys)
            elif part.n in suspects:
                places = suspects[part.n].tolist()
                answers = self._ask(connection, part.n, [keys[place] for place in places])
                found |= {places[n]: content for n, content in answers.items()}
        return found

    def add(
        self, session: Session, keys: Sequence[bytes], contents: Sequence[bytes], now: datetime
    ) -> None:
        """Keep keys that `known` did not know.

        Raises:
            Raced: one of them is there by now, or the part was closed.
        """
        if not keys:
            return
        part = next(reversed(self._parts(session)), None)
        if part is None or not part.open:
            raise Raced
        block, connection = b"".join(keys), session.connection()
        keep = (
            f"INSERT INTO seen_{part.n} (key, content) "  # noqa: S608  (a number of ours)
            f"{_COUNTED[self._dialect]} SELECT {_KEY}, {_CONTENT} FROM q"
        )
        given = {"keys": block, "contents": b"".join(contents), "of": len(keys)}
        try:
            # Without ON CONFLICT, since PostgreSQL would look each key up before it inserts it.
            connection.execute(text(keep), given)
        except IntegrityError:
            raise Raced from None
        connection.execute(
            _count(self._dialect),
            {"part": part.n, "writer": self._writer, "keys": len(keys), "newest_at": now},
        )
        self._sieve.add(part.n, block)
        self._pending = (part.n, len(keys))
        self.full = part.keys + len(keys) >= self._capacity

    def kept(self) -> None:
        """What was added is durable."""
        n, keys = self._pending
        if keys:
            self._inside[n] = self._inside.get(n, 0) + keys
        self._pending = (0, 0)

    def lost(self) -> None:
        """What was added was undone; that the sieve knows it does no harm."""
        self._pending, self.full = (0, 0), True

    def _parts(self, session: Session) -> list[_Part]:
        """All parts, oldest first; those that are gone leave the sieve."""
        rows = session.connection().execute(_LISTED)
        parts = [
            _Part(n=n, keys=int(keys or 0), kept=int(kept or 0), open=sealed is None, packed=packed)
            for n, sealed, packed, keys, kept in rows
        ]
        for gone in self._inside.keys() - {part.n for part in parts if not part.packed}:
            self._sieve.forget(gone)
            del self._inside[gone]
        for gone in self._packed - {part.n for part in parts if part.packed}:
            self._packed_sieve.forget(gone)
            self._packed.remove(gone)
        return parts

    def _complete(self, part: _Part) -> bool:
        """Whether the sieve knows every key of the part, so that its "no" is one."""
        return part.n in self._packed or self._inside.get(part.n, 0) == part.kept

    def _load(self, connection: Connection, parts: Sequence[_Part]) -> None:
        """Let the sieve know the packed parts it does not know, by their filters."""
        for part in parts:
            if part.packed and part.n not in self._packed:
                stored = select(table(SeenPart).c.filter).where(table(SeenPart).c.n == part.n)
                self._packed_sieve.load(part.n, connection.execute(stored).scalar_one())
                self._packed.add(part.n)

    def _take_in(self, connection: Connection, parts: Sequence[_Part]) -> None:
        """Let the sieve know what other processes, or earlier ones, kept; newest first."""
        left = _AT_ONCE
        for part in reversed(parts):
            alone = part.n not in self._inside or not part.open
            if self._complete(part) or not alone:
                continue
            if left <= 0:
                return
            keys = block(connection, f"seen_{part.n}")
            self._sieve.add(part.n, keys)
            self._inside[part.n] = part.kept  # What came since it was listed is asked for again.
            left -= len(keys) // WIDTH

    def _ask(self, connection: Connection, part: int, keys: Sequence[bytes]) -> dict[int, bytes]:
        rows = connection.execute(
            text(
                f"{_COUNTED[self._dialect]} SELECT q.n, s.content FROM q "  # noqa: S608
                f"JOIN seen_{part} s ON s.key = {_KEY}"
            ),
            {"keys": b"".join(keys), "of": len(keys)},
        )
        return {n: bytes(content) for n, content in rows}


def alone(session: Session) -> None:
    """Until the commit nobody else reads or keeps keys: parts come and go."""
    if dialect_of(session) == "postgresql":  # SQLite has one writer as it is.
        session.connection().execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def together(session: Session) -> None:
    """Until the commit parts stay what they are; keys may come and go."""
    if dialect_of(session) == "postgresql":
        session.connection().execute(text(f"SELECT pg_advisory_xact_lock_shared({_LOCK})"))


def make(session: Session, part: str) -> None:
    """A new table for keys."""
    session.connection().execute(text(_MADE[dialect_of(session)].format(part=part)))


def block(connection: Connection, part: str, where: str = "true", **given: bytes) -> bytes:
    """The keys of a part's table, one after the other."""
    statement = _BLOCK[connection.dialect.name].format(part=part, where=where)
    found = connection.execute(text(statement), given).scalar()
    return bytes.fromhex(found) if isinstance(found, str) else bytes(found or b"")


@lru_cache
def _count(dialect: str) -> Any:
    statement = insert_into(dialect, SeenCount)
    new, old = statement.excluded, table(SeenCount).c
    return statement.on_conflict_do_update(
        index_elements=["part", "writer"],
        set_={"keys": old["keys"] + new["keys"], "newest_at": new.newest_at},
    )


def _listed() -> Any:
    p, c = table(SeenPart).c, table(SeenCount).c
    kept = table(SeenPart).outerjoin(table(SeenCount), c.part == p.n)
    return (
        select(
            p.n,
            p.sealed_at,
            p.filter.is_not(None),
            func.sum(c["keys"]),
            # Never less than before, lest as many that came hide as many that went.
            func.sum(case((c["keys"] > 0, c["keys"]), else_=0)),
        )
        .select_from(kept)
        .group_by(p.n)
        .order_by(p.n)
    )


_LISTED = _listed()

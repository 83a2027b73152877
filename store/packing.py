"""Small full parts of fingerprints become large ones, a stretch of keys at a time.

What is known then costs two bytes of memory an event and few tables, however much it is, and a
process that starts loads the filters instead of all keys. Until the last step nothing that anybody
reads has changed, so a packing that is broken off is begun anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlmodel import Session

from store import seen
from store.rows import dialect_of, table
from store.tables import SeenCount, SeenPart

PACKED = {"sqlite": 1 << 20, "postgresql": 1 << 19}
"""Keys from which on parts are enough for a packed one; on PostgreSQL each full part is."""
_PARTS = 100
"""The most parts that become one, however few keys they have."""
_STRETCH = 1 << 15
"""Keys copied in one unit of work, so that others wait no longer than for a commit."""
_MADE = "seen_packing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Parts that are to become one, as they were found: their keys, and where to cut them."""

    parts: Sequence[int]
    keys: Sequence[int]
    cuts: Sequence[bytes]


def group(session: Session, packed: int | None = None) -> Group | None:
    """The oldest full parts that are not packed, if they are enough; `packed`: for so many keys."""
    enough = packed or PACKED[dialect_of(session)]
    parts: list[int] = []
    keys: list[int] = []
    for n, held in session.connection().execute(_sealed()):
        parts.append(n)
        keys.append(int(held or 0))
        if sum(keys) >= enough or len(parts) == _PARTS:
            most = max(range(len(parts)), key=keys.__getitem__)
            cuts = _cuts(session, parts[most], keys[most], sum(keys))
            return Group(parts=parts, keys=keys, cuts=cuts)
    return None


def waiting(session: Session) -> int:
    """How many full parts are not packed."""
    return len(session.connection().execute(_sealed()).all())


def begin(session: Session) -> None:
    """A new table for a packed part; one that was not finished goes."""
    session.connection().execute(text(f"DROP TABLE IF EXISTS {_MADE}"))
    seen.make(session, _MADE)


def copied(session: Session, of: Group, stretch: int) -> bytes:
    """Copy the keys between a cut and the next into the new table; the keys, for the filter."""
    where, given = _between(of, stretch)
    every = " UNION ALL ".join(
        f"SELECT key, content FROM seen_{n:d} WHERE {where}"  # noqa: S608  (a number of ours)
        for n in of.parts
    )
    # SQLite would take ON for a join's without the second WHERE.
    keep = f"INSERT INTO {_MADE} SELECT * FROM ({every}) AS a WHERE true ON CONFLICT DO NOTHING"  # noqa: S608
    session.connection().execute(text(keep), given)
    return seen.block(session.connection(), _MADE, where, **given)


def read(session: Session, of: Group, stretch: int) -> bytes:
    """The keys between a cut and the next, of a group of one part: it stays where it is."""
    where, given = _between(of, stretch)
    return seen.block(session.connection(), f"seen_{of.parts[0]:d}", where, **given)


def end(session: Session, of: Group, filter: bytes) -> bool:
    """Put the packed part in the place of the others; False: they are not as they were."""
    seen.alone(session)
    connection, p, c = session.connection(), table(SeenPart), table(SeenCount)
    found = {n: int(held or 0) for n, held in connection.execute(_sealed())}
    if [found.get(n) for n in of.parts] != list(of.keys):
        connection.execute(text(f"DROP TABLE IF EXISTS {_MADE}"))
        return False
    first, *others = of.parts
    if others:
        newest = connection.execute(
            select(func.max(c.c.newest_at)).where(c.c.part.in_(of.parts))
        ).scalar_one()
        for n in of.parts:
            connection.execute(text(f"DROP TABLE seen_{n:d}"))
        connection.execute(text(f"ALTER TABLE {_MADE} RENAME TO seen_{first:d}"))
        connection.execute(delete(c).where(c.c.part.in_(of.parts)))
        connection.execute(delete(p).where(p.c.n.in_(others)))
        session.add(
            SeenCount(
                part=first, writer=f"packed-{token_hex(8)}", keys=sum(of.keys), newest_at=newest
            )
        )
    connection.execute(update(p).where(p.c.n == first).values(filter=filter))
    return True


def _between(of: Group, stretch: int) -> tuple[str, dict[str, bytes]]:
    low, high = of.cuts[stretch : stretch + 2]
    if not high:
        return "key >= :low", {"low": low}
    return "key >= :low AND key < :high", {"low": low, "high": high}


def _cuts(session: Session, part: int, keys: int, all_keys: int) -> list[bytes]:
    """Where to cut, by the keys of one part: those of the others are spread alike."""
    step = max(1, keys * _STRETCH // max(1, all_keys))
    numbered = f"SELECT key, row_number() OVER (ORDER BY key) AS n FROM seen_{part:d}"  # noqa: S608
    found = session.connection().execute(
        text(f"SELECT key FROM ({numbered}) AS a WHERE n % :step = 0 ORDER BY key"),  # noqa: S608
        {"step": step},
    )
    return [b"", *(bytes(key) for key in found.scalars()), b""]


def _sealed() -> Any:
    """Full parts that are not packed, oldest first, each with how many keys it has."""
    p, c = table(SeenPart).c, table(SeenCount).c
    return (
        select(p.n, func.sum(c["keys"]))
        .select_from(table(SeenPart).outerjoin(table(SeenCount), c.part == p.n))
        .where(p.sealed_at.is_not(None), p.filter.is_(None))
        .group_by(p.n)
        .order_by(p.n)
    )

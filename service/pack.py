"""Packs fingerprints: while the writer goes on, small full parts become large ones."""

import logging
from collections.abc import Callable

from store import packing
from store.database import Database
from store.packing import Group
from store.seen import PACKED_BITS
from store.sieve import filtered

log = logging.getLogger(__name__)
MANY = 128
"""Parts from which on they are packed even while more usage comes in than is kept."""


def run(
    database: Database, *, packed: int | None = None, pressed: Callable[[], bool] = lambda: False
) -> int:
    """Pack what is there to pack; says how many parts were.

    `packed`: keys that are enough; `pressed`: whether what can wait had better wait.
    """
    done = 0
    while True:
        with database.read() as session:
            waits = pressed() and packing.waiting(session) < MANY
            group = None if waits else packing.group(session, packed)
        if group is None or not _pack(database, group):
            break
        done += len(group.parts)
    if done:
        log.info("%d parts of fingerprints packed", done)
    return done


def _pack(database: Database, group: Group) -> bool:
    """Whether it was done; not where an account was erased meanwhile: then another time."""
    stretches = range(len(group.cuts) - 1)
    if len(group.parts) == 1:
        with database.read() as session:
            filter = filtered((packing.read(session, group, n) for n in stretches), PACKED_BITS)
    else:
        with database.write() as session:
            packing.begin(session)
        filter = filtered((_copied(database, group, n) for n in stretches), PACKED_BITS)
    with database.write() as session:
        return packing.end(session, group, filter)


def _copied(database: Database, group: Group, stretch: int) -> bytes:
    with database.write() as session:
        return packing.copied(session, group, stretch)

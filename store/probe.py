"""A write that nobody reads: whether the database takes one now."""

from datetime import datetime
from secrets import token_hex

from store import tables
from store.database import Database
from store.rows import put

NAME = "probe"
_LARGE = 32_768


def probe(database: Database, now: datetime, *, large: bool) -> None:
    """Commit something small, or as much as usage is; then take it back.

    Raises:
        Unavailable: the database does not take it.
    """
    for holder in (token_hex(_LARGE), "") if large else ("",):
        with database.write() as session:
            row = {"name": NAME, "term": 0, "holder": holder, "since": now}
            put(session, tables.Leader, row)

"""One process of all leads: it holds a lock, and a term by which a former leader is told apart."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlmodel import Session

from engine.errors import Fenced, Unavailable
from store import postgres, tables
from store.database import Database
from store.rows import dialect_of, insert_into, table

if TYPE_CHECKING:
    from psycopg import Connection

JOBS = "jobs"
"""What there is one leader for: what runs by the clock."""


class Leadership:
    """This process's part in it; on SQLite it has no rival, since it holds the file.

    The lock belongs to a connection past any pooler: it is free once its holder has died. Who lost
    it without noticing is stopped by `fence`, for the next leader has a higher term.
    """

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._connection: Connection[Any] | None = None
        self.term: int | None = None

    def keep(self, now: datetime) -> int | None:
        """Lead, or go on leading: the term; None while another does, or nobody can."""
        try:
            if self.term is None and self._locked():
                self.term = self._begin(now)
            elif self._connection is not None:
                postgres.ping(self._connection)
        except Unavailable:
            self.resign()
        return self.term

    def resign(self) -> None:
        """Let another lead."""
        self.term = None
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Unavailable):  # What is gone holds nothing.
                postgres.unlock(connection, postgres.Lock.LEAD)
            connection.close()

    def fenced(self) -> Database:
        """The database for the jobs of this term: whoever leads no more changes nothing there."""
        term = self.term
        return self._database.guarded(lambda session: _fence(session, term))

    def _locked(self) -> bool:
        if not self._database.is_postgres:
            return True
        if self._connection is None:
            self._connection = postgres.connect(
                self._database.direct_url, autocommit=True, times=postgres.PATIENT
            )
        return postgres.try_lock(self._connection, postgres.Lock.LEAD)

    def _begin(self, now: datetime) -> int:
        """A new term; it waits for what the last leader is just committing."""
        t = table(tables.Leader)
        with self._database.write() as session:
            statement = (
                insert_into(dialect_of(session), tables.Leader)
                .values(name=JOBS, term=1, holder=self._holder, since=now)
                .on_conflict_do_update(
                    index_elements=["name"],
                    set_={"term": t.c.term + 1, "holder": self._holder, "since": now},
                )
                .returning(t.c.term)
            )
            return int(session.connection().execute(statement).scalar_one())


def _fence(session: Session, term: int | None) -> None:
    """Hold the term until the commit.

    Raises:
        Fenced: another one has begun since.
    """
    t = table(tables.Leader).c
    mine = select(t.term).where(t.name == JOBS, t.term == term).with_for_update(read=True)
    if session.connection().execute(mine).first() is None:
        raise Fenced("another process leads now")

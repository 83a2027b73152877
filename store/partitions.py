"""Who counts which share of the waiting usage: locks that a process holds while it lives.

Owning is for speed, so that accounts don't meet in two processes; that an event counts once does
not depend on it.
"""

from typing import TYPE_CHECKING, Any

from engine.errors import Unavailable
from store import postgres
from store.database import Database

if TYPE_CHECKING:
    from psycopg import Connection

_WORKERS = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Shares:
    """This process's partitions: as many as are fair among those that work now."""

    def __init__(self, database: Database, partitions: int) -> None:
        self._database, self._partitions = database, partitions
        self._connection: Connection[Any] | None = None
        self._held: set[int] = set()

    def held(self) -> set[int]:
        """The partitions that are ours from now on; none where the database does not answer."""
        try:
            return set(self._taken(self._reached()))
        except Unavailable:
            self.close()
            return set()

    def close(self) -> None:
        """Leave all to the others."""
        self._held.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _reached(self) -> "Connection[Any]":
        if self._connection is None:
            self._connection = postgres.connect(
                self._database.direct_url, autocommit=True, times=postgres.PATIENT
            )
            postgres.asked(
                self._connection, "SELECT pg_advisory_lock_shared(%s, 0)", postgres.WORKS
            )
        return self._connection

    def _taken(self, connection: "Connection[Any]") -> set[int]:
        workers = int(postgres.asked(connection, _WORKERS, postgres.WORKS)) or 1
        fair = -(-self._partitions // workers)
        while len(self._held) > fair:
            given = self._held.pop()
            postgres.asked(connection, "SELECT pg_advisory_unlock(%s, %s)", postgres.OWNS, given)
        for n in range(self._partitions):
            if len(self._held) == fair:
                break
            if n not in self._held and postgres.asked(
                connection, "SELECT pg_try_advisory_lock(%s, %s)", postgres.OWNS, n
            ):
                self._held.add(n)
        return self._held

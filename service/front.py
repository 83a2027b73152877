"""Takes usage in where servers stand before the database: acknowledged once a quorum has it.

Whether an event is new is asked of the database as it is now. What is still on its way there is
compared when it is counted, so a resend may be called accepted; it is counted once all the same.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import TooMany, Unavailable
from service.checked import Checked
from service.keep import Fate, judged, sifted
from service.parcel import pack
from service.usage import Rejection
from service.writer import WAITING, Done, Written
from store.database import Database
from store.jetstream import JetStream
from store.seen import Seen

log = logging.getLogger(__name__)
TOGETHER = 8_000
"""Usage events that are sent at once."""
_ROUNDS = 4
"""How many such lots are under way at once."""
_SLOW = 3.0
"""Seconds from which on servers that say nothing are trouble."""
_REST = 5.0
"""Seconds for which a database that did not answer is not asked again."""


@dataclass(slots=True, eq=False)
class _Job:
    load: Checked
    done: Done


class Front:
    """What a `Writer` is to the database; coroutines run on the connection's loop."""

    def __init__(self, database: Database, servers: JetStream, *, waiting: int = WAITING) -> None:
        self._database, self._servers = database, servers
        self._seen = Seen(database.sqlalchemy.dialect.name)
        self._queue: deque[_Job] = deque()
        self._events, self._most = 0, waiting
        self._lock = threading.Lock()
        self._rounds = 0
        self._asking = threading.Lock()
        self._rests_until = 0.0

    def put(self, load: Checked, now: datetime, done: Done) -> None:
        """Have a load kept; `done` is called on the connection's loop, and must be quick.

        Raises:
            TooMany: too many events wait.
        """
        with self._lock:
            if self._events and self._events + len(load) > self._most:
                raise TooMany("too many usage events wait to be stored: come again", retry_after=1)
            self._queue.append(_Job(load, done))
            self._events += len(load)
        self._servers.soon(self._next)

    def problem(self) -> str | None:
        """Why usage can't be taken in now; answers within seconds."""
        asked = self._servers.begin(self._servers.leader())
        try:
            led = asked.result(_SLOW)
        except (TimeoutError, Unavailable):
            asked.cancel()
            return "usage can't be taken in now: no quorum of NATS servers answers"
        return None if led else "usage can't be taken in now: the NATS servers have no leader"

    def _next(self) -> None:
        """Begin another round where there is something to send, and not too many are under way."""
        if self._rounds >= _ROUNDS or not self._queue:
            return
        jobs, size = [self._queue.popleft()], 0
        size = len(jobs[0].load)
        while self._queue and size + len(self._queue[0].load) <= TOGETHER:
            jobs.append(self._queue.popleft())
            size += len(jobs[-1].load)
        self._rounds += 1
        task = asyncio.ensure_future(self._round(jobs))
        task.add_done_callback(lambda _: self._over(size))

    def _over(self, size: int) -> None:
        self._rounds -= 1
        with self._lock:
            self._events -= size
        self._next()

    async def _round(self, jobs: Sequence[_Job]) -> None:
        results: Sequence[Written | BaseException]
        try:
            results = await self._send([job.load for job in jobs])
        except BaseException as error:
            results = [error] * len(jobs)
        for job, result in zip(jobs, results, strict=True):
            job.done(result)

    async def _send(self, loads: Sequence[Checked]) -> list[Written]:
        found = await asyncio.to_thread(self._fates, loads)
        fates = [_together(load, fates) for load, fates in zip(loads, found, strict=True)]
        new = [[place for place, fate in enumerate(found) if fate is True] for found in fates]
        parcels = pack(zip(loads, new, strict=True))
        await asyncio.gather(*(self._servers.publish(p.slot, p.body) for p in parcels))
        return [Written(found, ()) for found in fates]

    def _fates(self, loads: Sequence[Checked]) -> list[list[Fate]]:
        """What is new; where the database is away, all that was not sent twice at once."""
        if time.monotonic() >= self._rests_until:
            try:
                # One at a time: the sieve belongs to one thread.
                with self._asking, self._database.read() as session:
                    return judged(session, self._seen, loads[0].rules.catalogue, loads)
            except Unavailable as error:
                log.warning("usage is taken in without the database: %s", error)
                self._rests_until = time.monotonic() + _REST
        return sifted(loads, {})


def _together(load: Checked, fates: list[Fate]) -> list[Fate]:
    """None of a load that is kept whole, where one of it is refused."""
    if load.whole and any(isinstance(fate, Rejection) for fate in fates):
        return [None if fate is True else fate for fate in fates]
    return fates

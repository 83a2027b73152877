"""Takes usage in where servers stand before the database: acknowledged once a quorum has it.

Whether an event is new is asked of the database as it is now. What is still on its way there is
compared when it is counted, so a resend may be called accepted; it is counted once all the same.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from engine.errors import Unavailable
from service.checked import Checked
from service.intake import WAITING, Intake, Job, Written
from service.keep import Fate, judged, sifted, together
from service.parcel import pack
from store import jetstream
from store.broker import Broker
from store.database import Database
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


class Front(Intake):
    """Coroutines run on the connection's loop."""

    def __init__(self, database: Database, broker: Broker, *, waiting: int = WAITING) -> None:
        super().__init__(waiting)
        self._database, self._broker = database, broker
        self._seen = Seen(database.sqlalchemy.dialect.name)
        self._rounds = 0
        self._asking = threading.Lock()
        self._rests_until = 0.0

    def problem(self, now: Callable[[], datetime]) -> str | None:
        """Why usage can't be taken in now; answers within seconds."""
        asked = self._broker.begin(jetstream.leader(self._broker))
        try:
            led = asked.result(_SLOW)
        except (TimeoutError, Unavailable):
            asked.cancel()
            return "usage can't be taken in now: no quorum of NATS servers answers"
        return None if led else "usage can't be taken in now: the NATS servers have no leader"

    def _came(self) -> None:
        self._broker.soon(self._begin)

    def _begin(self) -> None:
        """Begin another round where there is something to send, and not too many are under way."""
        with self._change:
            if self._rounds >= _ROUNDS or not self._line:
                return
            jobs = self._next(TOGETHER)
        self._rounds += 1
        task = asyncio.ensure_future(self._round(jobs))
        task.add_done_callback(lambda _: self._ended())

    def _ended(self) -> None:
        self._rounds -= 1
        self._begin()

    async def _round(self, jobs: Sequence[Job]) -> None:
        results: Sequence[Written | BaseException]
        try:
            results = await self._send([job.load for job in jobs])
        except asyncio.CancelledError:
            results = [Unavailable("this node ends: come again")] * len(jobs)
        except Exception as error:  # Whatever it was, whoever waits is told.
            results = [error] * len(jobs)
        self._over(jobs, results)

    async def _send(self, loads: Sequence[Checked]) -> list[Written]:
        found = await asyncio.to_thread(self._fates, loads)
        fates = [together(load, fates) for load, fates in zip(loads, found, strict=True)]
        new = [[place for place, fate in enumerate(found) if fate is True] for found in fates]
        parcels = pack(zip(loads, new, strict=True))
        await asyncio.gather(*(jetstream.publish(self._broker, p.slot, p.body) for p in parcels))
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

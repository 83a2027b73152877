"""The one writer of a process: those who wait for the database at the same time go in one commit.

A commit costs the same for one request as for a hundred, so the busier it is, the more go along.
The queue is bounded: whoever finds it full is told to come again, and nothing grows.
"""

import asyncio
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from engine.errors import TooMany, Unavailable
from service.checked import Checked
from service.keep import Fate, Mixed, keep
from service.storing import Storing
from service.usage import Rejection
from store.database import Database
from store.seen import Raced, Seen
from store.trouble import passing

log = logging.getLogger(__name__)
WAITING = 50_000
"""Usage events that may wait; a client told to come again loses nothing."""
TOGETHER = 16_000
"""Usage events in one commit."""
_IDLE = 1.0
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a load, and the accounts of its commit that are due for a look."""

    fates: Sequence[Fate]
    due: Sequence[str]


Done: TypeAlias = Callable[[Written | BaseException], object]
"""Called with what became of a load, or why nothing did."""


@dataclass(slots=True, eq=False)
class _Job:
    load: Checked
    now: datetime
    done: Done


class _Broken(Exception):
    """A load that is to be kept whole can't be: what was written for it is undone."""

    def __init__(self, fates: Sequence[Fate]) -> None:
        super().__init__()
        self.fates = [None if fate is True else fate for fate in fates]


class Writer:
    """Keeps loads in the order in which they came; its thread lives while there is work."""

    def __init__(
        self, database: Database, *, waiting: int = WAITING, together: int = TOGETHER
    ) -> None:
        self.storing = Storing()
        self._database = weakref.ref(database)
        self._seen = Seen(database.sqlalchemy.dialect.name)
        self._most, self._together = waiting, together
        self._queue: deque[_Job] = deque()
        self._events = 0
        self._change = threading.Condition()
        self._running = False

    def put(self, load: Checked, now: datetime, done: Done) -> None:
        """Have a load kept; `done` is called in the writer's thread, and must be quick.

        Raises:
            TooMany: too many events wait.
        """
        with self._change:
            if self._queue and self._events + len(load) > self._most:
                raise TooMany("too many usage events wait to be stored: come again", retry_after=1)
            self._queue.append(_Job(load, now, done))
            self._events += len(load)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="segue-writer").start()
            self._change.notify()

    def do(self, load: Checked, now: datetime) -> Written:
        """Have a load kept, and wait for it."""
        future: Future[Written] = Future()
        self.put(load, now, lambda result: settle(future, result))
        return future.result()

    def __len__(self) -> int:
        """How many events wait."""
        return self._events

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._queue:
                    self._change.wait(_IDLE)
                if not self._queue:
                    self._running = False
                    return
                jobs = self._next()
            self._keep(jobs)

    def _next(self) -> list[_Job]:
        """The first who waits, and those behind who fit."""
        first = self._queue.popleft()
        jobs, size = [first], len(first.load)
        while self._queue:
            load = self._queue[0].load
            size += len(load)
            if size > self._together or not _alike(load, first.load):
                break
            jobs.append(self._queue.popleft())
        self._events -= sum(len(job.load) for job in jobs)
        return jobs

    def _keep(self, jobs: Sequence[_Job]) -> None:
        """Keep them together; where that fails for a reason of theirs, each alone."""
        results: Sequence[Written | BaseException]
        try:
            with self.storing.commit():
                results = self._commit([job.load for job in jobs], max(job.now for job in jobs))
        except BaseException as error:
            if len(jobs) > 1 and not passing(error):
                for job in jobs:
                    self._keep([job])
                return
            results = [_said(error)] * len(jobs)
        for job, result in zip(jobs, results, strict=True):
            job.done(result)

    def _commit(self, loads: Sequence[Checked], now: datetime) -> list[Written]:
        database, careful = self._database(), False
        if database is None:
            raise RuntimeError("the database was closed")
        for _ in range(_TRIES):
            if self._seen.full:
                with database.write() as session:
                    self._seen.roll(session, now)
            try:
                with database.write() as session:
                    catalogue = loads[0].rules.catalogue
                    kept = keep(session, self._seen, catalogue, loads, now, careful=careful)
                    if loads[0].whole and any(isinstance(f, Rejection) for f in kept.fates[0]):
                        raise _Broken(kept.fates[0])
            except (Mixed, Raced) as again:
                self._seen.lost()
                careful = careful or isinstance(again, Mixed)
                continue
            except _Broken as broken:
                self._seen.lost()
                return [Written(broken.fates, ())]
            except BaseException:
                self._seen.lost()
                raise
            self._seen.kept()
            return [Written(fates, kept.due) for fates in kept.fates]
        raise Unavailable("other nodes store the same usage events: come again", retry_after=1)


def _alike(one: Checked, other: Checked) -> bool:
    """Whether two loads may go in one commit; what may have to be undone whole goes alone."""
    return (
        one.imported == other.imported
        and one.rules.catalogue is other.rules.catalogue
        and not (one.whole or other.whole)
    )


def _said(error: BaseException) -> BaseException:
    """The error that the client is told."""
    if not passing(error):
        return error
    log.warning("usage could not be stored: %s", error)
    said = Unavailable("the database does not take usage at the moment: come again", retry_after=1)
    said.__cause__ = error
    return said


def settle(
    future: asyncio.Future[Written] | Future[Written], result: Written | BaseException
) -> None:
    """Hand a result to whoever waits; a client that hung up waits no more."""
    if future.cancelled():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)


_MEETING = threading.Lock()
_WRITERS: weakref.WeakKeyDictionary[Database, Writer] = weakref.WeakKeyDictionary()


def writer_of(database: Database) -> Writer:
    """The one place where all usage of a database meets."""
    with _MEETING:
        if database not in _WRITERS:
            _WRITERS[database] = Writer(database)
        return _WRITERS[database]

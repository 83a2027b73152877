"""Where checked usage is taken in: it waits in the order in which it came, and never too much.

What it waits for differs: `writer.Writer` commits it, `front.Front` hands it to servers before.
"""

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from engine.errors import TooMany
from service.checked import Checked
from service.keep import Fate

log = logging.getLogger(__name__)
WAITING = 50_000
"""Usage events that may wait; a client told to come again loses nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a load, and the accounts of its commit that are due for a look."""

    fates: Sequence[Fate]
    due: Sequence[str]


Done: TypeAlias = Callable[[Written | BaseException], object]
"""Called with what became of a load, or why nothing did."""


@dataclass(slots=True, eq=False)
class Job:
    """A load that waits."""

    load: Checked
    now: datetime
    done: Done


class Intake(ABC):
    """A bounded line of loads; whoever finds it full is told to come again."""

    def __init__(self, waiting: int) -> None:
        self._most = waiting
        self._line: deque[Job] = deque()
        self._events = 0
        self._change = threading.Condition()

    @abstractmethod
    def _came(self) -> None:
        """Something waits; called while the line is held."""

    @abstractmethod
    def problem(self, now: Callable[[], datetime]) -> str | None:
        """Why usage can't be taken in now; None: it can. Answers within seconds."""

    def put(self, load: Checked, now: datetime, done: Done) -> None:
        """Have a load kept; `done` is called in another thread, and must be quick.

        Raises:
            TooMany: too many events wait.
        """
        with self._change:
            if self._events and self._events + len(load) > self._most:
                raise TooMany("too many usage events wait to be stored: come again", retry_after=1)
            self._line.append(Job(load, now, done))
            self._events += len(load)
            self._came()

    def do(self, load: Checked, now: datetime) -> Written:
        """Have a load kept, and wait for it.

        Raises:
            TooMany: too many events wait.
            Unavailable: it could not be kept now.
        """
        future: Future[Written] = Future()
        self.put(load, now, lambda result: _settle(future, result))
        return future.result()

    async def take(self, load: Checked, now: datetime) -> Written:
        """`do` for an event loop: waits without a thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Written] = loop.create_future()
        self.put(load, now, lambda result: loop.call_soon_threadsafe(_settle, future, result))
        return await future

    def _next(self, together: int) -> list[Job]:
        """The first who waits, and those behind who fit; the line must be held, and not empty."""
        first = self._line.popleft()
        jobs, size = [first], len(first.load)
        while self._line:
            load = self._line[0].load
            size += len(load)
            if size > together or not _alike(load, first.load):
                break
            jobs.append(self._line.popleft())
        return jobs

    def _over(self, jobs: Sequence[Job], results: Sequence[Written | BaseException]) -> None:
        """These wait no more: tell who asked."""
        with self._change:
            self._events -= sum(len(job.load) for job in jobs)
        for job, result in zip(jobs, results, strict=True):
            try:
                job.done(result)
            except RuntimeError:  # Their event loop has ended: nobody is there to be told.
                log.debug("whoever sent %d usage events is gone", len(job.load))


def _alike(one: Checked, other: Checked) -> bool:
    """Whether two loads may go together; what may have to be undone whole goes alone."""
    return (
        one.imported == other.imported
        and one.rules.catalogue is other.rules.catalogue
        and not (one.whole or other.whole)
    )


def _settle(
    future: asyncio.Future[Written] | Future[Written], result: Written | BaseException
) -> None:
    """Hand a result to whoever waits; a client that hung up waits no more."""
    if future.cancelled():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)

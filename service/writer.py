"""The one writer of a process: those who wait for the database at the same time go in one commit.

A commit costs the same for one request as for a hundred, so the busier it is, the more go along.
The queue is bounded: whoever finds it full is told to come again, and nothing grows.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from datetime import datetime

from engine.errors import Unavailable
from service.checked import Checked
from service.intake import WAITING, Intake, Job, Written
from service.keep import Fate, Mixed, keep, together
from service.storing import Storing
from store.database import Database
from store.seen import Raced, Seen
from store.trouble import passing

log = logging.getLogger(__name__)
TOGETHER = 16_000
"""Usage events in one commit."""
_IDLE = 1.0
_TRIES = 5
_PRESSED = 0.5
"""Seconds without a pause after which more comes in than is kept."""


class _Broken(Exception):
    """A load that is to be kept whole can't be: what was written for it is undone."""

    def __init__(self, fates: Sequence[Fate]) -> None:
        super().__init__()
        self.fates = fates


class Writer(Intake):
    """Keeps loads in the order in which they came; its thread lives while there is work."""

    def __init__(
        self, database: Database, *, waiting: int = WAITING, together: int = TOGETHER
    ) -> None:
        super().__init__(waiting)
        self.storing = Storing()
        self._database = weakref.ref(database)
        self._seen = Seen(database.sqlalchemy.dialect.name)
        self._together = together
        self._running = False
        self._busy_since: float | None = None

    @property
    def pressed(self) -> bool:
        """Whether it can't keep up: what can wait had better leave it the machine."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > _PRESSED

    def problem(self, now: Callable[[], datetime]) -> str | None:
        """Why usage can't be stored now; None: it can. Answers within seconds."""
        return self.storing.problem(self._opened(), now)

    def _came(self) -> None:
        if not self._running:
            self._running = True
            threading.Thread(target=self._run, name="segue-writer").start()
        self._change.notify()

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._line:
                    self._busy_since = None
                    self._change.wait(_IDLE)
                if not self._line:
                    self._running = False
                    return
                jobs = self._next(self._together)
            self._busy_since = self._busy_since or time.monotonic()
            self._keep(jobs)

    def _keep(self, jobs: Sequence[Job]) -> None:
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
        self._over(jobs, results)

    def _opened(self) -> Database:
        database = self._database()
        if database is None:
            raise RuntimeError("the database was closed")
        return database

    def _commit(self, loads: Sequence[Checked], now: datetime) -> list[Written]:
        database, careful = self._opened(), False
        for _ in range(_TRIES):
            if self._seen.full:
                with database.write() as session:
                    self._seen.roll(session, now)
            try:
                with database.write() as session:
                    catalogue = loads[0].rules.catalogue
                    kept = keep(session, self._seen, catalogue, loads, now, careful=careful)
                    if (fates := together(loads[0], kept.fates[0])) is not kept.fates[0]:
                        raise _Broken(fates)
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


def _said(error: BaseException) -> BaseException:
    """The error that the client is told."""
    if not passing(error):
        return error
    log.warning("usage could not be stored: %s", error)
    said = Unavailable("the database does not take usage at the moment: come again", retry_after=1)
    said.__cause__ = error
    return said


_MEETING = threading.Lock()
_WRITERS: weakref.WeakKeyDictionary[Database, Writer] = weakref.WeakKeyDictionary()


def writer_of(database: Database) -> Writer:
    """The one place where all usage of a database meets."""
    with _MEETING:
        if database not in _WRITERS:
            _WRITERS[database] = Writer(database)
        return _WRITERS[database]

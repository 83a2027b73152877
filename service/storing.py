"""Whether usage can be stored now: what the last commits showed, or else a try of one's own.

A load balancer that is told "no" sends no usage, so nothing would show that it can be stored again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from engine.errors import SegueError
from store.database import Database
from store.probe import probe
from store.trouble import passing, why

log = logging.getLogger(__name__)
FRESH = 5.0
"""Seconds for which what a commit showed is believed."""
SLOW = 3.0
"""Seconds from which on a commit that is not over is trouble as well."""


class Storing:
    """What is known of the database by writing to it; shared by all who do."""

    def __init__(self, *, fresh: float = FRESH, slow: float = SLOW) -> None:
        self.fresh, self.slow = fresh, slow
        self._lock = threading.Lock()
        self._numbers = count()
        self._begun: dict[int, float] = {}
        self._seen = float("-inf")
        self._trouble: str | None = None

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Around a commit: notes what came of it."""
        number = next(self._numbers)
        with self._lock:
            self._begun[number] = time.monotonic()
        try:
            yield
        except BaseException as error:
            self._over(number, why(error) if passing(error) else self._trouble)
            raise
        self._over(number, None)

    def problem(self, database: Database, now: Callable[[], datetime]) -> str | None:
        """Why usage can't be stored now; None: it can. Answers within seconds."""
        if self._unknown():
            tried = threading.Thread(target=self._try, args=(database, now), daemon=True)
            tried.start()
            tried.join(self.slow)
        with self._lock:
            first = min(self._begun.values(), default=time.monotonic())
            if time.monotonic() - first >= self.slow:
                return "usage can't be stored now: the database keeps it waiting"
            return self._trouble and f"usage can't be stored now: {self._trouble}"

    def _unknown(self) -> bool:
        with self._lock:
            return not self._begun and time.monotonic() - self._seen > self.fresh

    def _try(self, database: Database, now: Callable[[], datetime]) -> None:
        try:
            with self.commit():
                probe(database, now(), large=self._trouble is not None)
        except SegueError as error:
            log.warning("a try to write failed: %s", error)

    def _over(self, number: int, trouble: str | None) -> None:
        with self._lock:
            del self._begun[number]
            self._seen, self._trouble = time.monotonic(), trouble

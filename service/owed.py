"""What is to be written once the database takes it again: outcomes, and claims to be given back.

In memory: if the process dies with it, the claims run out by themselves.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable

from engine.errors import Unavailable

log = logging.getLogger(__name__)

Write = Callable[[], object]


class Owed:
    """Work of one process that its database would not take."""

    def __init__(self) -> None:
        self._work: deque[Write] = deque()
        self._paying = threading.Lock()

    def later(self, write: Write) -> None:
        """Do this as soon as the database takes it; it opens a unit of work of its own."""
        self._work.append(write)

    def pay(self) -> None:
        """Do all that is owed, in order.

        Raises:
            Unavailable: the database still does not take it, and the rest stays owed.
        """
        with self._paying:
            while self._work:
                try:
                    self._work[0]()
                except Unavailable:
                    raise
                except Exception:
                    # It would fail for ever, and all behind it wait; claims run out by themselves.
                    log.exception("what was owed to the database can't be written")
                self._work.popleft()

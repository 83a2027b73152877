"""Whose turn it is to write: one after the other, first of all those whom somebody waits for."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """A lock that is handed on in the order in which it was asked for.

    Who is urgent goes before the others. Each of the urgent asks anew only when its turn is over,
    so that between two of them one of the others gets in.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._urgent: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    @contextmanager
    def taken(self, *, urgent: bool = False) -> Iterator[None]:
        """Wait for the turn, and hand it on at the end."""
        with self._guard:
            waits = None
            if self._taken:
                waits = threading.Lock()
                waits.acquire()
                (self._urgent if urgent else self._others).append(waits)
            self._taken = True
        if waits is not None:
            waits.acquire()  # Released by whoever hands the turn on.
        try:
            yield
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        with self._guard:
            line = self._urgent or self._others
            if line:
                line.popleft().release()
            else:
                self._taken = False

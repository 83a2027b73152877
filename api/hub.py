"""Wakes the streams of an account when something about it changed, on this node or another."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from service.context import Change, Signals
from service.state import Shared

EACH = 0.0005
"""Seconds between the streams that are woken where everything may have changed."""


class Waiting:
    """A stream that waits: `changed` at each change, `urgent` where it is more than usage."""

    def __init__(self) -> None:
        self.changed, self.urgent = asyncio.Event(), asyncio.Event()

    def wake(self, *, urgent: bool) -> None:
        """Something changed."""
        self.changed.set()
        if urgent:
            self.urgent.set()

    def clear(self) -> None:
        """What changed so far is about to be seen."""
        self.changed.clear()
        self.urgent.clear()


class Interest(Protocol):
    """Told for which accounts this node holds streams, where others tell only what is asked for."""

    def begin(self, account: str) -> None:
        """The first stream of the account is here."""
        ...

    def end(self, account: str) -> None:
        """The last one has gone."""
        ...


class Hub:
    """One listener for all streams: a change wakes only the streams of its account."""

    def __init__(self, signals: Signals, interest: Interest | None = None) -> None:
        self._interest = interest
        self._streams: dict[str, set[Waiting]] = {}
        self._shared: dict[str, Shared] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = False
        self._stop = signals.listen(self._changed)

    def __len__(self) -> int:
        return sum(len(s) for s in self._streams.values())

    @contextmanager
    def stream(self, account: str) -> Iterator[Waiting]:
        """Something that is woken at each change of the account."""
        self._loop = asyncio.get_running_loop()
        waiting = Waiting()
        if account not in self._streams and self._interest is not None:
            self._interest.begin(account)
        self._streams.setdefault(account, set()).add(waiting)
        self._shared.setdefault(account, Shared())
        try:
            yield waiting
        finally:
            streams = self._streams[account]
            streams.discard(waiting)
            if not streams:
                del self._streams[account], self._shared[account]
                if self._interest is not None:
                    self._interest.end(account)

    def shared(self, account: str) -> Shared:
        """What the streams of an account share until its next change."""
        return self._shared[account]

    def look(self, account: str) -> None:
        """Let the streams of an account look again; from the loop they are served by."""
        self._one(account, True)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        self._stop()
        for streams in self._streams.values():
            for waiting in streams:
                waiting.wake(urgent=True)

    def _changed(self, change: Change) -> None:
        if not self._streams or self._loop is None or self._loop.is_closed():
            return
        names = change.accounts
        if names is None or not names.isdisjoint(self._streams):
            self._loop.call_soon_threadsafe(self._wake, names, change.urgent)

    def _wake(self, accounts: frozenset[str] | None, urgent: bool) -> None:
        if accounts is not None:
            for name in accounts:
                self._one(name, urgent)
            return
        loop = asyncio.get_running_loop()
        for place, name in enumerate(list(self._streams)):  # One after the other, not at once.
            loop.call_later(place * EACH, self._one, name, urgent)

    def _one(self, account: str, urgent: bool) -> None:
        if account in self._shared:
            self._shared[account] = Shared()
        for waiting in self._streams.get(account, ()):
            waiting.wake(urgent=urgent)

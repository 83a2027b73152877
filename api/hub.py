"""Wakes the streams of an account when something about it changed, on this node."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from service.context import Change, Signals


class Hub:
    """One listener for all streams: a change wakes only the streams of its account."""

    def __init__(self, signals: Signals) -> None:
        self._streams: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = False
        self._stop = signals.listen(self._changed)

    def __len__(self) -> int:
        return sum(len(s) for s in self._streams.values())

    @contextmanager
    def stream(self, account: str) -> Iterator[asyncio.Event]:
        """An event that is set at each change of the account."""
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._streams.setdefault(account, set()).add(event)
        try:
            yield event
        finally:
            streams = self._streams[account]
            streams.discard(event)
            if not streams:
                del self._streams[account]

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        self._stop()
        for streams in self._streams.values():
            for event in streams:
                event.set()

    def _changed(self, change: Change) -> None:
        if not self._streams or self._loop is None or self._loop.is_closed():
            return
        names = change.accounts
        if names is None or not names.isdisjoint(self._streams):
            self._loop.call_soon_threadsafe(self._wake, names)

    def _wake(self, accounts: frozenset[str] | None) -> None:
        for name in list(self._streams) if accounts is None else accounts:
            for event in self._streams.get(name, ()):
                event.set()

"""What every use case is given: database, clock, policy in force, secrets and signals."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from engine.errors import NotFound
from service.config import Applied, applied
from service.secrets import Secrets
from store import config as stored
from store.database import Database


class Clock(Protocol):
    """Where `now` comes from; the demo's runs faster."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class Signals:
    """In-process hints: work is due, or an account's state changed. A lost hint loses nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[str | None], object]] = []

    def listen(self, listener: Callable[[str | None], object]) -> Callable[[], None]:
        """Call `listener(account)` at every change, from any thread; returns how to stop."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._forget(listener)

    def changed(self, account: str | None) -> None:
        """Say that an account (None: all of them) changed."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(account)

    def _forget(self, listener: Callable[[str | None], object]) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)


@dataclass(frozen=True, kw_only=True)
class Context:
    """The world of a use case. `channels`: names of the push channels that are set up."""

    database: Database
    clock: Clock
    secrets: Secrets
    public_url: str
    signals: Signals = field(default_factory=Signals)
    channels: tuple[str, ...] = ()
    _known: dict[int, Applied] = field(default_factory=dict)

    def policy(self) -> Applied:
        """The policy in force.

        Raises:
            NotFound: when none was ever applied.
        """
        with self.database.read() as session:
            number = stored.newest_version(session)
            known = self._known.get(number) if number is not None else None
            row = None if known is not None or number is None else stored.version(session, number)
        if known is not None:
            return known
        if row is None:
            raise NotFound("no policy yet: run `segue config apply segue.toml`")
        self._known.clear()
        return self._known.setdefault(row.version, applied(row.text, row.version))

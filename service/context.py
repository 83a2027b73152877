"""What every use case is given: database, clock, policy in force, secrets and signals."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from engine.errors import NotFound, Unavailable
from service.config import Applied, applied
from service.owed import Owed
from service.secrets import Secrets
from store import config as stored
from store.database import Database

if TYPE_CHECKING:
    from service.intake import Intake


class Clock(Protocol):
    """Where `now` comes from; the demo's runs faster."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Accounts whose state changed (None: all of them), and whether there is work to do.

    `urgent`: more than usage came in, so who looks should see it at once.
    """

    accounts: frozenset[str] | None
    work: bool
    urgent: bool = True


class Signals:
    """In-process hints of changes. A lost hint loses nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[Change], object], ...] = ()

    def listen(self, listener: Callable[[Change], object]) -> Callable[[], None]:
        """Call `listener` at every change, from any thread; returns how to stop."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._forget(listener)

    def changed(self, account: str | None) -> None:
        """Say that an account (None: all of them) changed, and may need work."""
        accounts = None if account is None else frozenset((account,))
        self._say(Change(accounts=accounts, work=True))

    def reported(self, accounts: Iterable[str], *, due: bool) -> None:
        """Say that accounts reported usage; `due`: some are worth a look."""
        self._say(Change(accounts=frozenset(accounts), work=due, urgent=False))

    def told(self, accounts: Iterable[str], *, work: bool) -> None:
        """Pass on that accounts changed on another node."""
        self._say(Change(accounts=frozenset(accounts), work=work, urgent=work))

    def _say(self, change: Change) -> None:
        for listener in self._listeners:
            listener(change)

    def _forget(self, listener: Callable[[Change], object]) -> None:
        with self._lock:
            self._listeners = tuple(kept for kept in self._listeners if kept != listener)


@dataclass(frozen=True, kw_only=True)
class Context:
    """The world of a use case. `channels`: names of the push channels that are set up.

    `intake`: what takes usage in, where that is not the database's own writer. `private_hooks`:
    whether events may be sent to private addresses.
    """

    database: Database
    clock: Clock
    secrets: Secrets
    public_url: str
    signals: Signals = field(default_factory=Signals)
    channels: tuple[str, ...] = ()
    intake: "Intake | None" = None
    private_hooks: bool = False
    owed: Owed = field(default_factory=Owed)
    _known: dict[str, tuple[Applied, float]] = field(default_factory=dict)

    def policy(self, *, within: float = 0.0, lenient: bool = False) -> Applied:
        """The policy in force, or the one that was in force `within` so many seconds.

        `lenient`: the last one known will do where the database does not answer.

        Raises:
            NotFound: when none was ever applied.
            Unavailable: the database does not answer.
        """
        known, read_at = self._known.get("", (None, 0.0))
        if known is not None and time.monotonic() - read_at < within:
            return known
        try:
            known = self._newest(known)
        except Unavailable:
            if known is None or not lenient:
                raise
        self._known[""] = (known, time.monotonic())
        return known

    def _newest(self, known: Applied | None) -> Applied:
        with self.database.read() as session:
            number = stored.newest_version(session)
            same = known is not None and known.version == number
            row = None if same or number is None else stored.version(session, number)
        if known is not None and same:
            return known
        if row is None:
            raise NotFound("no policy yet: run `segue config apply segue.toml`")
        return applied(row.text, row.version)

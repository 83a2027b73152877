"""Joins the nodes: what changed here is told to the others, what they tell is a change here too.

These are hints. What was missed while the connection was gone is made up for by looking at
everything once it is back.
"""

import logging
import threading
from uuid import uuid4

from engine.errors import Unavailable
from service.context import Change, Context
from store.live import Teller, Told, heard

log = logging.getLogger(__name__)
GATHER = 0.05
"""Seconds in which changes are gathered, so that many make one notification."""
REST = 1.0
"""Seconds after everyone was told to look, for that is much work for all."""
AGAIN = 0.5
"""Seconds until the next try after the connection broke; each takes twice as long, up to..."""
LONGEST = 8.0


class Nodes:
    """Two threads beside the process's signals: one tells, one listens."""

    def __init__(self, context: Context) -> None:
        self._signals, self._database = context.signals, context.database
        self._name = uuid4().hex[:12]
        self._changed: dict[bool, set[str] | None] = {}
        self._lock = threading.Lock()
        self._wake, self._end = threading.Event(), threading.Event()
        self._teller = threading.Thread(target=self._tell, name="tells nodes", daemon=True)
        self._listener = threading.Thread(target=self._listen, name="hears nodes", daemon=True)
        self._deaf = self._signals.listen(self._note)

    def start(self) -> None:
        """Begin to tell and to listen."""
        self._teller.start()
        self._listener.start()

    def stop(self) -> None:
        """End both; what was not told yet is told first."""
        self._deaf()
        self._end.set()
        self._wake.set()
        self._teller.join(5)

    def _note(self, change: Change) -> None:
        """Something changed here; what the listener passes on came from elsewhere."""
        if threading.current_thread() is not self._listener:
            with self._lock:
                self._gather(change.accounts, work=change.work)
            self._wake.set()

    def _gather(self, accounts: frozenset[str] | None, *, work: bool) -> None:
        known = self._changed.setdefault(work, set())
        if accounts is None or known is None:
            self._changed[work] = None
        else:
            known |= accounts

    def _gathered(self) -> list[Told]:
        with self._lock:
            found, self._changed = self._changed, {}
        return [
            Told(accounts=None if accounts is None else frozenset(accounts), work=work)
            for work, accounts in found.items()
        ]

    def _tell(self) -> None:
        teller, wait = Teller(self._database, self._name), AGAIN
        while not self._end.is_set():
            self._wake.wait()
            self._end.wait(GATHER)
            self._wake.clear()
            told = self._gathered()
            try:
                if told and teller.tell(told):
                    self._end.wait(REST)
                wait = AGAIN
            except Unavailable as error:
                log.warning("%s", error)
                with self._lock:
                    for one in told:
                        self._gather(one.accounts, work=one.work)
                self._wake.set()
                self._end.wait(wait)
                wait = min(2 * wait, LONGEST)
        teller.close()

    def _listen(self) -> None:
        wait = AGAIN
        while not self._end.is_set():
            try:
                for told in heard(self._database, self._name):
                    if self._end.is_set():
                        return
                    wait = AGAIN
                    self._pass_on(told)
            except Unavailable as error:
                log.warning("%s", error)
                self._end.wait(wait)
                wait = min(2 * wait, LONGEST)

    def _pass_on(self, told: Told | None) -> None:
        if told is None:
            return
        if told.accounts is None:
            self._signals.changed(None)
        else:
            self._signals.told(told.accounts, work=told.work)

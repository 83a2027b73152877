"""Joins the nodes by NATS: what changed about an account goes to those that hold a stream of it.

These are hints. What was missed while the connection was gone is made up for by looking at
everything once it is back.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from uuid import uuid4

from engine.errors import Unavailable
from service.context import Change, Context
from store.broker import Broker

log = logging.getLogger(__name__)
GATHER = 0.05
"""Seconds in which changes are gathered, so that many make one message for each account."""
_WORK, _ALL = "segue.work", "segue.all"
Stop = Callable[[], Awaitable[None]]


class Subjects:
    """Tells and hears on the loop of the connection to the servers."""

    def __init__(self, context: Context, broker: Broker, *, works: bool) -> None:
        self._signals, self._broker, self._works = context.signals, broker, works
        self._name = uuid4().hex[:12]
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._all = self._work = self._gathering = False
        self._heard: dict[str, Stop] = {}
        self._passing = threading.local()
        self._deaf: Callable[[], None] = _nothing

    def start(self) -> None:
        """Begin to tell and to listen."""
        self._broker.run(self._listen())
        self._broker.returned(lambda: self._pass_on(None, work=True))
        self._deaf = self._signals.listen(self._note)

    def stop(self) -> None:
        """End both; what was not told yet is told first."""
        self._deaf()
        self._broker.run(self._tell())

    def begin(self, account: str) -> None:
        """Hear of an account from now on."""
        self._broker.begin(self._join(account))

    def end(self, account: str) -> None:
        """Hear of it no more."""
        self._broker.begin(self._leave(account))

    async def _listen(self) -> None:
        await self._broker.listen(_ALL, self._hear)
        if self._works:
            await self._broker.listen(_WORK, self._hear_of_work)

    async def _join(self, account: str) -> None:
        if account not in self._heard:
            self._heard[account] = await self._broker.listen(_subject(account), self._hear)
            # What was said before the servers knew that we listen, nobody heard.
            self._pass_on([account], work=False)

    async def _leave(self, account: str) -> None:
        if (stop := self._heard.pop(account, None)) is not None:
            await stop()

    def _note(self, change: Change) -> None:
        """Something changed here; what is passed on came from elsewhere."""
        if getattr(self._passing, "on", False):
            return
        with self._lock:
            self._work |= change.work
            if change.accounts is None:
                self._all = True
            else:
                self._changed |= change.accounts
            if self._gathering:
                return
            self._gathering = True
        self._broker.begin(self._tell_soon())

    async def _tell_soon(self) -> None:
        await asyncio.sleep(GATHER)
        await self._tell()

    async def _tell(self) -> None:
        with self._lock:
            accounts, self._changed = self._changed, set()
            everyone, work = self._all, self._work
            self._all = self._work = self._gathering = False
        try:
            if everyone:
                await self._broker.tell(_ALL, self._said(None, work=True))
                return
            for account in accounts:
                await self._broker.tell(_subject(account), self._said(account, work=work))
            if work:
                await self._broker.tell(_WORK, self._said(None, work=True))
        except Unavailable as error:  # Everyone looks at everything once the servers are back.
            log.warning("the other nodes could not be told: %s", error)

    def _said(self, account: str | None, *, work: bool) -> bytes:
        return json.dumps([self._name, account, work]).encode()

    def _hear(self, body: bytes) -> None:
        sender, account, work = json.loads(body)
        if sender != self._name:
            self._pass_on(None if account is None else [account], work=work)

    def _hear_of_work(self, body: bytes) -> None:
        if json.loads(body)[0] != self._name:
            self._pass_on([], work=True)

    def _pass_on(self, accounts: list[str] | None, *, work: bool) -> None:
        self._passing.on = True
        try:
            if accounts is None:
                self._signals.changed(None)
            else:
                self._signals.told(accounts, work=work)
        finally:
            self._passing.on = False


def _subject(account: str) -> str:
    """The account's own subject; names may hold what a subject can't."""
    return f"segue.live.{blake2b(account.encode(), digest_size=16).hexdigest()}"


def _nothing() -> None:
    """Nobody listens yet."""

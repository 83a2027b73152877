"""What a chat sends is a row before it is acknowledged: done once, by another where we die.

The answer waits for the row and for nothing else, neither for who does it nor for who asked.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.writes import Work, Writes
from engine.errors import SegueError, Unavailable
from service.context import Context
from store import callbacks, inbound

log = logging.getLogger(__name__)

TRIES = 5
"""After so many the person has long tried again themselves."""
RENEWED = 20.0
"""Seconds after which what takes long is claimed anew."""
_AT_ONCE = 32
"""Handled at the same time: all others are acknowledged meanwhile, and wait as rows."""

Name = tuple[str, str]
"""Its kind ("slack event") and what the chat calls it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of it. `later`: why it is to be tried again."""

    detail: str = ""
    later: str | None = None


Handle = Callable[[Name, dict[str, Any], int], Awaitable[Ended]]
"""Does what was sent; the number says how often it was begun."""


class Inbox:
    """What one chat sent, from its row to its end; its kinds all begin with `chat`."""

    def __init__(
        self, context: Context, chat: str, handle: Handle, *, renewed: float = RENEWED
    ) -> None:
        self._context, self._chat, self._handle, self._renewed = context, chat, handle, renewed
        self._writes = Writes(context)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[Name, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether something that was taken is being done."""
        return bool(self._under_way)

    async def take(self, name: Name, body: dict[str, Any]) -> None:
        """Keep it, and do it soon; what was sent before is there already.

        Raises:
            Unavailable: it can't be kept now.
        """
        if await self._writes.do(lambda session: self._taken(session, name, body)):
            self._begin(name, body, 1)

    async def catch_up(self) -> int:
        """Do what was taken and not done, as if it was sent just now; says how much."""
        for taken in (found := await asyncio.to_thread(self._claim)):
            name = (taken.source, taken.id)
            try:
                body = json.loads(self._context.secrets.decrypt(taken.body))
            except SegueError as error:
                log.error("%s %s can't be read any more: %s", *name, error)
                await self._done(name, "unreadable")
                continue
            self._begin(name, body, taken.attempts)
        if found:
            log.info("%d callbacks were taken up again at %s", len(found), self._now())
        return len(found)

    def _now(self) -> datetime:
        return self._context.clock.now()

    def _taken(self, session: Any, name: Name, body: dict[str, Any]) -> bool:
        sealed = self._context.secrets.encrypt(json.dumps(body))
        return inbound.take(session, source=name[0], id=name[1], body=sealed, now=self._now())

    def _claim(self) -> tuple[inbound.Taken, ...]:
        with self._context.database.read() as session:  # Mostly nothing is left, and nobody locked.
            if not inbound.any_left(session, self._now(), chat=self._chat):
                return ()
        with self._context.database.write() as session:
            found = inbound.claim(session, self._now(), chat=self._chat)
            for taken in found:
                callbacks.forget(session, source=taken.source, id=taken.id)
        return found

    def _begin(self, name: Name, body: dict[str, Any], attempts: int) -> None:
        self._under_way[name] = asyncio.create_task(self._handled(name, body, attempts))
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _handled(self, name: Name, body: dict[str, Any], attempts: int) -> None:
        """Have it done, and note what became of it."""
        try:
            async with self._room:
                ended = await self._handle(name, body, attempts)
            await self._note(name, ended, attempts)
        finally:
            self._under_way.pop(name, None)

    async def _note(self, name: Name, ended: Ended, attempts: int) -> None:
        """It is done, or tried again later."""
        if ended.later is None or attempts >= TRIES:
            await self._done(name, ended.detail or ended.later or "")
            return
        until, why = self._now() + timedelta(seconds=5.0 * 2**attempts), ended.later
        await self._write(lambda session: inbound.later(session, name, until, detail=why))

    async def _renew(self) -> None:
        """What takes long stays ours."""
        while self._under_way:
            await asyncio.sleep(self._renewed)
            if names := list(self._under_way):
                await self._write(lambda session: inbound.renew(session, names, self._now()))

    async def _done(self, name: Name, detail: str) -> None:
        now = self._now()
        await self._write(lambda session: inbound.done(session, name, now, detail=detail))

    async def _write(self, work: Work) -> None:
        try:
            await self._writes.do(work)
        except Unavailable as error:  # The claim runs out by itself.
            log.warning("what became of a callback is not noted: %s", error)

"""What Slack sends is a row before it is acknowledged: done once, by another where we die.

The answer waits for the row and for nothing else: neither for Bolt's way to a listener nor for who
asked. What is answered while Slack waits (a modal that is sent off) goes straight to its listener.
"""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.middleware.request_verification.async_request_verification import (
    AsyncRequestVerification,
)
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.slack.names import Name, name_of, name_team
from bot.slack.refusals import refusal
from bot.slack.writes import Work, Writes
from engine.errors import SegueError, Unavailable
from service.channel import Retry
from service.context import Context
from store import callbacks, inbound

log = logging.getLogger(__name__)

TRIES = 5
"""After so many the person has long tried again themselves."""
_NAME, _ATTEMPTS, _LATER, _ENDED = (
    "segue_inbound",
    "segue_attempts",
    "segue_later",
    "segue_ended",
)
RENEWED = 20.0
"""Seconds after which what takes long is claimed anew."""
_AT_ONCE = 32
"""Handled at the same time: all others are acknowledged meanwhile, and wait as rows."""


class Bolt(AsyncApp):
    """Bolt behind the inbox, whichever way a request comes in."""

    def __init__(
        self, context: Context, *, signing_secret: str, renewed: float = RENEWED, **options: Any
    ) -> None:
        super().__init__(signing_secret=signing_secret, **options)
        self.inbox = Inbox(context, self, renewed)
        self._verification = AsyncRequestVerification(signing_secret)
        self.listener_runner.listener_start_handler = _Begun()
        self.listener_runner.listener_completion_handler = _Ended()

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Keep what was sent and acknowledge it, or answer it at once."""
        name_team(req.body)
        name = name_of(req.body)
        if name is None or _NAME in req.context:
            return await super().async_dispatch(req)

        async def take() -> BoltResponse:
            return await self.inbox.take(name, req.body)

        response = BoltResponse(status=200)
        return await self._verification.async_process(req=req, resp=response, next=take)


class Inbox:
    """What was sent, from its row to its end."""

    def __init__(self, context: Context, bolt: AsyncApp, renewed: float) -> None:
        self._context, self._bolt, self._renewed = context, bolt, renewed
        self._writes = Writes(context)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[Name, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def take(self, name: Name, body: dict[str, Any]) -> BoltResponse:
        """Keep it, and do it soon; what was sent before is acknowledged, and that is all."""
        try:
            first = await self._writes.do(lambda session: self._taken(session, name, body))
        except Unavailable as error:
            log.warning("%s %s can't be taken: %s", *name, error)
            return BoltResponse(status=503)
        if first:
            self._begin(name, body, 1)
        return BoltResponse(status=200)

    async def catch_up(self) -> int:
        """Do what was taken and not done, as if Slack had sent it just now; says how much."""
        now = self._now()
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
            log.info("%d callbacks were taken up again at %s", len(found), now)
        return len(found)

    def later(self, error: Exception, request: AsyncBoltRequest) -> bool:
        """Whether what failed is worth another try by itself; it is noted then."""
        tries = request.context.get(_ATTEMPTS)
        if tries is None or tries >= TRIES or not passes(error):
            return False
        request.context[_LATER] = type(error).__name__
        return True

    def _now(self) -> Any:
        return self._context.clock.now()

    def _taken(self, session: Any, name: Name, body: dict[str, Any]) -> bool:
        sealed = self._context.secrets.encrypt(json.dumps(body))
        return inbound.take(session, source=name[0], id=name[1], body=sealed, now=self._now())

    def _claim(self) -> tuple[inbound.Taken, ...]:
        with self._context.database.read() as session:  # Mostly nothing is left, and nobody locked.
            if not inbound.any_left(session, self._now()):
                return ()
        with self._context.database.write() as session:
            found = inbound.claim(session, self._now())
            for taken in found:
                callbacks.forget(session, source=taken.source, id=taken.id)
        return found

    def _begin(self, name: Name, body: dict[str, Any], attempts: int) -> None:
        self._under_way[name] = asyncio.create_task(self._handled(name, body, attempts))
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _handled(self, name: Name, body: dict[str, Any], attempts: int) -> None:
        """Have a listener do it, and note what became of it."""
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        request.context[_NAME], request.context[_ATTEMPTS] = name, attempts
        try:
            async with self._room:
                detail = await self._listened(request)
            await self._note(request, name, detail)
        finally:
            self._under_way.pop(name, None)

    async def _listened(self, request: AsyncBoltRequest) -> str:
        """Wait until its listener has ended; where none began, why."""
        answer = await self._bolt.async_dispatch(request)
        await asyncio.sleep(0)  # Bolt begins a listener in a task of its own.
        if (ended := request.context.get(_ENDED)) is not None:
            await ended.wait()
            return ""
        return "nobody listens" if answer.status == 404 else "turned away"

    async def _note(self, request: AsyncBoltRequest, name: Name, detail: str) -> None:
        """It is done, or tried again later."""
        why, now = request.context.get(_LATER), self._now()
        if why is None:
            await self._done(name, detail)
            return
        until = now + timedelta(seconds=5.0 * 2 ** request.context[_ATTEMPTS])
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


class _Begun(AsyncListenerStartHandler):
    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        request.context[_ENDED] = asyncio.Event()


class _Ended(AsyncListenerCompletionHandler):
    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        request.context[_ENDED].set()


def passes(error: Exception) -> bool:
    """Whether this trouble goes away by itself."""
    if isinstance(error, SlackApiError):
        return isinstance(refusal(error), Retry)
    return isinstance(error, Unavailable | ClientError | TimeoutError | OSError)

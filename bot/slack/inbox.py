"""Bolt behind the inbox: what Slack sends is kept, acknowledged, and then handed to a listener.

What is answered while Slack waits (a modal that is sent off) goes straight to its listener.
"""

import asyncio
import logging
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

from bot.inbox import RENEWED, TRIES, Ended, Inbox, Name
from bot.slack.names import name_of, name_team
from bot.slack.refusals import refusal
from engine.errors import Unavailable
from service.channel import Retry
from service.context import Context

log = logging.getLogger(__name__)

_NAME, _ATTEMPTS, _LATER, _ENDED = (
    "segue_inbound",
    "segue_attempts",
    "segue_later",
    "segue_ended",
)


class Bolt(AsyncApp):
    """Bolt behind the inbox, whichever way a request comes in."""

    def __init__(
        self, context: Context, *, signing_secret: str, renewed: float = RENEWED, **options: Any
    ) -> None:
        super().__init__(signing_secret=signing_secret, **options)
        self.inbox = Inbox(context, "slack", self._handle, renewed=renewed)
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
            try:
                await self.inbox.take(name, req.body)
            except Unavailable as error:
                log.warning("%s %s can't be taken: %s", *name, error)
                return BoltResponse(status=503)
            return BoltResponse(status=200)

        response = BoltResponse(status=200)
        return await self._verification.async_process(req=req, resp=response, next=take)

    async def _handle(self, name: Name, body: dict[str, Any], attempts: int) -> Ended:
        """Have a listener do it, and wait until it has ended; where none began, why."""
        request = AsyncBoltRequest(mode="socket_mode", body=body)
        request.context[_NAME], request.context[_ATTEMPTS] = name, attempts
        answer = await self.async_dispatch(request)
        await asyncio.sleep(0)  # Bolt begins a listener in a task of its own.
        if (ended := request.context.get(_ENDED)) is not None:
            await ended.wait()
            return Ended(later=request.context.get(_LATER))
        return Ended("nobody listens" if answer.status == 404 else "turned away")


def later(error: Exception, request: AsyncBoltRequest) -> bool:
    """Whether what failed is worth another try by itself; it is noted then."""
    tries = request.context.get(_ATTEMPTS)
    if tries is None or tries >= TRIES or not passes(error):
        return False
    request.context[_LATER] = type(error).__name__
    return True


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

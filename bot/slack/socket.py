"""Socket Mode: a connection from here to Slack, where Slack can't reach us; same listeners."""

import asyncio
import logging
from contextlib import suppress

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.slack.app import SlackApp
from bot.slack.tokens import Tokens

log = logging.getLogger(__name__)
_AGAIN = 10.0


class Socket:
    """One connection of one process; Slack shares what comes in among all that are open."""

    def __init__(self, app: SlackApp, tokens: Tokens, app_token: str) -> None:
        self._app, self._tokens, self._app_token = app, tokens, app_token
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect in the background, again and again until Slack answers."""
        self._handler = AsyncSocketModeHandler(
            self._app.bolt, self._app_token, web_client=self._tokens.with_token(None)
        )
        self._connecting = asyncio.create_task(self._connect(self._handler))

    async def stop(self) -> None:
        """End the connection; what came in is done or a row."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._handler is not None:
            await self._handler.client.close()  # type: ignore[no-untyped-call]

    async def _connect(self, handler: AsyncSocketModeHandler) -> None:
        while True:
            try:
                await handler.client.connect()  # type: ignore[no-untyped-call]
                log.info("connected to Slack by Socket Mode")
                return
            except (SlackApiError, ClientError, TimeoutError, OSError) as error:
                log.warning("Slack takes no connection yet: %s", error)
                await asyncio.sleep(_AGAIN)

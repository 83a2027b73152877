"""The token of a workspace, renewed before it expires: by one node, since that works once."""

import asyncio
import logging
from datetime import datetime, timedelta

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.refusals import PASSING, meaning, named
from engine.errors import SegueError
from service.context import Context
from store import installs
from store.installs import Workspace

log = logging.getLogger(__name__)
SLACK_API = "https://slack.com/api/"
TIMEOUT = 10
EARLY = timedelta(hours=2)
"""Slack's tokens last twelve hours: a renewal that fails can be tried again for long."""


class TokenOver(SegueError):
    """The token has expired and can't be renewed: the app is to be installed again."""


class Tokens:
    """Clients of workspaces. `client_id` and `client_secret` renew tokens where they expire."""

    def __init__(
        self,
        context: Context,
        *,
        api_url: str = SLACK_API,
        timeout: int = TIMEOUT,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> None:
        self._context, self._api_url, self._timeout = context, api_url, timeout
        self._client_id, self._client_secret = client_id, client_secret

    async def client(self, workspace: Workspace) -> AsyncWebClient:
        """What calls Slack as the app in this workspace.

        Raises:
            TokenOver: its token has expired, and nothing renews it.
            SegueError: no key reads its token.
        """
        return self.with_token(await self.token(workspace))

    async def token(self, workspace: Workspace) -> str:
        """Its token in the clear; errors as for `client`."""
        now = self._context.clock.now()
        if workspace.expires_at is not None and workspace.expires_at - now < EARLY:
            workspace = await self._renewed(workspace, workspace.expires_at)
            if workspace.expires_at is not None and workspace.expires_at <= now:
                raise TokenOver(f"token_over: {workspace.trouble or 'token_expired'}")
        return self._context.secrets.decrypt(workspace.token)

    def with_token(self, token: str | None) -> AsyncWebClient:
        """A client that calls once and says what came of it."""
        return AsyncWebClient(
            token=token, base_url=self._api_url, timeout=self._timeout, retry_handlers=[]
        )

    async def _renewed(self, workspace: Workspace, expires_at: datetime) -> Workspace:
        """The workspace with a new token; as it was where another node renews it or nothing can."""
        if not (workspace.refresh_token and self._client_id and self._client_secret):
            return workspace
        if not await asyncio.to_thread(self._begin, workspace.team, expires_at):
            return await asyncio.to_thread(self._read, workspace)
        try:
            found = await self.with_token(None).oauth_v2_access(
                client_id=self._client_id,
                client_secret=self._client_secret,
                grant_type="refresh_token",
                refresh_token=self._context.secrets.decrypt(workspace.refresh_token),
            )
            await asyncio.to_thread(self._keep, workspace.team, found)
            log.info("the token of workspace %s was renewed", workspace.team)
        except SlackApiError as error:
            trouble = None if meaning(error) in PASSING else named(error)
            log.warning("the token of %s was not renewed: %s", workspace.team, named(error))
            await asyncio.to_thread(self._failed, workspace.team, trouble)
        except (ClientError, TimeoutError, OSError, KeyError, TypeError) as error:
            log.warning("the token of %s was not renewed: %s", workspace.team, type(error).__name__)
            await asyncio.to_thread(self._failed, workspace.team, None)
        return await asyncio.to_thread(self._read, workspace)

    def _begin(self, team: str, expires_at: datetime) -> bool:
        with self._context.database.write() as session:
            now = self._context.clock.now()
            return installs.begin_refresh(session, team, expires_at, now)

    def _keep(self, team: str, found: object) -> None:
        answer = found.data if hasattr(found, "data") else found
        assert isinstance(answer, dict)
        now = self._context.clock.now()
        seal = self._context.secrets.encrypt
        token, refresh = seal(answer["access_token"]), seal(answer["refresh_token"])
        lasts = timedelta(seconds=float(answer["expires_in"]))
        with self._context.database.write() as session:
            installs.end_refresh(
                session, team, token=token, refresh_token=refresh, expires_at=now + lasts
            )

    def _failed(self, team: str, trouble: str | None) -> None:
        with self._context.database.write() as session:
            installs.end_refresh(session, team, trouble=trouble)

    def _read(self, workspace: Workspace) -> Workspace:
        with self._context.database.read() as session:
            return installs.by_team(session, workspace.team) or workspace

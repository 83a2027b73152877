"""Installing the app: a signed link binds a customer's workspace to one account."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncFailureArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.tokens import Tokens
from bot.words import words_of
from engine.errors import Conflict, Gone, Invalid, SegueError
from service import sealed, workspaces
from service.context import Context
from service.secrets import hashed, new_id
from store import callbacks, installs

SCOPES = (
    "chat:write",
    "commands",
    "dnd:read",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "users:read",
    "users:read.email",
)
"""The least that does it; why each is needed is the label `scope_<name>`."""

_LINK_LIVES = timedelta(days=7)
_STATE_LIVES = timedelta(minutes=10)
_LINK, _STATE = "slack link", "slack state"
_WHY_NOT: dict[type[SegueError], str] = {
    Gone: "slack_link_over",
    Invalid: "slack_not_installed",
}


def install_url(context: Context, account: str | None) -> str:
    """The link that installs the app for one account; None: in the vendor's own workspace.

    It works once and for seven days.
    """
    link = sealed.seal(context, _LINK, account or "", new_id("link"), lives=_LINK_LIVES)
    return f"{context.public_url.rstrip('/')}/slack/install?{urlencode({'link': link})}"


class Flow(AsyncOAuthFlow):
    """Bolt's OAuth flow, with the account of the signed link carried along in the state."""

    def __init__(
        self,
        context: Context,
        tokens: Tokens,
        *,
        client: AsyncWebClient,
        home_team: str | None,
        **settings: Any,
    ) -> None:
        self._segue, self._home_team = context, home_team
        super().__init__(
            client=client,
            logger=logging.getLogger(__name__),
            settings=AsyncOAuthSettings(
                scopes=SCOPES,
                user_scopes=[],
                redirect_uri=f"{context.public_url.rstrip('/')}/slack/oauth_redirect",
                install_page_rendering_enabled=False,
                installation_store=Installations(context, tokens),
                installation_store_bot_only=True,
                state_store=States(context),
                **settings,
            ),
        )
        self.failure_handler = self._say_why_not

    async def handle_installation(self, request: AsyncBoltRequest) -> BoltResponse:
        """Send the browser to Slack, if the link is one of ours."""
        try:
            return await super().handle_installation(request)
        except SegueError:
            return _page(403, words_of(self._segue).say("slack_link_over"))

    async def issue_new_state(self, request: AsyncBoltRequest) -> str:
        """A state that says which link was opened."""
        link = (request.query.get("link") or [""])[0]
        account, nonce = _opened(self._segue, _LINK, link)
        return sealed.seal(self._segue, _STATE, account or "", nonce, lives=_STATE_LIVES)

    async def store_installation(
        self, request: AsyncBoltRequest, installation: Installation
    ) -> None:
        """Bind the workspace to the account of the link; the link is used up by it."""
        state = (request.query.get("state") or [""])[0]
        try:
            await asyncio.to_thread(self._bind, state, installation)
        except SegueError as error:
            name = _WHY_NOT.get(type(error), "slack_other_workspace")
            raise BoltError(words_of(self._segue).say(name)) from None

    async def _say_why_not(self, failure: AsyncFailureArgs) -> BoltResponse:
        text = str(failure.error or words_of(self._segue).say("slack_not_installed"))
        return _page(failure.suggested_status_code, text)

    def _bind(self, state: str, installation: Installation) -> None:
        account, nonce = _opened(self._segue, _STATE, state)
        whole = installation.is_enterprise_install
        team = installation.enterprise_id if whole else installation.team_id
        if not team:
            raise Invalid("Slack named neither a workspace nor an organisation")
        home = self._home_team
        if home and (team == home) != (account is None):
            raise Conflict("this link is for another workspace")
        now = self._segue.clock.now()
        with self._segue.database.write() as session:
            # Remembered for longer than it could be used again: what is old is forgotten.
            if not callbacks.claim(session, source=_LINK, id=nonce, at=now + _LINK_LIVES):
                raise Gone("this link was used already")
            made = _workspace(self._segue, team, account, installation, now)
            actor = f"slack:{team}/{installation.user_id}"
            workspaces.installed(session, made, actor=actor)


class Installations(AsyncInstallationStore):
    """What bolt wants to know of an installation; saving needs the link, so the flow does it."""

    def __init__(self, context: Context, tokens: Tokens) -> None:
        self._segue, self._tokens = context, tokens

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a workspace, or of its organisation."""
        return await find_bot(self._segue, self._tokens, team_id, enterprise_id)


class States(AsyncOAuthStateStore):
    """OAuth states: sealed and short-lived, each accepted once."""

    def __init__(self, context: Context) -> None:
        self._segue = context

    async def async_consume(self, state: str) -> bool:
        """Whether the state is ours, still alive, and new."""
        return await asyncio.to_thread(self._consume, state)

    def _consume(self, state: str) -> bool:
        try:
            _opened(self._segue, _STATE, state)
        except SegueError:
            return False
        now = self._segue.clock.now()
        with self._segue.database.write() as session:
            return callbacks.claim(session, source=_STATE, id=hashed(state), at=now)


async def find_bot(
    context: Context, tokens: Tokens, team: str | None, organisation: str | None
) -> Bot | None:
    """The bot of a workspace with its token in the clear, for the calls of one request."""
    found = await asyncio.to_thread(_serving, context, team, organisation)
    if found is None:
        return None
    return Bot(
        team_id=team or found.team,
        bot_token=await tokens.token(found),
        bot_id="",
        bot_user_id=found.bot_user,
        bot_scopes=found.scopes,
        installed_at=found.installed_at.timestamp(),
    )


def _serving(
    context: Context, team: str | None, organisation: str | None
) -> installs.Workspace | None:
    """What serves a workspace; a workspace of an organisation is known from then on."""
    with context.database.read() as session:
        found = installs.by_team(session, team) if team else None
        whole = installs.by_team(session, organisation) if organisation else None
    if found is not None or whole is None or organisation is None:
        return found
    if team:
        with context.database.write() as session:
            installs.join(session, team, organisation, context.clock.now())
    return whole


def _page(status: int, text: str) -> BoltResponse:
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
    }
    return BoltResponse(status=status, body=text, headers=headers)


def _workspace(
    context: Context, team: str, account: str | None, installation: Installation, now: datetime
) -> installs.Workspace:
    return installs.Workspace(
        platform=installs.SLACK,
        team=team,
        account=account,
        name=installation.team_name or installation.enterprise_name or "",
        bot_user=installation.bot_user_id or "",
        token=context.secrets.encrypt(installation.bot_token or ""),
        scopes=",".join(installation.bot_scopes or ()),
        installed_at=now,
        revoked_at=None,
        refresh_token=_sealed_token(context, installation.bot_refresh_token),
        expires_at=_expiry(context, installation),
    )


def _sealed_token(context: Context, token: str | None) -> str | None:
    return context.secrets.encrypt(token) if token else None


def _expiry(context: Context, installation: Installation) -> datetime | None:
    """By our clock: Bolt has counted from its own."""
    if not installation.bot_token_expires_at:
        return None
    lasts = installation.bot_token_expires_at - installation.installed_at
    return context.clock.now() + timedelta(seconds=lasts)


def _opened(context: Context, purpose: str, token: str) -> tuple[str | None, str]:
    """The account (None: the vendor's own workspace) and the link's nonce."""
    (account, nonce), _ = sealed.opened(context, purpose, token)
    return account or None, nonce

"""Slack's way in: one ASGI app for events, clicks, commands and the installation pages."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.inbox import RENEWED
from bot.slack import (
    approvers,
    clicks,
    commands,
    customer,
    desk,
    home,
    modals,
    passing_on,
    policy_modal,
    unfurl,
)
from bot.slack.admin import Desk
from bot.slack.inbox import Bolt, later
from bot.slack.install import Flow, find_bot
from bot.slack.replies import reply
from bot.slack.tokens import SLACK_API, Tokens
from bot.words import words_of
from engine.errors import SegueError, Unavailable
from service import workspaces
from service.context import Context

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)
_LARGEST_BODY = 1_048_576


def create(
    context: Context,
    *,
    signing_secret: str | None = None,
    api_url: str = SLACK_API,
    client_id: str | None = None,
    client_secret: str | None = None,
    home_team: str | None = None,
    authorize_url: str | None = None,
    admins: Collection[str] = (),
    tokens: Tokens | None = None,
    renewed: float = RENEWED,
) -> "SlackApp":
    """The ASGI app to mount at /slack; without client id and secret it offers no installation.

    Without a signing secret it takes nothing over HTTP: Socket Mode brings everything. `admins`:
    Slack users of the home workspace who may change things, beside those added later. `renewed`:
    seconds after which what takes long is claimed anew.
    """
    tokens = tokens or Tokens(
        context, api_url=api_url, client_id=client_id, client_secret=client_secret
    )
    client = tokens.with_token(None)
    flow = None
    if client_id and client_secret:
        flow = Flow(
            context,
            tokens,
            client=client,
            home_team=home_team,
            client_id=client_id,
            client_secret=client_secret,
            authorization_url=authorize_url,
        )
    authorize: Any = Authorize(context, tokens)  # Bolt's type forgets that there may be none.
    bolt = Bolt(
        context,
        name="segue",
        logger=log,
        signing_secret=signing_secret or secrets.token_hex(),
        client=client,
        authorize=authorize,
        oauth_flow=flow,
        renewed=renewed,
        user_facing_authorize_error_message=words_of(context).say("not_linked"),
    )
    for part in (clicks, modals, approvers, customer, passing_on, unfurl):
        part.listen(bolt, context)
    place = Desk(context=context, named=frozenset(admins))
    for part in (commands, desk, policy_modal, home):
        part.listen(bolt, place)
    _listen_to_removal(bolt, context)
    _listen_to_errors(bolt, context)
    return SlackApp(bolt)


class SlackApp:
    """Bolt behind its paths, wherever it is mounted: the mount strips a prefix and adds a slash."""

    def __init__(self, bolt: Bolt) -> None:
        self.bolt = bolt
        self._handler = AsyncSlackRequestHandler(bolt, path="/slack/events")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _whole_body(receive)
        if body is None:
            await _refuse(send, 413)
            return
        path = "/slack/" + scope["path"].rstrip("/").rpartition("/")[2]

        async def replay() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await self._handler({**scope, "path": path}, replay, send)
        except ValueError:  # Not UTF-8 or not JSON: nothing that Slack sends.
            await _refuse(send, 400)

    async def catch_up(self) -> int:
        """Do what was acknowledged by a process that died before it was done."""
        return await self.bolt.inbox.catch_up()


class Authorize(AsyncAuthorize):
    """The token of the workspace a request comes from."""

    def __init__(self, context: Context, tokens: Tokens) -> None:
        self._segue, self._tokens = context, tokens

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, **_: Any
    ) -> AuthorizeResult | None:
        """The bot of the workspace or its organisation; None where the app is not linked."""
        try:
            bot = await find_bot(self._segue, self._tokens, team_id, enterprise_id)
        except Unavailable:
            raise  # Slack sends it again.
        except SegueError as error:
            log.error("workspace %s has no token: %s; install the app again", team_id, error)
            return None
        if bot is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id or bot.team_id,
            bot_user_id=bot.bot_user_id,
            bot_token=bot.bot_token,
        )


def _listen_to_removal(app: AsyncApp, context: Context) -> None:
    """The app was removed or its token revoked; the two come in any order, and again.

    An organisation may let the app into more of its workspaces, or out of some.
    """

    @app.event("app_uninstalled")
    async def uninstalled(body: dict[str, Any]) -> None:
        await _removed(context, body)

    @app.event("tokens_revoked")
    async def revoked(body: dict[str, Any]) -> None:
        if body["event"].get("tokens", {}).get("bot"):
            await _removed(context, body)

    @app.event("team_access_granted")
    async def granted(body: dict[str, Any]) -> None:
        teams, whole = body["event"].get("team_ids", ()), body.get("enterprise_id")
        await asyncio.to_thread(workspaces.joined, context, teams, str(whole))

    @app.event("team_access_revoked")
    async def withdrawn(body: dict[str, Any]) -> None:
        for team in body["event"].get("team_ids", ()):
            await asyncio.to_thread(workspaces.removed, context, team, "team_access_revoked")


async def _removed(context: Context, body: dict[str, Any]) -> None:
    said_at = body.get("event_time")
    whole = body.get("enterprise_id") if body.get("is_enterprise_install") else None
    await asyncio.to_thread(
        workspaces.removed,
        context,
        str(whole or body.get("team_id") or body.get("enterprise_id")),
        body["event"]["type"],
        said_at=datetime.fromtimestamp(said_at + 1, UTC) if said_at else None,
    )


def _listen_to_errors(app: Bolt, context: Context) -> None:
    """What nobody expected: logged with its trace, and said to who waits for an answer.

    What passes by itself is tried again without a word. Where nothing was acknowledged yet, Slack
    gets a 500 and says so itself (in an open modal).
    """

    @app.error
    async def failed(
        error: Exception, body: dict[str, Any], req: AsyncBoltRequest, respond: AsyncRespond
    ) -> None:
        if later(error, req):
            log.warning("a callback is tried again later: %s", error)
            return
        log.error("handling a callback failed", exc_info=error)
        if body.get("response_url"):
            await reply(respond, words_of(context).say("failed"))


async def _whole_body(receive: Receive) -> bytes | None:
    """The request's body; None where it is larger than anything Slack sends."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > _LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

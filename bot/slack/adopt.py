"""An installation made in Slack itself ("Install to Workspace"): its bot token is kept as ours."""

import asyncio

from slack_sdk.errors import SlackApiError

from bot.slack.refusals import named
from bot.slack.tokens import Tokens
from engine.errors import Invalid
from service import workspaces
from service.context import Context
from store.installs import SLACK, Workspace


async def adopt(context: Context, tokens: Tokens, token: str, account: str | None) -> Workspace:
    """Keep a bot token for an account; None: for the vendor's own workspace.

    Raises:
        Invalid: Slack does not take the token.
        Conflict: the workspace belongs to another account.
    """
    try:
        found = await tokens.with_token(token).auth_test()
    except SlackApiError as error:
        raise Invalid(f"Slack does not take this token: {named(error)}") from None
    workspace = Workspace(
        platform=SLACK,
        team=str(found["team_id"]),
        account=account,
        name=str(found.get("team") or ""),
        bot_user=str(found["user_id"]),
        token=context.secrets.encrypt(token),
        scopes=_scopes(found.headers),
        installed_at=context.clock.now(),
        revoked_at=None,
    )
    await asyncio.to_thread(_keep, context, workspace)
    return workspace


def _scopes(headers: dict[str, str]) -> str:
    """Slack says in a header what the token may do."""
    given = next((v for k, v in headers.items() if k.lower() == "x-oauth-scopes"), "")
    return ",".join(scope.strip() for scope in given.split(",") if scope.strip())


def _keep(context: Context, workspace: Workspace) -> None:
    with context.database.write() as session:
        workspaces.installed(session, workspace, actor="command line")

"""Who is on the other end: a Slack user of a linked workspace, matched to a person."""

import asyncio
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.refusals import refusal
from engine.errors import Forbidden, Unauthorized
from service import people
from service.channel import Retry
from service.context import Context
from store import callbacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person of an account, and the Slack user they are."""

    account: str
    person: str
    team: str
    user: str

    def of(self, account: str) -> "Caller":
        """The caller again, if `account` is theirs.

        Raises:
            Forbidden: it is somebody else's.
        """
        if account != self.account:
            raise Forbidden("this belongs to another account")
        return self


async def identify(context: Context, client: AsyncWebClient, team: str, user: str) -> Caller:
    """The person behind a Slack user: as remembered, else by the e-mail address Slack verified.

    Raises:
        Unauthorized: nobody at the workspace's account has this address.
    """
    found = await asyncio.to_thread(_by_address, context, team, user, None)
    if found is None and (email := await email_of(client, team, user)):
        found = await asyncio.to_thread(_by_address, context, team, user, email)
    if found is None:
        raise Unauthorized("nobody at this account has this e-mail address")
    return Caller(account=found[0], person=found[1], team=team, user=user)


async def profile(client: AsyncWebClient, team: str, user: str) -> dict[str, Any] | None:
    """A member of this very workspace; None for bots, guests from elsewhere and who has left."""
    try:
        found = (await client.users_info(user=user))["user"]
    except SlackApiError as error:
        if isinstance(refusal(error), Retry):
            raise  # Who they are is not known yet; that is no reason to turn them away.
        return None
    whole = found.get("enterprise_user") or {}
    teams = (found.get("team_id") or team, whole.get("enterprise_id"), *whole.get("teams", ()))
    elsewhere = found.get("is_stranger") or team not in teams
    if elsewhere or found.get("is_bot") or found.get("deleted"):
        return None
    return dict(found)


async def email_of(client: AsyncWebClient, team: str, user: str) -> str | None:
    """The address Slack has verified for a member of this workspace."""
    found = await profile(client, team, user)
    if found is None or found.get("is_email_confirmed") is False:
        return None
    email = found.get("profile", {}).get("email")
    return str(email) if email else None


async def first_time(context: Context, source: str, id: str) -> bool:
    """Whether this callback is seen for the first time; a repeated one must do nothing."""
    return await asyncio.to_thread(_claim, context, source, id)


def _claim(context: Context, source: str, id: str) -> bool:
    with context.database.write() as session:
        return callbacks.claim(session, source=source, id=id, at=context.clock.now())


def _by_address(
    context: Context, team: str, user: str, email: str | None
) -> tuple[str, str] | None:
    return people.by_address(context, channel="slack", team=team, user=user, email=email)

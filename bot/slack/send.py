"""Slack as a channel: one direct message a delivery, or an update of an earlier one."""

import asyncio
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import messages
from bot.slack.refusals import GONE, named, refusal
from engine.errors import SegueError, Unavailable
from service.channel import Channel, DeliveryKind, Failed, Outgoing, Retry, Sent
from service.context import Context
from store import installs, people

SLACK_API = "https://slack.com/api/"
TIMEOUT = 10
_TRY_AGAIN = 15.0


class SlackChannel(Channel):
    """Sends deliveries as the app, with the token of the account's own workspace."""

    name = "slack"

    def __init__(self, context: Context, *, api_url: str = SLACK_API, timeout: int = TIMEOUT):
        self._context, self._api_url, self._timeout = context, api_url, timeout

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Failed:
        """Post the delivery, or say why not."""
        try:
            return await self._send(outgoing)
        except SlackApiError as error:
            return refusal(error)
        except (ClientError, TimeoutError, OSError) as error:
            return Retry(_TRY_AGAIN, f"no answer from Slack: {type(error).__name__}")
        except Unavailable:
            raise  # The database is away: nothing was posted, and the delivery is all right.
        except SegueError as error:
            return Failed(str(error))

    async def _send(self, outgoing: Outgoing) -> Sent | Retry | Failed:
        sent = messages.payload(outgoing)
        if outgoing.reference and outgoing.kind in (DeliveryKind.CARD, DeliveryKind.RECEIPT):
            return await self._follow_up(outgoing, outgoing.reference, sent)
        if outgoing.kind is DeliveryKind.CARD:
            return Failed("there is no message to update")
        for workspace in await asyncio.to_thread(self._workspaces, outgoing):
            result = await self._direct(outgoing, workspace, sent)
            if result is not None:
                return result
        return Failed("person_unreachable: nobody in the workspace has this e-mail address")

    async def _follow_up(
        self, outgoing: Outgoing, reference: str, sent: dict[str, Any]
    ) -> Sent | Retry | Failed:
        """Update the message at TEAM/ROOM/TS, or answer in its thread."""
        team, room, ts = reference.split("/")
        workspace = await asyncio.to_thread(self._workspace, outgoing, team)
        client = self._client(workspace)
        if outgoing.kind is DeliveryKind.CARD:
            shown = {k: v for k, v in sent.items() if not k.startswith("unfurl")}
            return await self._post(client.chat_update, workspace, shown, channel=room, ts=ts)
        return await self._post(
            client.chat_postMessage, workspace, sent, channel=room, thread_ts=ts
        )

    async def _direct(
        self, outgoing: Outgoing, workspace: installs.Workspace, sent: dict[str, Any]
    ) -> Sent | Retry | Failed | None:
        """A direct message; None where this workspace doesn't know the person."""
        client = self._client(workspace)
        user = await self._user(client, outgoing, workspace)
        if user is None:
            return None
        opened = await self._called(workspace, client.conversations_open, users=user)
        room = opened["channel"]["id"]
        return await self._post(client.chat_postMessage, workspace, sent, channel=room)

    async def _user(
        self, client: AsyncWebClient, outgoing: Outgoing, workspace: installs.Workspace
    ) -> str | None:
        """The person's Slack user: as remembered, else by e-mail, and then remembered."""
        if outgoing.address:
            return outgoing.address.split("/")[-1]
        if not outgoing.person.email:
            return None
        try:
            found = await self._called(
                workspace, client.users_lookupByEmail, email=outgoing.person.email
            )
        except SlackApiError as error:
            if named(error) == "users_not_found":
                return None
            raise
        user = str(found["user"]["id"])
        await asyncio.to_thread(self._remember, outgoing, f"{workspace.team}/{user}")
        return user

    async def _post(
        self, call: Any, workspace: installs.Workspace, sent: dict[str, Any], **where: str
    ) -> Sent:
        """Post or update; once more without the chart where Slack can't fetch it."""
        try:
            answer = await self._called(workspace, call, **where, **sent)
        except SlackApiError as error:
            plainer = messages.without_chart(sent)
            if named(error) != "invalid_blocks" or plainer["blocks"] == sent["blocks"]:
                raise
            answer = await self._called(workspace, call, **where, **plainer)
        return Sent("/".join((workspace.team, answer["channel"], answer["ts"])))

    async def _called(self, workspace: installs.Workspace, call: Any, **values: Any) -> Any:
        """One call; where Slack says that the app is gone, the installation is over."""
        try:
            return await call(**values)
        except SlackApiError as error:
            if named(error) in GONE:
                await asyncio.to_thread(self._revoke, workspace)
            raise
        except AttributeError:
            raise ClientError("the answer is not Slack's") from None  # A proxy's page of text.

    def _client(self, workspace: installs.Workspace) -> AsyncWebClient:
        token = self._context.secrets.decrypt(workspace.token)
        return AsyncWebClient(
            token=token, base_url=self._api_url, timeout=self._timeout, retry_handlers=[]
        )

    def _workspaces(self, outgoing: Outgoing) -> tuple[installs.Workspace, ...]:
        if outgoing.address:
            return (self._workspace(outgoing, outgoing.address.split("/")[0]),)
        with self._context.database.read() as session:
            found = installs.of_account(session, outgoing.account)
        if not found:
            raise SegueError("app_removed: no Slack workspace is linked to this account")
        return found

    def _workspace(self, outgoing: Outgoing, team: str) -> installs.Workspace:
        with self._context.database.read() as session:
            found = installs.by_team(session, team)
        if found is None or found.account != outgoing.account:
            raise SegueError("app_removed: this workspace is no longer linked to the account")
        return found

    def _remember(self, outgoing: Outgoing, address: str) -> None:
        with self._context.database.write() as session:
            people.set_address(session, outgoing.account, outgoing.person.id, self.name, address)

    def _revoke(self, workspace: installs.Workspace) -> None:
        with self._context.database.write() as session:
            installs.revoke(session, workspace.team, self._context.clock.now())

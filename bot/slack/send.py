"""Slack as a channel: one direct message a delivery, or an update of an earlier one."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.meaning import Meaning
from bot.pace import Pace, Rates, method_lane, room_lane
from bot.slack import arrived, messages, welcome
from bot.slack.place import Place
from bot.slack.refusals import GONE, PASSING, meaning, named, refusal, wait_of
from bot.slack.tokens import SLACK_API, TIMEOUT, Tokens
from engine.errors import SegueError, Unavailable
from service import workspaces
from service.channel import Channel, DeliveryKind, Failed, Hold, Outgoing, Retry, Sent
from service.context import Context
from store import installs, people
from store.installs import Workspace
from store.lanes import Rate

RATES = Rates(
    room=Rate(gap=timedelta(seconds=1), burst=3),
    workspace=Rate(gap=timedelta(milliseconds=200), burst=20),
    method=timedelta(milliseconds=1200),
)
"""Slack publishes one message a second in a room, with short bursts above that, several hundred a
minute in a workspace, and some fifty calls a minute of a method that it counts by workspace."""
_TRY_AGAIN = 15.0
_LOOK_AGAIN = timedelta(seconds=15)
_ROOMS = 10_000
_PUSHED = (DeliveryKind.SUMMARY, DeliveryKind.NOTICE)

__all__ = ["SLACK_API", "TIMEOUT", "SlackChannel"]


class Held(Exception):
    """It is not its turn: nothing was sent."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.reason)
        self.hold = hold


class Unlinked(SegueError):
    """The app is no longer in a workspace that a message was sent to."""


class SlackChannel(Channel):
    """Sends deliveries as the app, with the token of the account's own workspace."""

    name = "slack"

    def __init__(
        self,
        context: Context,
        *,
        api_url: str = SLACK_API,
        timeout: int = TIMEOUT,
        tokens: Tokens | None = None,
    ) -> None:
        self._context = context
        self._tokens = tokens or Tokens(context, api_url=api_url, timeout=timeout)
        self._pace = Pace(context, RATES)
        self._rooms: dict[tuple[str, str], str] = {}

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Hold | Failed:
        """Post the delivery, or say why not."""
        try:
            return await self._send(outgoing)
        except Held as held:
            return held.hold
        except SlackApiError as error:
            return refusal(error)
        except (ClientError, TimeoutError, OSError) as error:
            why = f"{Meaning.ANSWER_LOST}: no answer from Slack: {type(error).__name__}"
            return Retry(_TRY_AGAIN, why, unsure=True)
        except Unavailable:
            raise  # The database is away: nothing was posted, and the delivery is all right.
        except SegueError as error:
            return Failed(str(error))

    async def _send(self, outgoing: Outgoing) -> Sent | Retry | Failed:
        sent = messages.payload(outgoing)
        if outgoing.kind in (DeliveryKind.CARD, DeliveryKind.WITHDRAWAL) and outgoing.reference:
            return await self._change(outgoing, Place.read(outgoing.reference), sent)
        if outgoing.kind in (DeliveryKind.CARD, DeliveryKind.WITHDRAWAL):
            return Failed("there is no message to update")
        if outgoing.reference:
            try:
                return await self._follow_up(outgoing, Place.read(outgoing.reference), sent)
            except SlackApiError as error:
                gone = meaning(error) in (Meaning.ROOM_GONE, Meaning.MESSAGE_GONE)
                if outgoing.kind is DeliveryKind.RECEIPT or not gone:
                    raise  # A push whose thread is gone begins another.
            except Unlinked:
                if outgoing.kind is DeliveryKind.RECEIPT:
                    raise
        for workspace in await asyncio.to_thread(self._workspaces, outgoing):
            result = await self._direct(outgoing, workspace, sent)
            if result is not None:
                return result
        return Failed("person_unreachable: nobody in the workspace has this e-mail address")

    async def _change(self, outgoing: Outgoing, place: Place, sent: dict[str, Any]) -> Sent:
        """Update an earlier message; one that is withdrawn goes, where Slack lets it."""
        workspace = await asyncio.to_thread(self._workspace, outgoing, place.team)
        client = await self._client(workspace)
        await self._turn(workspace, place.room, post=False)
        if outgoing.kind is DeliveryKind.WITHDRAWAL:
            try:
                call, at = client.chat_delete, {"channel": place.room, "ts": place.ts}
                await self._called(workspace, call, place.room, **at)
                return Sent(str(place))
            except SlackApiError as error:
                if named(error) == "message_not_found":
                    return Sent(str(place))  # It is gone already.
                if meaning(error) not in (Meaning.MESSAGE_GONE, Meaning.REFUSED):
                    raise
        shown = {k: v for k, v in sent.items() if not k.startswith("unfurl")}
        where = {"channel": place.room, "ts": place.ts}
        await self._post(client.chat_update, workspace, shown, place.room, **where)
        return Sent(str(place))

    async def _follow_up(self, outgoing: Outgoing, place: Place, sent: dict[str, Any]) -> Sent:
        """Another message in the thread of an earlier one."""
        workspace = await asyncio.to_thread(self._workspace, outgoing, place.team)
        client = await self._client(workspace)
        if outgoing.kind in _PUSHED and outgoing.address:
            user = outgoing.address.split("/")[-1]
            await self._welcome(client, outgoing, workspace, user)
        await self._turn(workspace, place.room, post=True)
        return await self._once(client, outgoing, workspace, sent, place.room, place.thread)

    async def _direct(
        self, outgoing: Outgoing, workspace: Workspace, sent: dict[str, Any]
    ) -> Sent | None:
        """A direct message; None where this workspace doesn't know the person."""
        client = await self._client(workspace)
        user = await self._user(client, outgoing, workspace)
        if user is None:
            return None
        room = await self._room(client, workspace, user)
        if outgoing.kind in _PUSHED:
            await self._welcome(client, outgoing, workspace, user)
        await self._turn(workspace, room, post=True)
        return await self._once(client, outgoing, workspace, sent, room, None)

    async def _once(
        self,
        client: AsyncWebClient,
        outgoing: Outgoing,
        workspace: Workspace,
        sent: dict[str, Any],
        room: str,
        thread: str | None,
    ) -> Sent:
        """Post it, unless an earlier try is found to have arrived."""
        if outgoing.unsure_since is not None:
            ts = await self._arrived(client, outgoing, workspace, room, thread)
            if ts is not None:
                return Sent(str(Place(workspace.team, room, ts, thread)))
        marked = {**sent, "metadata": arrived.mark(outgoing)}
        where = {"channel": room} | ({"thread_ts": thread} if thread else {})
        answer = await self._post(client.chat_postMessage, workspace, marked, room, **where)
        return Sent(str(Place(workspace.team, answer["channel"], answer["ts"], thread)))

    async def _arrived(
        self,
        client: AsyncWebClient,
        outgoing: Outgoing,
        workspace: Workspace,
        room: str,
        thread: str | None,
    ) -> str | None:
        """Where an earlier try of this delivery is; where nobody may look, it is posted again."""
        call = client.conversations_replies if thread else client.conversations_history
        where = {"channel": room} | ({"ts": thread} if thread else {})
        try:
            answer = await self._called(workspace, call, **where, **arrived.asked(outgoing))
        except SlackApiError as error:
            if meaning(error) in PASSING:
                raise Held(Hold(self._context.clock.now() + _LOOK_AGAIN, meaning(error))) from error
            return None
        return arrived.found(answer.data, outgoing)

    async def _user(
        self, client: AsyncWebClient, outgoing: Outgoing, workspace: Workspace
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

    async def _room(self, client: AsyncWebClient, workspace: Workspace, user: str) -> str:
        """The direct conversation with somebody; it stays the same."""
        known = self._rooms.get((workspace.team, user))
        if known is None:
            opened = await self._called(workspace, client.conversations_open, users=user)
            known = str(opened["channel"]["id"])
            if len(self._rooms) >= _ROOMS:
                self._rooms.clear()
            self._rooms[workspace.team, user] = known
        return known

    async def _welcome(
        self, client: AsyncWebClient, outgoing: Outgoing, workspace: Workspace, user: str
    ) -> None:
        """Hold a push back while Slack says that its reader is not to be disturbed."""

        async def call(method: Any, **values: Any) -> Any:
            return await self._called(workspace, method, **values)

        hold = await welcome.look(self._context, outgoing, client, call, user)
        if hold is not None:
            raise Held(hold)

    async def _turn(self, workspace: Workspace, room: str, *, post: bool) -> None:
        hold = await self._pace.turn(workspace.team, room, post=post)
        if hold is not None:
            raise Held(hold)

    async def _post(
        self, call: Any, workspace: Workspace, sent: dict[str, Any], room: str, **where: str
    ) -> Any:
        """Post or update; plainer where Slack does not take it, first of all without the chart."""
        for shown in messages.plainer(sent):
            try:
                return await self._called(workspace, call, room, **where, **shown)
            except SlackApiError as error:
                refused = error
                if meaning(error) is not Meaning.MESSAGE_REFUSED:
                    raise
        raise refused

    async def _called(
        self, workspace: Workspace, call: Any, room: str | None = None, **values: Any
    ) -> Any:
        """One call, not made while its lane is closed; what Slack says of the lane is kept.

        Where it says that the app is gone, the installation is over.
        """
        team = workspace.team
        if (hold := await self._pace.closed(team, room, call.__name__)) is not None:
            raise Held(hold)
        try:
            return await call(**values)
        except SlackApiError as error:
            if named(error) in GONE:
                await asyncio.to_thread(workspaces.removed, self._context, team, named(error))
            if meaning(error) is Meaning.RATE_LIMITED:
                lane = room_lane(team, room) if room else method_lane(team, call.__name__)
                await self._pace.close(lane, wait_of(error), named(error) or "429")
            if meaning(error) is Meaning.TOKEN_OVER and workspace.refresh_token:
                await asyncio.to_thread(workspaces.expired, self._context, team)
                raise Held(Hold(self._context.clock.now(), Meaning.TOKEN_OVER)) from error
            raise
        except AttributeError:
            raise ClientError("the answer is not Slack's") from None  # A proxy's page of text.

    async def _client(self, workspace: Workspace) -> AsyncWebClient:
        return await self._tokens.client(workspace)

    def _workspaces(self, outgoing: Outgoing) -> tuple[Workspace, ...]:
        if outgoing.address:
            return (self._workspace(outgoing, outgoing.address.split("/")[0]),)
        with self._context.database.read() as session:
            found = installs.of_account(session, outgoing.account)
        if not found:
            raise SegueError("app_removed: no Slack workspace is linked to this account")
        return found

    def _workspace(self, outgoing: Outgoing, team: str) -> Workspace:
        with self._context.database.read() as session:
            found = installs.by_team(session, team)
        if found is None or found.account != outgoing.account:
            raise Unlinked("app_removed: this workspace is no longer linked to the account")
        return found

    def _remember(self, outgoing: Outgoing, address: str) -> None:
        with self._context.database.write() as session:
            people.set_address(session, outgoing.account, outgoing.person.id, self.name, address)

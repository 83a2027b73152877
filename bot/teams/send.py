"""Teams as a channel: one message in the chat of two with its reader, or an update of one."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from bot.card import card
from bot.meaning import Meaning
from bot.pace import Pace, Rates, method_lane, room_lane
from bot.refs import Ref
from bot.teams import cards
from bot.teams.connector import Connector
from bot.teams.place import LOST, Place
from bot.teams.refusals import GONE, meaning, named, refusal, wait_of
from bot.words import TEAMS
from engine.alert import AlertClass
from engine.errors import SegueError, Unavailable
from service import rooms as kept
from service.channel import Channel, DeliveryKind, Failed, Hold, Outgoing, Retry, Sent
from service.context import Context
from store import rooms
from store.lanes import Rate
from store.rooms import PERSONAL, StoredRoom

RATES = Rates(
    room=Rate(gap=timedelta(seconds=2.01), burst=7),
    workspace=Rate(gap=timedelta(milliseconds=40), burst=25),
    method=timedelta(seconds=1),
)
"""Microsoft publishes 7 messages in a second, 8 in two, 60 in thirty and 1,800 in an hour for a
conversation, and 50 a second for an app in a tenant: these stay below each of them, which is why
it is not every two seconds: with the first seven that were 1,807 in an hour."""
_CHANGES = (DeliveryKind.CARD, DeliveryKind.WITHDRAWAL)
_OPEN = "conversations"
T = TypeVar("T")


class TeamsChannel(Channel):
    """Sends deliveries as the app, into the chat of two with whom they are for."""

    name = TEAMS

    def __init__(self, context: Context, connector: Connector) -> None:
        self._context, self._connector = context, connector
        self._pace = Pace(context, RATES)

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Hold | Failed:
        """Post the delivery, or say why not."""
        try:
            if outgoing.kind in _CHANGES:
                return await self._change(outgoing)
            return await self._post(outgoing)
        except httpx.HTTPError as error:
            return refusal(error)
        except Unavailable:
            raise  # The database is away: nothing was posted, and the delivery is all right.
        except SegueError as error:
            return Failed(str(error))

    async def _post(self, outgoing: Outgoing) -> Sent | Retry | Hold | Failed:
        """A new message; a suggestion that may have arrived is not sent again."""
        if outgoing.address is None:
            return Failed(f"{Meaning.PERSON_UNREACHABLE}: the app is not with them")
        tenant, _, member = outgoing.address.partition("/")
        if outgoing.unsure_since is not None and _spends(outgoing):
            return Sent(str(Place(tenant, LOST, LOST)))
        room = await self._room(outgoing, tenant, member)
        if isinstance(room, Hold | Retry | Failed):
            return room
        if (hold := await self._pace.turn(tenant, room.id, post=True)) is not None:
            return hold
        made = card(outgoing, TEAMS)
        shown = cards.message(made, refresh=_about(outgoing))
        id = await self._called(
            room, self._connector.post(room.service_url, room.id, shown, summary=made.summary)
        )
        return id if isinstance(id, Hold) else Sent(str(Place(tenant, room.id, id)))

    async def _change(self, outgoing: Outgoing) -> Sent | Hold | Failed:
        """Update an earlier message; one that is withdrawn goes."""
        if not outgoing.reference:
            return Failed("there is no message to update")
        place = Place.read(outgoing.reference)
        room = await asyncio.to_thread(self._known, place.tenant, place.room)
        if room is None or room.account != outgoing.account or place.message == LOST:
            return Failed(f"{Meaning.MESSAGE_GONE}: it is not known where it is")
        if (hold := await self._pace.turn(place.tenant, room.id, post=False)) is not None:
            return hold
        where = room.service_url, room.id, place.message
        if outgoing.kind is DeliveryKind.WITHDRAWAL:
            try:
                await self._called(room, self._connector.delete(*where))
                return Sent(str(place))
            except httpx.HTTPStatusError as error:
                if error.response.status_code == 404:
                    return Sent(str(place))  # It is gone already.
                if error.response.status_code != 403:
                    raise
        made = card(outgoing, TEAMS)
        shown = cards.message(made, refresh=_about(outgoing))
        held = await self._called(room, self._connector.update(*where, shown, summary=made.summary))
        return held if isinstance(held, Hold) else Sent(str(place))

    async def _room(
        self, outgoing: Outgoing, tenant: str, member: str
    ) -> StoredRoom | Hold | Retry | Failed:
        """The chat of two with somebody: as known, else opened where the app is in their team.

        Where that fails no message was on its way, however it failed.
        """
        known, via, no = await asyncio.to_thread(self._rooms, outgoing, tenant, member)
        if known is not None:
            return known
        if no:
            return Failed(f"{Meaning.PERSON_UNREACHABLE}: they took the app out")
        if via is None:
            return Failed(f"{Meaning.APP_REMOVED}: the app is nowhere in this organisation")
        hold = await self._pace.closed(tenant, None, _OPEN)
        if hold is not None:
            return hold
        opened = self._connector.open(via.service_url, tenant, member)
        try:
            id = await self._called(via, opened, lane=method_lane(tenant, _OPEN), member=member)
        except httpx.HTTPError as error:
            told = refusal(error)
            return replace(told, unsure=False) if isinstance(told, Retry) else told
        if isinstance(id, Hold):
            return id
        now = self._context.clock.now()
        room = StoredRoom(
            platform=TEAMS,
            team=tenant,
            id=id,
            kind=PERSONAL,
            member=member,
            service_url=via.service_url,
            bot=via.bot,
            since=now,
            seen_at=now,
        )
        await asyncio.to_thread(kept.entered, self._context, room)
        return room

    async def _called(
        self,
        room: StoredRoom,
        call: Coroutine[Any, Any, T],
        *,
        lane: str | None = None,
        member: str | None = None,
    ) -> T | Hold:
        """One call; what Microsoft says of the room is kept: closed for a while, or for good.

        `member`: whom it is about, where that is somebody else than the room is with.
        """
        lane = lane or room_lane(room.team, room.id)
        hold = await self._pace.closed(room.team, room.id, _OPEN)
        if hold is not None:
            call.close()
            return hold
        try:
            return await call
        except httpx.HTTPStatusError as error:
            if meaning(error) is Meaning.RATE_LIMITED:
                await self._pace.close(lane, wait_of(error), named(error) or "429")
            why = GONE.get(named(error))
            if why is not None and member is not None:
                away = room.team, member
                await asyncio.to_thread(kept.unreachable, self._context, TEAMS, *away)
            elif why is not None:
                gone = room.team, room.id, why
                await asyncio.to_thread(kept.left, self._context, TEAMS, *gone)
            raise

    def _rooms(
        self, outgoing: Outgoing, tenant: str, member: str
    ) -> tuple[StoredRoom | None, StoredRoom | None, bool]:
        """The chat with somebody, any conversation through which one can be opened, and whether
        none is to be."""
        with self._context.database.read() as session:
            here = [r for r in rooms.of_team(session, TEAMS, tenant) if r.gone_at is None]
            known = rooms.of_member(session, TEAMS, tenant, member)
            no = rooms.said_no(session, TEAMS, tenant, member)
        here = [r for r in here if r.account == outgoing.account]
        if known is not None and known.account != outgoing.account:
            known = None
        return known, next(iter(here), None), no

    def _known(self, tenant: str, room: str) -> StoredRoom | None:
        with self._context.database.read() as session:
            found = rooms.get(session, TEAMS, tenant, room)
        return found if found is not None and found.gone_at is None else None


def _spends(outgoing: Outgoing) -> bool:
    """Whether it spends attention: that once too often is worse than once too little."""
    notice = outgoing.story.alert_class is AlertClass.NOTICE
    return outgoing.kind is DeliveryKind.SUMMARY and not notice


def _about(outgoing: Outgoing) -> Ref | None:
    """What a card is drawn anew from when it is opened; a line or two need not be."""
    if outgoing.kind in (DeliveryKind.RECEIPT, DeliveryKind.WITHDRAWAL):
        return None
    case = outgoing.extra.get("case", "") if outgoing.kind is DeliveryKind.FORWARD else ""
    return Ref(account=outgoing.account, alert=outgoing.alert, case=case)

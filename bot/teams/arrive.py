"""The app comes into a chat, a team or a group, or goes: where it may write is kept."""

import asyncio
import logging
from collections.abc import Sequence

import httpx

from bot.posted import product
from bot.said import Said
from bot.teams import said
from bot.teams.caller import Desk, asked
from bot.teams.incoming import Incoming
from bot.teams.refusals import refusal
from bot.words import TEAMS, Words, words_of
from service import rooms
from service.channel import Retry
from service.people import account_name, display, of_token
from service.rooms import Entered, Member
from store import rooms as stored

log = logging.getLogger(__name__)
_MET = 200
"""Conversations of an organisation that are looked through when it is linked."""


async def changed(desk: Desk, incoming: Incoming) -> None:
    """An installation, or who is in a conversation, is another than before."""
    ours = {incoming.bot}
    added = {str(one.get("id")) for one in incoming.added}
    gone = {str(one.get("id")) for one in incoming.removed}
    if incoming.type == "installationUpdate":
        if incoming.action.startswith("remove"):
            await _left(desk, incoming)
        else:
            await arrived(desk, incoming)
    elif gone & ours:
        await _left(desk, incoming)
    elif added & ours:
        await arrived(desk, incoming)
    elif added:
        await asyncio.to_thread(_entered, desk, incoming)
        await _meet(desk, incoming)


async def arrived(desk: Desk, incoming: Incoming) -> None:
    """Keep where it is, learn who is there, and say hello once."""
    entered = await asyncio.to_thread(_entered, desk, incoming)
    found = await met(desk, incoming, entered)
    if entered.fresh:
        words = words_of(desk.context, TEAMS)
        person = found.get(incoming.member) if incoming.personal else None
        text = await asyncio.to_thread(_hello, desk, incoming, entered, person, words)
        card = said.shown(Said(lines=tuple(text)), words)
        await desk.connector.post(incoming.service_url, incoming.room, card, summary=text[0])


async def met(desk: Desk, incoming: Incoming, entered: Entered) -> dict[str, str]:
    """Learn who is there; where Teams does not say it now, the app comes in when it is tried again.

    Raises:
        httpx.HTTPError: Teams does not say it now.
    """
    try:
        return await _meet(desk, incoming)
    except httpx.HTTPError:
        if entered.fresh:
            away = incoming.tenant, incoming.room
            await asyncio.to_thread(rooms.not_met, desk.context, TEAMS, *away)
        raise


async def meet_all(desk: Desk, tenant: str) -> None:
    """The organisation was linked just now: who is in the conversations that are there already."""
    with desk.context.database.read() as session:
        here = [r for r in stored.of_team(session, TEAMS, tenant) if r.gone_at is None][:_MET]
    for room in here:
        try:
            found = await desk.connector.members(room.service_url, room.id)
        except httpx.HTTPError as error:
            log.warning("who is in %s is not known: %s", room.id, type(error).__name__)
            continue
        if room.member:  # A chat of two: the other one is the app.
            found = [one for one in found if one.id == room.member]
        await asyncio.to_thread(rooms.known, desk.context, TEAMS, tenant, found)


async def _left(desk: Desk, incoming: Incoming) -> None:
    gone = incoming.tenant, incoming.room, "uninstalled"
    await asyncio.to_thread(rooms.left, desk.context, TEAMS, *gone)


async def _meet(desk: Desk, incoming: Incoming) -> dict[str, str]:
    """Who of those in the conversation is somebody of the account: they can be written to.

    Raises:
        httpx.HTTPError: Teams does not say it now.
    """
    workspace = await asyncio.to_thread(_entered, desk, incoming)
    if workspace.workspace is None or workspace.workspace.account is None:
        return {}
    members: Sequence[Member]
    try:
        if incoming.personal:
            one = await asked(desk, incoming)
            members = (one,) if one is not None else ()
        else:
            members = await desk.connector.members(incoming.service_url, incoming.room)
    except httpx.HTTPError as error:
        if isinstance(refusal(error), Retry):
            raise
        log.warning("who is in %s is not known: %s", incoming.room, type(error).__name__)
        return {}
    return await asyncio.to_thread(rooms.known, desk.context, TEAMS, incoming.tenant, members)


def _entered(desk: Desk, incoming: Incoming) -> Entered:
    return rooms.entered(desk.context, incoming.stored(desk.context.clock.now()))


def _hello(
    desk: Desk, incoming: Incoming, entered: Entered, person: str | None, words: Words
) -> list[str]:
    """What is said first, and what is missing."""
    if entered.workspace is None:
        return [words.say("not_linked")]
    if entered.workspace.account is None:
        return [words.say("bound_home")]
    name = product(desk.context)
    if not incoming.personal:
        return [words.say("welcome_team", product=name)]
    if person is None:
        return [words.say("welcome", product=name), words.say("unknown_person")]
    who = of_token(desk.context, entered.workspace.account, person)
    told = words.say(
        "welcome_who",
        name=display(who),
        role=words.role(who.role),
        account=account_name(desk.context, entered.workspace.account),
    )
    return [words.say("welcome", product=name), told, words.say("see_help")]

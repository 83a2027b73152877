"""What is typed to the app: in a chat of two, or after an @mention."""

import asyncio

import httpx

from bot import hints
from bot.grammar import Misread, Place, parse
from bot.said import Said
from bot.sorry import sorry, sorry_desk
from bot.teams import customers, linking, vendor
from bot.teams.arrive import meet_all, met
from bot.teams.asked import Asked
from bot.teams.caller import Desk
from bot.teams.incoming import Incoming
from bot.words import TEAMS, words_of
from engine.errors import SegueError, Unavailable
from service import rooms


async def answered(desk: Desk, incoming: Incoming) -> None:
    """Carry out what was typed."""
    entered = await asyncio.to_thread(
        rooms.entered,
        desk.context,
        incoming.stored(desk.context.clock.now()),
        zone=incoming.zone,
    )
    if entered.fresh and incoming.personal:  # Teams does not say when somebody ends their block.
        await met(desk, incoming, entered)
    words = words_of(desk.context, TEAMS)
    one = Asked(desk=desk, incoming=incoming, words=words)
    if (code := linking.code_in(incoming.text)) is not None:
        bound, fresh = await asyncio.to_thread(linking.bound, one, code)
        if fresh:
            await meet_all(desk, incoming.tenant)
        await one.say(bound)
        return
    if entered.workspace is None:
        await one.say(Said(lines=(words.say("not_linked"),)))
        return
    home = entered.workspace.account is None
    command = parse(incoming.text, Place.HOME if home else Place.CUSTOMER)
    place = Place.HOME if home else Place.CUSTOMER
    if isinstance(command, Misread) or command.verb.name == "help":
        await one.say(hints.helped(command, place, words))
        return
    try:
        await (vendor.answered(one, command) if home else customers.answered(one, command))
    except (Unavailable, httpx.HTTPError):
        raise  # It is tried again by itself.
    except SegueError as error:
        wrong = sorry_desk(error, command, words) if home else Said(lines=(sorry(error, words),))
        await one.say(wrong)

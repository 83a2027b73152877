"""What admins type in the vendor's own organisation."""

import asyncio
import logging
from typing import Any

import httpx

from bot import looking, office, replay
from bot.card import card
from bot.changes import Order
from bot.grammar import Command
from bot.said import Said, with_lines
from bot.teams import cards, linking, said
from bot.teams.asked import Asked, own_room
from bot.teams.caller import actor
from bot.teams.doctor import troubles
from bot.teams.text import Element
from bot.words import TEAMS, Words
from service import preview, replayed
from service.replayed import Replay

log = logging.getLogger(__name__)
POLICY = "policy"
"""The form is opened by a button, since a message can't open one by itself."""


async def answered(one: Asked, command: Command) -> None:
    """Carry it out, for who has the admin role."""
    words, incoming = one.words, one.incoming
    if not await one.desk.admits(incoming.member):
        await one.say(await one.desk.refusal(incoming.member, words))
        return
    order = Order(command=command, line=incoming.text, by=actor(incoming))
    match command.verb.name:
        case "link":
            await one.say(await asyncio.to_thread(linking.offered, one, command.account or ""))
        case "preview":
            await _preview(one, command)
        case "test":
            title, lead = words.say("test_title"), words.say("test_lead")
            shown = cards.message(card(looking.sample(words), TEAMS))
            await _still(one, title, (lead,), shown)
        case "simulate":
            await _simulate(one, command)
        case "doctor":
            found = await asyncio.to_thread(office.answer, one.context, words, order)
            more = await asyncio.to_thread(troubles, one.context, words.locale)
            await one.say(with_lines(found, more))
        case _ if office.wants_form(command):
            button = cards.form(POLICY, words.say("policy_title"))
            await one.say(Said(lines=(words.say("policy_intro"),)), button)
        case _:
            await one.say(await asyncio.to_thread(office.answer, one.context, words, order))


async def _preview(one: Asked, command: Command) -> None:
    assert command.moment is not None
    found = await asyncio.to_thread(
        preview.preview,
        one.context,
        command.account or "",
        command.moment,
        audience=command.audience,
    )
    words = one.words
    title, lines = looking.about(found, words, words.moment(command.moment))
    await one.say(Said(title=title, lines=lines))
    for each in found:
        shown = cards.message(card(each.outgoing, TEAMS))
        await _still(one, "", (looking.whose(each, words), words.say("preview_small")), shown)


async def _still(one: Asked, title: str, lines: tuple[str, ...], shown: Element) -> None:
    """A message to be looked at, under a line that says so."""
    head = said.shown(Said(title=title, small=lines), one.words)
    idle = cards.still(shown)
    await one.show({**idle, "body": [*head["body"], *idle["body"]]}, title or lines[0])


async def _simulate(one: Asked, command: Command) -> None:
    """Begin, and follow it in one message of the chat of two."""
    words, by = one.words, actor(one.incoming)
    begun = await asyncio.to_thread(replay.begin, one.context, command, by, words)
    room = await asyncio.to_thread(own_room, one.context, one.incoming)
    if room is None:
        await one.say(Said(lines=(words.say("private_not"),)))
        return
    where, connector = (room.service_url, room.id), one.desk.connector
    first = _progress(begun, Replay(id=begun.id, done=False, progress=(0, 0)), words)
    message = await connector.post(*where, said.shown(first, words), summary=begun.title)
    who = await asyncio.to_thread(replay.asked, one.context, one.incoming.user_name, words)

    async def changed(found: Replay) -> None:
        shown = said.shown(_progress(begun, found, words), words)
        if replay.over(found):
            url = replayed.chart_url(one.context, begun.id) if found.done else None
            shown = _result(begun, found, url, who, words)
        try:
            await connector.update(*where, message, shown, summary=begun.title)
        except httpx.HTTPError as error:
            log.warning("a replay's message could not be changed: %s", type(error).__name__)

    one.desk.keep_running(asyncio.create_task(replay.follow(one.context, begun, changed)))


def _progress(begun: replay.Begun, found: Replay, words: Words) -> Said:
    done, of, text = replay.progress(found, words)
    lines = (words.say("simulate_step"), f"{cards.bar(done / of)} {text}".strip())
    return Said(title=begun.title, lines=lines)


def _result(
    begun: replay.Begun, found: Replay, url: str | None, asked: str, words: Words
) -> dict[str, Any]:
    result = replay.result(begun, found, words)
    shown = said.shown(result, words)
    if replay.spoke(found):
        shown["body"] += cards.picture(url, replay.alt(found, words))
    if found.done and (pairs := replay.silences(found, words)):
        heading = Said(lines=(words.say("simulate_silence"),), pairs=pairs)
        shown["body"] += said.shown(heading, words)["body"]
    shown["body"] += said.shown(Said(small=(asked,)), words)["body"]
    return shown

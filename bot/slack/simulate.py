"""`/segue simulate`: a replay of stored usage, followed in one message that tells how far it is."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import replay
from bot.grammar import Command
from bot.replay import Begun
from bot.said import Said
from bot.slack import answer, blocks, messages
from bot.slack.admin import Desk, actor, name_of
from bot.slack.caller import profile
from bot.slack.previews import send
from bot.slack.replies import reply
from bot.slack.text import Block
from bot.words import Words
from service import replayed
from service.replayed import Replay

log = logging.getLogger(__name__)


async def start(
    place: Desk,
    client: AsyncWebClient,
    respond: AsyncRespond,
    body: Mapping[str, Any],
    command: Command,
    words: Words,
) -> None:
    """Begin, say so at once, and follow it in a message of its own."""
    team, user, context = body["team_id"], body["user_id"], place.context
    begun = await asyncio.to_thread(replay.begin, context, command, actor(team, user), words)
    line = words.say("simulate_started")
    await reply(respond, line, blocks.section(line, "answer"))
    first = progress(begun.title, Replay(id=begun.id, done=False, progress=(0, 0)), words)
    room, ts = await send(client, user, begun.title, first)
    who = name_of(await profile(client, team, user), user)
    asked = await asyncio.to_thread(replay.asked, context, who, words)

    async def changed(found: Replay) -> None:
        if not replay.over(found):
            shown = progress(begun.title, found, words)
            await _change(client, room, ts, begun.title, shown)
            return
        url = replayed.chart_url(context, begun.id) if found.done else None
        text, made = result(begun, found, url, asked, words)
        await _change(client, room, ts, text, made)

    task = asyncio.create_task(replay.follow(context, begun, changed))
    place.running.add(task)
    task.add_done_callback(place.running.discard)


def progress(title: str, found: Replay, words: Words) -> list[Block]:
    """How far it is, as a bar of text."""
    done, of, said = replay.progress(found, words)
    return [
        blocks.header(title),
        blocks.section(words.say("simulate_step"), "step"),
        blocks.context([f"{blocks.bar(done, of)} {said}".strip()], "progress"),
    ]


def result(
    begun: Begun, found: Replay, url: str | None, asked: str, words: Words
) -> tuple[str, list[Block]]:
    """What it came to: counts, a chart, and the most frequent reasons for silence."""
    said = replay.result(begun, found, words)
    shown = answer.shown(said, words)
    if not found.done:
        return said.text, shown
    shown += blocks.chart(url, replay.alt(found, words)) if replay.spoke(found) else []
    shown += _silences(found, words)
    return said.text, [*shown, blocks.context([asked], "asked")]


async def _change(
    client: AsyncWebClient, room: str, ts: str, text: str, shown: list[Block]
) -> None:
    """Change the message; where Slack can't fetch the chart, without it."""
    made = messages.finished(text, shown)
    kept = {k: v for k, v in made.items() if not k.startswith("unfurl")}
    for shape in messages.plainer(kept):
        try:
            await client.chat_update(channel=room, ts=ts, **shape)
            return
        except SlackApiError as error:
            why = error.response.get("error")
            if why != "invalid_blocks":
                break
    log.warning("a replay's message could not be changed: %s", why)


def _silences(found: Replay, words: Words) -> list[Block]:
    pairs = replay.silences(found, words)
    if not pairs:
        return []
    rows = answer.shown(Said(pairs=pairs), words)
    head = blocks.section(words.say("simulate_silence"), "silence")
    return [head, *({**b, "block_id": f"silence.{b['block_id']}"} for b in rows)]

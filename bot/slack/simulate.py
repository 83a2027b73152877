"""`/segue simulate`: a replay of stored usage, followed in one message that tells how far it is."""

import asyncio
import json
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from slack_bolt.async_app import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.grammar import Command
from bot.said import Said
from bot.slack import answer, blocks, messages
from bot.slack.admin import Desk, actor, name_of
from bot.slack.caller import profile
from bot.slack.previews import send
from bot.slack.replies import reply
from bot.slack.text import Block
from bot.words import Words
from engine.errors import Invalid, NotFound
from service import backtest_job, replayed
from service.context import Context
from service.replayed import Replay

log = logging.getLogger(__name__)
EVERY = 3.0
"""Seconds between two looks; Slack takes about one change of a message a second."""
_DAYS = 30


async def start(
    place: Desk,
    client: AsyncWebClient,
    respond: AsyncRespond,
    body: Mapping[str, Any],
    command: Command,
    words: Words,
) -> None:
    """Begin, say so at once, and follow it in a message of its own."""
    team, user = body["team_id"], body["user_id"]
    days = command.span.days if command.span else _DAYS
    if not 1 <= days <= backtest_job.LONGEST:
        raise Invalid("use 1 to 400 days", pointer="/days")
    wanted = json.dumps({"days": days}).encode()
    made = await asyncio.to_thread(backtest_job.start, place.context, wanted, actor(team, user))
    line = words.say("simulate_started")
    await reply(respond, line, blocks.section(line, "answer"))
    title = words.say("simulate_title", span=words.count("n_days", days))
    first = progress(title, Replay(id=made.id, done=False, progress=(0, 0)), words)
    room, ts = await send(client, user, title, first)
    who = name_of(await profile(client, team, user), user)
    asked = words.tell("simulate_by", name=who, at=_now(place.context, words))
    follow = _follow(place.context, client, made.id, room, ts, title, asked, words)
    task = asyncio.create_task(follow)
    place.running.add(task)
    task.add_done_callback(place.running.discard)


def progress(title: str, found: Replay, words: Words) -> list[Block]:
    """How far it is, as a bar of text."""
    done, of = found.progress
    bar = blocks.bar(Decimal(done), Decimal(max(of, 1)))
    said = words.say("simulate_progress", done=words.number(done), of=words.number(of))
    return [
        blocks.header(title),
        blocks.section(words.say("simulate_step"), "step"),
        blocks.context([f"{bar} {said}" if of else bar], "progress"),
    ]


def result(
    title: str, found: Replay, url: str | None, version: int, asked: str, words: Words
) -> tuple[str, list[Block]]:
    """What it came to: counts, a chart, and the most frequent reasons for silence."""
    if not found.done:
        said = Said(title=title, lines=(words.tell("simulate_failed", why=found.why or "–"),))
        return said.text, answer.shown(said, words)
    counts = [words.count(f"n_{kind}", n) for kind, n in found.counts if n]
    told = ", ".join(counts) or words.say("simulate_nothing")
    pairs = [(words.say("simulate_said"), told)]
    pairs.append((words.say("simulate_accounts"), words.number(found.accounts)))
    if found.judged:
        part, whole = words.number(found.passed), words.number(found.judged)
        pairs.append(
            (words.say("simulate_right"), words.say("simulate_of", part=part, whole=whole))
        )
    said = Said(
        title=title,
        lines=(words.say("simulate_done", version=str(version)),),
        pairs=tuple(pairs),
    )
    shown = answer.shown(said, words)
    shown += blocks.chart(url, _alt(found, told, words)) if any(n for _, n in found.counts) else []
    shown += _silences(found, words)
    return said.text, [*shown, blocks.context([asked], "asked")]


async def _follow(
    context: Context,
    client: AsyncWebClient,
    id: str,
    room: str,
    ts: str,
    title: str,
    asked: str,
    words: Words,
) -> None:
    """Change the message whenever there is news, until there is a result."""
    shown = (0, 0)
    version = (await asyncio.to_thread(context.policy)).version
    while True:
        try:
            found = await asyncio.to_thread(replayed.replay, context, id)
        except NotFound:
            return
        if found.done or found.why is not None:
            url = replayed.chart_url(context, id) if found.done else None
            text, made = result(title, found, url, version, asked, words)
            await _change(client, room, ts, text, made)
            return
        if found.progress != shown:
            shown = found.progress
            await _change(client, room, ts, title, progress(title, found, words))
        await asyncio.sleep(EVERY)


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
    if not found.silences:
        return []
    pairs = tuple(
        (_upper(words.reason(code)), words.count("n_accounts", n)) for code, n in found.silences
    )
    rows = answer.shown(Said(pairs=pairs), words)
    head = blocks.section(words.say("simulate_silence"), "silence")
    return [head, *({**b, "block_id": f"silence.{b['block_id']}"} for b in rows)]


def _alt(found: Replay, told: str, words: Words) -> str:
    assert found.first is not None
    assert found.last is not None
    first, last = (words.day(day, found.last) for day in (found.first, found.last))
    return words.tell("simulate_alt", first=first, last=last, said=told)


def _now(context: Context, words: Words) -> str:
    zone = context.policy().catalogue.product.time_zone
    return words.instant(context.clock.now(), zone)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

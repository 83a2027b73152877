"""Messages shown before anybody gets them: as they would arrive, with buttons that do nothing."""

from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot import looking
from bot.card import told
from bot.grammar import Command
from bot.slack import blocks, messages
from bot.slack.inert import inert
from bot.slack.text import Block
from bot.words import Words, message_of
from engine.snapshot import Role
from service import preview
from service.channel import Outgoing
from service.context import Context
from service.preview import Preview

_REPLIES = 5
"""Slack takes no more replies to one command."""


def shown(context: Context, command: Command, words: Words) -> tuple[str, list[list[Block]]]:
    """The messages of a moment, one list of blocks for each audience."""
    assert command.moment is not None
    found = preview.preview(
        context, command.account or "", command.moment, audience=command.audience
    )
    title, lines = looking.about(found, words, words.moment(command.moment))
    head = [blocks.header(title), blocks.context(list(lines), "about")]
    parts = [_one(one, words) for one in found[:_REPLIES]]
    parts[0] = [*_renamed(head), *parts[0]]
    return title, parts


def sample(words: Words) -> tuple[str, list[Block]]:
    """A sample summary, to see that messages arrive."""
    head = [
        blocks.header(words.say("test_title")),
        blocks.context([words.say("test_lead")], "lead"),
    ]
    return words.say("test_title"), [
        *_renamed(head),
        *inert(_message(looking.sample(words)), within="shown"),
    ]


async def send(client: AsyncWebClient, user: str, text: str, shown: list[Block]) -> tuple[str, str]:
    """Post something to a member directly; says where it went."""
    opened: Any = await client.conversations_open(users=user)
    room = str(opened["channel"]["id"])
    posted: Any = await client.chat_postMessage(channel=room, **messages.finished(text, shown))
    return room, str(posted["ts"])


def _one(one: Preview, words: Words) -> list[Block]:
    """One message with a line above it that says whose it is."""
    head = blocks.context([looking.whose(one, words)], "whose")
    shown = inert(_message(one.outgoing), within="shown")
    idle = any(block["type"] == "actions" for block in shown)
    small = words.say("preview_inert" if idle else "preview_small")
    return [head, {"type": "divider"}, *shown, blocks.context([small], "nothing_sent")]


def _message(outgoing: Outgoing) -> list[Block]:
    """The blocks of the message itself; users see the story in the app alone."""
    if outgoing.audience == Role.USER:
        outgoing = replace(outgoing, recipients=(), chart_url=None)
        return blocks.told(told(outgoing, message_of(outgoing), Words(outgoing.locale)))
    made: list[Block] = messages.payload(outgoing)["blocks"]
    return made


def _renamed(shown: list[Block]) -> list[Block]:
    """Names of blocks that no message uses itself."""
    return [{**block, "block_id": f"preview.{block['block_id']}"} for block in shown]

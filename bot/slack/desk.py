"""`/segue` in the vendor's own workspace: admins alone, acknowledged first, answered privately."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot import hints, office
from bot.changes import Order
from bot.grammar import Command, Misread, Place, parse
from bot.said import Said
from bot.slack import answer, policy_modal, previews, simulate
from bot.slack.admin import Desk, actor
from bot.slack.blocks import section
from bot.slack.install import install_url
from bot.slack.replies import replace, reply
from bot.slack.text import Block
from bot.sorry import sorry, sorry_desk
from bot.waiting import waiting
from bot.words import Words, words_of
from engine.errors import Invalid, SegueError, Unavailable
from service import accounts
from service.context import Context

_CHOICES = re.compile(rf"^({re.escape(answer.YES)}|{re.escape(answer.NO)})$")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One command of an admin, and how to answer it."""

    place: Desk
    client: AsyncWebClient
    respond: AsyncRespond
    body: Mapping[str, Any]
    words: Words
    command: Command
    line: str

    @property
    def by(self) -> str:
        """Who asks, for the audit log."""
        return actor(self.body["team_id"], self.body["user_id"])

    async def say(self, said: Said) -> None:
        """Answer, to who asked alone."""
        await say(self.respond, said, self.words)

    async def show(self, text: str, *shown: Block) -> None:
        """Answer with blocks of one's own."""
        await reply(self.respond, text, *shown)


async def answered(
    place: Desk, client: AsyncWebClient, respond: AsyncRespond, body: Mapping[str, Any]
) -> None:
    """Carry out what was typed."""
    context, words, line = place.context, words_of(place.context), body.get("text") or ""
    command = parse(line, Place.HOME)
    if isinstance(command, Misread) or command.verb.name == "help":
        await say(respond, hints.helped(command, Place.HOME, words), words)
        return
    if not await place.admits(body["user_id"]):
        refusal = await place.refusal(client, body["team_id"], body["user_id"], words)
        await say(respond, refusal, words)
        return
    asked = Asked(
        place=place,
        client=client,
        respond=respond,
        body=body,
        words=words,
        command=command,
        line=line,
    )
    try:
        await _carry_out(context, asked)
    except Unavailable:
        raise  # It is tried again by itself.
    except SegueError as error:
        await asked.say(sorry_desk(error, command, words))


def listen(app: AsyncApp, place: Desk) -> None:
    """Take what is said to a change that waits."""

    @app.action(_CHOICES)
    async def chosen(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        action, user, team = body["actions"][0], body["user"]["id"], body["team"]["id"]
        words = words_of(place.context)
        if action["action_id"] == answer.NO:
            await replace(respond, words.say("left"))
            return
        try:
            wanted = waiting(action.get("value", ""))
        except Invalid as error:
            await reply(respond, sorry(error, words))
            return
        if not await place.admits(user):
            await say(respond, await place.refusal(client, team, user, words), words)
            return
        said = await asyncio.to_thread(
            office.confirmed, place.context, words, wanted, actor(team, user)
        )
        await respond(replace_original=True, **_body(said, words))


async def say(respond: AsyncRespond, said: Said, words: Words) -> None:
    """Answer, to who asked alone."""
    await reply(respond, answer.text_of(said), *answer.shown(said, words))


async def _carry_out(context: Context, asked: Asked) -> None:
    command, words = asked.command, asked.words
    if command.verb.name in _OWN:
        await _OWN[command.verb.name](asked)
    elif office.wants_form(command):
        await policy_modal.open_for(asked.client, asked.body["trigger_id"], context, words)
    else:
        order = Order(command=command, line=asked.line, by=asked.by)
        await asked.say(await asyncio.to_thread(office.answer, context, words, order))


async def _link(asked: Asked) -> None:
    account, words = asked.command.account or "", asked.words
    url = await asyncio.to_thread(_install_url, asked.place.context, account)
    said = Said(
        title=words.say("link_title", account=account),
        lines=(words.say("link_lines"), url),
        links=((words.say("link_open"), url),),
    )
    await asked.say(said)


def _install_url(context: Context, account: str) -> str:
    with context.database.read() as session:
        accounts.known(session, account)
    return install_url(context, account)


async def _preview(asked: Asked) -> None:
    text, shown = await asyncio.to_thread(
        previews.shown, asked.place.context, asked.command, asked.words
    )
    for part in shown:
        await asked.show(text, *part)


async def _test(asked: Asked) -> None:
    text, shown = previews.sample(asked.words)
    user = asked.body["user_id"]
    await previews.send(asked.client, user, text, shown)
    line = asked.words.say("test_sent")
    await asked.show(line, section(line, "answer"))


async def _simulate(asked: Asked) -> None:
    await simulate.start(
        asked.place, asked.client, asked.respond, asked.body, asked.command, asked.words
    )


def _body(said: Said, words: Words) -> dict[str, Any]:
    from bot.slack.messages import finished

    made = finished(answer.text_of(said), answer.shown(said, words))
    return {k: made[k] for k in ("text", "blocks", "unfurl_links", "unfurl_media")}


_OWN: Mapping[str, Callable[[Asked], Awaitable[None]]] = {
    "link": _link,
    "preview": _preview,
    "test": _test,
    "simulate": _simulate,
}

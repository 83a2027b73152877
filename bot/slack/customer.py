"""`/segue` in a customer's workspace: for people at an account, about their account alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import customer, hints
from bot.grammar import Command, Misread, parse
from bot.meaning import Meaning
from bot.refs import Ref
from bot.said import Said
from bot.slack import answer, approvers, views
from bot.slack.blocks import section
from bot.slack.caller import Caller, email_of, identify, profile
from bot.slack.desk import say
from bot.slack.limits import Limit
from bot.slack.refusals import meaning
from bot.slack.replies import reply
from bot.slack.text import plain
from bot.sorry import sorry
from bot.verbs import Place
from bot.words import Words, words_of
from engine.errors import SegueError, Unavailable
from service import previewed, recipients
from service.context import Context

AGAIN = "stop.undo"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One command of somebody at an account, and how to answer it."""

    context: Context
    client: AsyncWebClient
    respond: AsyncRespond
    body: Mapping[str, Any]
    words: Words
    command: Command
    caller: Caller

    @property
    def typed(self) -> customer.Asked:
        """The same, for what is carried out in every chat alike."""
        return customer.Asked(
            context=self.context,
            words=self.words,
            command=self.command,
            account=self.caller.account,
            person=self.caller.person,
            channel="slack",
        )

    async def say(self, *lines: str, small: tuple[str, ...] = ()) -> None:
        """Answer in a few lines, to who asked alone."""
        await say(self.respond, Said(lines=lines, small=small), self.words)


async def answered(
    context: Context, client: AsyncWebClient, respond: AsyncRespond, body: Mapping[str, Any]
) -> None:
    """Carry out what was typed."""
    words, command = words_of(context), parse(body.get("text") or "", Place.CUSTOMER)
    if isinstance(command, Misread) or command.verb.name == "help":
        await say(respond, hints.helped(command, Place.CUSTOMER, words), words)
        return
    try:
        if command.verb.name == "link":
            await say(respond, await _link(context, client, body, words), words)
            return
        caller = await identify(context, client, body["team_id"], body["user_id"])
        asked = Asked(
            context=context,
            client=client,
            respond=respond,
            body=body,
            words=words,
            command=command,
            caller=caller,
        )
        await _OWN.get(command.verb.name, _answer)(asked)
    except Unavailable:
        raise  # It is tried again by itself.
    except SegueError as error:
        await say(respond, Said(lines=(sorry(error, words),)), words)


def listen(app: AsyncApp, context: Context) -> None:
    """Take back a "stop"."""

    @app.action(AGAIN)
    async def again(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        words, team, user = words_of(context), body["team"]["id"], body["user"]["id"]
        try:
            caller = await identify(context, client, team, user)
        except Unavailable:
            raise
        except SegueError as error:
            await reply(respond, sorry(error, words))
            return
        who = caller.account, caller.person
        line = await asyncio.to_thread(customer.again, context, words, *who)
        await respond(replace_original=True, text=line)


async def _answer(asked: Asked) -> None:
    said = await asyncio.to_thread(customer.answer, asked.typed)
    if said is not None:
        await say(asked.respond, said, asked.words)


async def _approvers(asked: Asked) -> None:
    """Open the form at once; where its moment is over, say who is known, with a button to it."""
    words, caller, trigger = asked.words, asked.caller, asked.body["trigger_id"]
    try:
        await approvers.open_for(asked.client, trigger, asked.context, caller, words)
        return
    except SlackApiError as error:
        if meaning(error) is not Meaning.CLICK_OVER:
            raise
    known = await asyncio.to_thread(
        recipients.known, asked.context, account=caller.account, person=caller.person
    )
    lines = customer.known_lines(known, words) or [words.say("approvers_none")]
    said = Said(title=words.say("approvers_title"), lines=tuple(lines))
    button = _button(approvers.CHANGE, words.say("approvers_change"))
    row = {"type": "actions", "block_id": "change", "elements": [button]}
    await reply(asked.respond, answer.text_of(said), *answer.shown(said, words), row)


async def _forward(asked: Asked) -> None:
    """Open the form at once: what it is about is looked up first, which takes no time."""
    caller = asked.caller
    who = {"account": caller.account, "person": caller.person}
    alert = await asyncio.to_thread(previewed.newest, asked.context, **who)
    if alert is None:
        await asked.say(asked.words.say("nothing_to_forward"))
        return
    view = views.forward(Ref(account=caller.account, alert=alert), asked.words)
    await asked.client.views_open(trigger_id=asked.body["trigger_id"], view=view)


async def _stop(asked: Asked) -> None:
    said = await asyncio.to_thread(customer.answer, asked.typed)
    assert said is not None
    button = _button(AGAIN, asked.words.say("again"))
    line = said.lines[0]
    await reply(asked.respond, line, {**section(line, "answer"), "accessory": button})


async def _link(
    context: Context, client: AsyncWebClient, body: Mapping[str, Any], words: Words
) -> Said:
    team, user = body["team_id"], body["user_id"]
    member = await profile(client, team, user)
    return await asyncio.to_thread(
        customer.link,
        context,
        words,
        channel="slack",
        team=team,
        user=user,
        email=await email_of(client, team, user),
        name=(member or {}).get("real_name"),
    )


def _button(name: str, label: str) -> dict[str, Any]:
    text = plain(label, Limit.BUTTON)
    return {"type": "button", "action_id": name, "text": text, "value": name}


_OWN: Mapping[str, Callable[[Asked], Awaitable[None]]] = {
    "approvers": _approvers,
    "forward": _forward,
    "stop": _stop,
}

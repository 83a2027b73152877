"""`/segue` in a customer's workspace: for people at an account, about their account alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import hints
from bot.grammar import Command, Misread, parse
from bot.said import Said
from bot.slack import answer, approvers, home_views, views
from bot.slack.blocks import section
from bot.slack.caller import Caller, email_of, identify, profile
from bot.slack.desk import say
from bot.slack.limits import Limit
from bot.slack.refs import Ref
from bot.slack.refusals import Meaning, meaning
from bot.slack.replies import reply, sorry
from bot.slack.text import plain
from bot.verbs import Place
from bot.words import Words, words_of
from engine.errors import Forbidden, Invalid, SegueError, Unavailable
from service import champion, forward, quiet, report
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
        await _VERBS[command.verb.name](asked)
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
        await asyncio.to_thread(
            champion.stop, context, caller.account, caller.person, stopped=False
        )
        await respond(replace_original=True, text=words.say("started"))


async def _usage(asked: Asked) -> None:
    caller = asked.caller
    lines = await asyncio.to_thread(
        report.usage, asked.context, account=caller.account, person=caller.person
    )
    await asked.say(*(lines or [asked.words.say("no_usage")]))


async def _why(asked: Asked) -> None:
    caller = asked.caller
    lines = await asyncio.to_thread(
        report.why, asked.context, account=caller.account, person=caller.person
    )
    await asked.say(*lines)


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
        forward.recipients, asked.context, account=caller.account, person=caller.person
    )
    lines = approvers.known_lines(known, words) or [words.say("approvers_none")]
    said = Said(title=words.say("approvers_title"), lines=tuple(lines))
    button = _button(approvers.CHANGE, words.say("approvers_change"))
    row = {"type": "actions", "block_id": "change", "elements": [button]}
    await reply(asked.respond, answer.text_of(said), *answer.shown(said, words), row)


async def _forward(asked: Asked) -> None:
    """Open the form at once: what it is about is looked up first, which takes no time."""
    caller = asked.caller
    alert = await asyncio.to_thread(champion.passable, asked.context, caller.account, caller.person)
    if alert is None:
        await asked.say(asked.words.say("nothing_to_forward"))
        return
    view = views.forward(Ref(account=caller.account, alert=alert), asked.words)
    await asked.client.views_open(trigger_id=asked.body["trigger_id"], view=view)


async def _quiet(asked: Asked) -> None:
    command, words = asked.command, asked.words
    who = (asked.context, asked.caller.account, asked.caller.person)
    try:
        if command.off:
            await asyncio.to_thread(quiet.lift, *who)
        elif command.hours:
            await asyncio.to_thread(quiet.hours, *who, (command.hours[0], command.hours[1]))
        elif command.span:
            await asyncio.to_thread(quiet.rest, *who, command.span)
    except Invalid:
        await asked.say(words.say("quiet_too_long"))
        return
    found = await asyncio.to_thread(champion.glance, *who)
    usual = (await asyncio.to_thread(asked.context.policy)).policy.quiet.hours
    lines = [words.say("quiet_lifted")] if command.off else []
    lines.append(home_views.quiet_line(found, usual, words))
    await asked.say(*lines, small=(words.say("quiet_small"),))


async def _stop(asked: Asked) -> None:
    caller, words = asked.caller, asked.words
    done = await asyncio.to_thread(
        champion.stop, asked.context, caller.account, caller.person, stopped=True
    )
    line = words.say("stopped" if done else "stopped_already")
    button = _button(AGAIN, words.say("again"))
    await reply(asked.respond, line, {**section(line, "answer"), "accessory": button})


async def _link(
    context: Context, client: AsyncWebClient, body: Mapping[str, Any], words: Words
) -> Said:
    team, user = body["team_id"], body["user_id"]
    member = await profile(client, team, user)
    try:
        _, person, fresh = await asyncio.to_thread(
            champion.link,
            context,
            channel="slack",
            team=team,
            user=user,
            email=await email_of(client, team, user),
            name=(member or {}).get("real_name"),
        )
    except Forbidden:
        return Said(lines=(words.say("link_domain"),))
    except Invalid:
        return Said(lines=(words.say("link_no_address"),))
    label = "linked_now" if fresh else "linked"
    name = person.name or person.email or person.id
    return Said(lines=(words.say(label, name=name, role=words.role(person.role)),))


def _button(name: str, label: str) -> dict[str, Any]:
    text = plain(label, Limit.BUTTON)
    return {"type": "button", "action_id": name, "text": text, "value": name}


_VERBS: Mapping[str, Callable[[Asked], Awaitable[None]]] = {
    "usage": _usage,
    "why": _why,
    "approvers": _approvers,
    "forward": _forward,
    "quiet": _quiet,
    "stop": _stop,
}

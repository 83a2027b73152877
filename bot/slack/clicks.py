"""Clicks on buttons: acknowledged first, handled once, answered only to who clicked."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.buttons import Button
from bot.clicks import Click, Press, click_of, press
from bot.refs import Ref, read
from bot.slack import buttons, messages, passing_on, views
from bot.slack.blocks import section
from bot.slack.caller import Caller, identify
from bot.slack.names import click_id
from bot.slack.replies import replace, reply
from bot.sorry import sorry
from bot.words import Words, words_of
from engine.errors import SegueError, Unavailable
from service.context import Context

_OURS = re.compile(rf"^({'|'.join(c for c in Click if c is not Click.LINK)})(\.\d+)?$")
_LINKS = re.compile(rf"^{Click.LINK}\.\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """One click by an identified person on a button about `ref`."""

    context: Context
    client: AsyncWebClient
    respond: AsyncRespond
    words: Words
    caller: Caller
    ref: Ref
    body: dict[str, Any]

    def press(self, kind: Click) -> Press:
        """What was pressed, and by whom."""
        return Press(
            context=self.context,
            words=self.words,
            click=kind,
            ref=self.ref,
            person=self.caller.person,
            id=click_id(self.body),
            channel="slack",
        )


def listen(app: AsyncApp, context: Context) -> None:
    """Take every click on our buttons."""

    @app.action(_LINKS)
    async def opened(ack: AsyncAck) -> None:
        await ack()

    @app.action(_OURS)
    async def clicked(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        await _handle(context, body, client, respond)


async def _handle(
    context: Context, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
) -> None:
    """What a click asks for, once it is acknowledged."""
    words = words_of(context)
    try:
        ref = read(body["actions"][0].get("value", ""))
        caller = await identify(context, client, body["team"]["id"], body["user"]["id"])
        click = Clicked(
            context=context,
            client=client,
            respond=respond,
            words=words,
            caller=caller.of(ref.account),
            ref=ref,
            body=body,
        )
        await _FORMS.get(click_of(body["actions"][0]["action_id"]), _acted)(click)
    except Unavailable:
        raise  # It is tried again by itself.
    except SegueError as error:
        await reply(respond, sorry(error, words))


async def _acted(click: Clicked) -> None:
    """Do it, and say so to who clicked; a case that is declined shows it in its message."""
    kind = click_of(click.body["actions"][0]["action_id"])
    pressed = await asyncio.to_thread(press, click.press(kind))
    if pressed.closes:
        await _close(click, pressed.line)
    elif kind is Click.UNDO_ANSWER:
        await replace(click.respond, pressed.line)
    elif pressed.undo is not None:
        undo = Button(name=Click.UNDO_ANSWER, label=click.words.say("undo"), ref=pressed.undo)
        line = {**section(pressed.line, "answer"), "accessory": buttons.button(undo)}
        await reply(click.respond, pressed.line, line)
    elif pressed.line:
        await reply(click.respond, pressed.line)


async def _choose(click: Clicked) -> None:
    view = await passing_on.form(click.context, click.caller.person, click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _preview(click: Clicked) -> None:
    view = await passing_on.looked_at(click.context, click.caller.person, click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _question(click: Clicked) -> None:
    view = views.question(click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _close(click: Clicked, line: str) -> None:
    """The message keeps its link and loses its buttons."""
    message = click.body["message"]
    shown = messages.closed(message, line)
    await click.client.chat_update(
        channel=click.body["channel"]["id"],
        ts=message["ts"],
        **{k: v for k, v in shown.items() if not k.startswith("unfurl")},
    )


_FORMS: dict[Click, Callable[[Clicked], Awaitable[None]]] = {
    Click.CHOOSE: _choose,
    Click.PREVIEW: _preview,
    Click.QUESTION: _question,
}

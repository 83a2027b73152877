"""Clicks on buttons: acknowledged first, handled once, answered only to who clicked."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import buttons, messages, passing_on, views
from bot.slack.blocks import section
from bot.slack.buttons import Click
from bot.slack.caller import Caller, identify
from bot.slack.names import click_id
from bot.slack.refs import Ref, read
from bot.slack.replies import replace, reply, sorry
from bot.words import Words, words_of
from engine.alert import FeedbackKind
from engine.errors import SegueError, Unavailable
from service import answer, feedback, forward, withdraw
from service.context import Context

_ANSWERS = {
    Click.USEFUL: FeedbackKind.USEFUL,
    Click.NOT_NOW: FeedbackKind.SNOOZED,
    Click.NEVER: FeedbackKind.MUTED,
}
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

    @property
    def id(self) -> str:
        """The click's own name, the same however often it is delivered."""
        return click_id(self.body)


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
        await _HANDLERS[Click(body["actions"][0]["action_id"].split(".")[0])](click)
    except Unavailable:
        raise  # It is tried again by itself.
    except SegueError as error:
        await reply(respond, sorry(error, words))


async def _send(click: Clicked) -> None:
    """The card's next state comes from the outbox, like every other change of it."""
    state = await asyncio.to_thread(
        forward.start,
        click.context,
        account=click.ref.account,
        alert=click.ref.alert,
        champion=click.caller.person,
        to=click.ref.to,
    )
    if state.state == "draft":
        await reply(click.respond, click.words.say("unreachable", name=state.to_name))


async def _undo_forward(click: Clicked) -> None:
    undone = await asyncio.to_thread(
        forward.undo,
        click.context,
        account=click.ref.account,
        forward=click.ref.forward,
        person=click.caller.person,
    )
    if not undone:
        await reply(click.respond, click.words.say("too_late"))


async def _withdraw(click: Clicked) -> None:
    """The link opens nothing from now on; the message goes where Slack lets it, by the outbox."""
    withdrawn = await asyncio.to_thread(
        withdraw.withdraw,
        click.context,
        account=click.ref.account,
        forward=click.ref.forward,
        person=click.caller.person,
    )
    label = "withdrawn_may_be_read" if withdrawn else "over"
    await reply(click.respond, click.words.say(label))


async def _answer(click: Clicked) -> None:
    """Noted, with a way to take it back while that is possible."""
    kind = _ANSWERS[Click(click.body["actions"][0]["action_id"])]
    result = await asyncio.to_thread(
        feedback.record,
        click.context,
        id=click.id,
        account=click.ref.account,
        alert=click.ref.alert,
        person=click.caller.person,
        kind=kind,
        channel="slack",
    )
    line = click.words.answered(kind, result.returns, click.context.clock.now().date())
    ref = Ref(account=click.ref.account, alert=click.ref.alert, feedback=click.id)
    undo = buttons.button(Click.UNDO_ANSWER, click.words.say("undo"), ref)
    await reply(click.respond, line, {**section(line, "answer"), "accessory": undo})


async def _undo_answer(click: Clicked) -> None:
    undone = await asyncio.to_thread(
        feedback.undo,
        click.context,
        account=click.ref.account,
        id=click.ref.feedback,
        person=click.caller.person,
    )
    line = click.words.answered("undone") if undone else click.words.say("too_late")
    await replace(click.respond, line)


async def _choose(click: Clicked) -> None:
    view = await passing_on.form(click.context, click.caller.person, click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _preview(click: Clicked) -> None:
    view = await passing_on.looked_at(click.context, click.caller.person, click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _question(click: Clicked) -> None:
    view = views.question(click.ref, click.words)
    await click.client.views_open(trigger_id=click.body["trigger_id"], view=view)


async def _decline(click: Clicked) -> None:
    """Recorded with the case; the message keeps its link and loses its buttons."""
    await asyncio.to_thread(
        answer.answer,
        click.context,
        account=click.ref.account,
        case=click.ref.case,
        kind="decline",
        id=click.id,
        by=click.caller.person,
    )
    line = click.words.answered("declined")
    message = click.body["message"]
    shown = messages.closed(message, line)
    await click.client.chat_update(
        channel=click.body["channel"]["id"],
        ts=message["ts"],
        **{k: v for k, v in shown.items() if not k.startswith("unfurl")},
    )


_HANDLERS: dict[Click, Callable[[Clicked], Awaitable[None]]] = {
    Click.SEND: _send,
    Click.CHOOSE: _choose,
    Click.PREVIEW: _preview,
    Click.UNDO_FORWARD: _undo_forward,
    Click.WITHDRAW: _withdraw,
    Click.USEFUL: _answer,
    Click.NOT_NOW: _answer,
    Click.NEVER: _answer,
    Click.UNDO_ANSWER: _undo_answer,
    Click.QUESTION: _question,
    Click.DECLINE: _decline,
}

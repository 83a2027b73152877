"""Forwarding by a form: from a summary's button or a shortcut, with what would be sent in sight."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.looking import of_whom
from bot.refs import Ref, read
from bot.slack import blocks, inert, messages, views
from bot.slack.caller import identify
from bot.slack.limits import Limit
from bot.slack.manifest import GLOBAL_SHORTCUT, MESSAGE_SHORTCUT
from bot.sorry import sorry
from bot.words import Words, words_of
from engine.errors import Invalid, SegueError, Unavailable
from engine.snapshot import Role
from service import previewed
from service.channel import Outgoing
from service.context import Context


def listen(app: AsyncApp, context: Context) -> None:
    """Take both shortcuts, the choice of a role while the form is open, and idle presses."""
    inert.listen(app)

    for name in (GLOBAL_SHORTCUT, MESSAGE_SHORTCUT):

        @app.shortcut(name)
        async def asked(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            view = await _view(context, client, body)
            await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.action({"block_id": views.ROLE, "action_id": views.ROLE})
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        view = body.get("view") or {}
        if view.get("callback_id") != views.FORWARD:
            return
        role = Role(body["actions"][0]["selected_option"]["value"])
        ref, words = read(view["private_metadata"]), words_of(context)
        caller = await identify(context, client, body["team"]["id"], body["user"]["id"])
        shown = await form(context, caller.of(ref.account).person, ref, words, role)
        await client.views_update(view_id=view["id"], hash=view.get("hash"), view=shown)


async def form(
    context: Context, champion: str, ref: Ref, words: Words, role: Role = Role.MANAGER
) -> dict[str, Any]:
    """The form: who, what they decide, a note, and exactly what a person of that role would get."""
    outgoing = await asyncio.to_thread(
        previewed.forward, context, account=ref.account, alert=ref.alert, champion=champion,
        role=role,
    )  # fmt: skip
    view = views.forward(ref, words)
    inputs = [
        {**b, "dispatch_action": True} if b["block_id"] == views.ROLE else b for b in view["blocks"]
    ]
    heading = words.say(f"preview_{role}")
    shown = [*inputs, *messages.preview(outgoing, heading, numbers=count())]
    return {**view, "blocks": shown[: Limit.BLOCKS_IN_VIEW]}


async def looked_at(context: Context, champion: str, ref: Ref, words: Words) -> dict[str, Any]:
    """Exactly what each approver would get, one below the other; nothing is sent from here."""
    found = await asyncio.to_thread(
        previewed.everyone, context, account=ref.account, alert=ref.alert, champion=champion
    )
    return looking(found, words)


def looking(found: Sequence[Outgoing], words: Words) -> dict[str, Any]:
    """Messages to be looked at, each under a line that says whose it is."""
    numbers = count()
    shown = [blocks.context([words.say("preview_looked_at")], "looked_at")]
    for n, outgoing in enumerate(found):
        heading = of_whom(outgoing, words)
        shown += [
            {"type": "divider"},
            *messages.preview(outgoing, heading, within=f"preview.{n}", numbers=numbers),
        ]
    return views.shown(words.say("preview"), shown, words)


async def _view(context: Context, client: AsyncWebClient, body: dict[str, Any]) -> dict[str, Any]:
    """The form about the message that was pointed at, else about the newest summary."""
    words = words_of(context)
    try:
        team, user = body["team"]["id"], body["user"]["id"]
        caller = await identify(context, client, team, user)
        alert = _pointed_at(body.get("message") or {}, caller.account) or await asyncio.to_thread(
            previewed.newest, context, account=caller.account, person=caller.person
        )
        if alert is None:
            return views.said(words.say("nothing_to_forward"), words)
        ref = Ref(account=caller.account, alert=alert)
        return await form(context, caller.person, ref, words)
    except Unavailable:
        raise
    except SegueError as error:
        return views.said(sorry(error, words), words)


def _pointed_at(message: dict[str, Any], account: str) -> str | None:
    """The alert that a message of ours is about, by its buttons."""
    for block in message.get("blocks") or ():
        for element in block.get("elements") or ():
            try:
                ref = read(element.get("value") or "")
            except (Invalid, AttributeError):
                continue
            if ref.alert and ref.account == account:
                return ref.alert
    return None

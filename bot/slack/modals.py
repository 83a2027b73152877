"""What comes back from modals: checked while one is open, so that it can say what is wrong."""

import asyncio
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clicks import ask
from bot.refs import Ref, read
from bot.slack import views
from bot.slack.caller import identify, profile
from bot.slack.submissions import Answer, listen_to
from bot.sorry import sorry
from bot.words import Words, words_of
from engine.errors import Invalid, SegueError
from service import forward, recipients
from service.channel import ForwardState
from service.context import Context


def listen(app: AsyncApp, context: Context) -> None:
    """Take what the two modals send."""
    words = partial(words_of, context)

    async def chosen(body: dict[str, Any], client: AsyncWebClient) -> Answer:
        try:
            state = await _forward(context, client, body)
        except SegueError as error:
            return {"response_action": "errors", "errors": _at_field(error, words())}
        if state.state == "draft":
            line = words().say("unreachable", name=state.to_name)
            return {"response_action": "errors", "errors": {views.PERSON: line}}
        if state.without_note:
            line = words().say("without_note", name=state.to_name)
            return {"response_action": "errors", "errors": {views.TEXT: line}}
        return {"response_action": "clear"}

    async def asked(body: dict[str, Any], client: AsyncWebClient) -> Answer:
        try:
            await _ask(context, client, body)
        except SegueError as error:
            return {"response_action": "errors", "errors": {views.TEXT: sorry(error, words())}}
        view = views.said(words().say("question_sent"), words())
        return {"response_action": "update", "view": view}

    listen_to(app, context, views.FORWARD, chosen)
    listen_to(app, context, views.ASK, asked)


async def _forward(context: Context, client: AsyncWebClient, body: dict[str, Any]) -> ForwardState:
    """Remember who was chosen, and start the forward."""
    ref, team = read(body["view"]["private_metadata"]), body["team"]["id"]
    caller = await identify(context, client, team, body["user"]["id"])
    caller.of(ref.account)
    values = body["view"]["state"]["values"]
    user = values[views.PERSON][views.PERSON].get("selected_user") or ""
    if user == caller.user:
        raise Invalid("choose somebody else", pointer="/to", code="yourself")
    member = await profile(client, team, user)
    if member is None:
        raise Invalid("not a member of this workspace", pointer="/to", code="outsider")
    person = await asyncio.to_thread(
        recipients.add,
        context,
        account=ref.account,
        role=values[views.ROLE][views.ROLE]["selected_option"]["value"],
        chat=("slack", f"{team}/{user}"),
        email=member.get("profile", {}).get("email"),
        name=member.get("real_name") or member.get("name"),
        champion=caller.person,
    )
    return await asyncio.to_thread(
        forward.start,
        context,
        account=ref.account,
        alert=ref.alert,
        champion=caller.person,
        to=person,
        note=values[views.TEXT][views.TEXT].get("value") or "",
    )


async def _ask(context: Context, client: AsyncWebClient, body: dict[str, Any]) -> None:
    """Ask once, however often the same words are sent from one opened form."""
    view = body["view"]
    ref: Ref = read(view["private_metadata"])
    text = view["state"]["values"][views.TEXT][views.TEXT].get("value") or ""
    caller = await identify(context, client, body["team"]["id"], body["user"]["id"])
    caller.of(ref.account)
    who = ref, caller.person, text, view["id"]
    await asyncio.to_thread(ask, context, *who)


def _at_field(error: SegueError, words: Words) -> dict[str, str]:
    """The error beside the field it is about."""
    if isinstance(error, Invalid) and error.code in ("yourself", "outsider"):
        return {views.PERSON: words.say(error.code)}
    if isinstance(error, Invalid) and error.pointer == "/note":
        return {views.TEXT: sorry(error, words)}
    return {views.PERSON: sorry(error, words)}

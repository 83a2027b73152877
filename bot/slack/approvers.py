"""Who decides at an account: named in a form with people pickers, remembered for every forward."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.customer import known_lines
from bot.slack.blocks import section
from bot.slack.caller import Caller, identify, profile
from bot.slack.limits import Limit
from bot.slack.submissions import Answer, listen_to
from bot.slack.text import Block, plain
from bot.sorry import sorry
from bot.words import Words, words_of
from engine.errors import Invalid, SegueError
from engine.snapshot import Role
from service import champion, recipients
from service.context import Context
from service.people import APPROVERS

FORM, CHANGE = "approvers_form", "approvers.change"


def listen(app: AsyncApp, context: Context) -> None:
    """Open the form, and take what it sends."""

    @app.action(CHANGE)
    async def wanted(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        words = words_of(context)
        try:
            caller = await identify(context, client, body["team"]["id"], body["user"]["id"])
        except SegueError as error:
            view = said(sorry(error, words), words)
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            return
        await open_for(client, body["trigger_id"], context, caller, words)

    async def named(body: dict[str, Any], client: AsyncWebClient) -> Answer:
        words = words_of(context)
        try:
            caller = await identify(context, client, body["team"]["id"], body["user"]["id"])
            problems = await _keep(context, client, caller, body["view"]["state"]["values"], words)
        except SegueError as error:
            problems = {Role.MANAGER: sorry(error, words)}
        if problems:
            return {"response_action": "errors", "errors": problems}
        return {"response_action": "update", "view": said(words.say("approvers_saved"), words)}

    listen_to(app, context, FORM, named)


async def open_for(
    client: AsyncWebClient, trigger: str, context: Context, caller: Caller, words: Words
) -> None:
    """Open the form with who is known already."""
    who = context, caller.account
    known = await asyncio.to_thread(
        champion.chat_approvers, *who, channel="slack", team=caller.team, person=caller.person
    )
    named = await asyncio.to_thread(
        recipients.known, context, account=caller.account, person=caller.person
    )
    view = form(known, words, lines=known_lines(named, words))
    await client.views_open(trigger_id=trigger, view=view)


def form(known: Mapping[str, str], words: Words, *, lines: Sequence[str] = ()) -> dict[str, Any]:
    """One picker for each role; `known`: Slack users by role, `lines`: everybody who decides."""
    told = "\n".join((words.say("approvers_title"), *(lines or [words.say("approvers_none")])))
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain(words.say("approvers_form"), Limit.MODAL_TITLE),
        "submit": plain(words.say("send"), Limit.MODAL_TITLE),
        "close": plain(words.say("close"), Limit.MODAL_TITLE),
        "blocks": [
            section(told, "known"),
            *(_picker(role, known.get(role), words) for role in APPROVERS),
        ],
    }


def said(line: str, words: Words) -> dict[str, Any]:
    """One line, to be read and closed."""
    return {
        "type": "modal",
        "title": plain(words.say("approvers_form"), Limit.MODAL_TITLE),
        "close": plain(words.say("close"), Limit.MODAL_TITLE),
        "blocks": [section(line, "said")],
    }


async def _keep(
    context: Context,
    client: AsyncWebClient,
    caller: Caller,
    values: Mapping[str, Any],
    words: Words,
) -> dict[str, str]:
    """Remember who was chosen; what is wrong, by field."""
    chosen = [(role, _chosen(values, role)) for role in APPROVERS]
    problems: dict[str, str] = {}
    wanted: list[tuple[Role, str, dict[str, Any]]] = []
    for role, user in chosen:
        if not user:
            continue
        member = await profile(client, caller.team, user)
        if user == caller.user:
            problems[role] = words.say("yourself")
        elif member is None:
            problems[role] = words.say("outsider")
        else:
            wanted.append((role, user, member))
    if problems:
        return problems
    for role, user, member in wanted:
        try:
            await asyncio.to_thread(_name, context, caller, role, user, member)
        except Invalid as error:
            problems[role] = sorry(error, words)
    return problems


def _name(
    context: Context, caller: Caller, role: Role, user: str, member: Mapping[str, Any]
) -> None:
    champion.name_approver(
        context,
        caller.account,
        role=role,
        chat=("slack", f"{caller.team}/{user}"),
        email=member.get("profile", {}).get("email"),
        name=member.get("real_name") or member.get("name"),
        champion=caller.person,
    )


def _chosen(values: Mapping[str, Any], role: Role) -> str | None:
    found: Mapping[str, Any] = values.get(role, {}).get(role, {})
    return found.get("selected_user")


def _picker(role: Role, user: str | None, words: Words) -> Block:
    element: Block = {
        "type": "users_select",
        "action_id": role.value,
        "placeholder": plain(words.say("choose_person"), Limit.PLACEHOLDER),
    }
    return {
        "type": "input",
        "block_id": role.value,
        "optional": True,
        "label": plain(words.say(f"approver_{role}"), Limit.LABEL),
        "hint": plain(words.say(f"approver_hint_{role}"), Limit.LABEL),
        "element": {**element, "initial_user": user} if user else element,
    }

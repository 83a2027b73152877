"""`/segue` in a customer's workspace: acknowledged first, answered to who typed it."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.grammar import VERBS, Command, Misread, Verb, parse
from bot.slack.blocks import section
from bot.slack.caller import Caller, first_time, identify
from bot.slack.replies import reply, sorry
from bot.words import Words, words_of
from engine.errors import SegueError
from service import forward, report
from service.context import Context
from store import installs


def listen(app: AsyncApp, context: Context) -> None:
    """Take the command."""

    @app.command("/segue")
    async def typed(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        if not await first_time(context, "slack command", body["trigger_id"]):
            return
        words = words_of(context)
        lines = await _answer(context, client, words, body)
        text = "\n".join(lines)
        await reply(respond, text, section(text, "answer"))


async def _answer(
    context: Context, client: AsyncWebClient, words: Words, body: dict[str, Any]
) -> list[str]:
    match parse(body.get("text") or ""):
        case Misread() as misread:
            return hint(misread, words)
        case Command(verb=Verb(name="help"), words=about):
            return [usage_of(VERBS[w.lower()], words) for w in about] or help_lines(words)
        case Command() as command:
            if await asyncio.to_thread(_is_home, context, body["team_id"]):
                return [words.say("home")]
            try:
                caller = await identify(context, client, body["team_id"], body["user_id"])
                return await asyncio.to_thread(_told, context, command, caller, words)
            except SegueError as error:
                return [sorry(error, words)]


def _told(context: Context, command: Command, caller: Caller, words: Words) -> list[str]:
    account, person = caller.account, caller.person
    match command.verb.name:
        case "usage":
            lines = report.usage(context, account=account, person=person)
            return lines or [words.say("no_usage")]
        case "why":
            return report.why(context, account=account, person=person)
        case _:
            known = forward.recipients(context, account=account, person=person)
            named = [words.say("approver", name=r.name, role=words.role(r.role)) for r in known]
            return named or [words.say("no_approvers")]


def help_lines(words: Words) -> list[str]:
    """Every verb with what it does."""
    return [words.say("help_head"), *(usage_of(verb, words) for verb in VERBS.values())]


def usage_of(verb: Verb, words: Words) -> str:
    """One verb: how it is typed, and what it does."""
    return f"/segue {verb.usage}: {words.say(f'verb_{verb.name}')}"


def hint(misread: Misread, words: Words) -> list[str]:
    """What was probably meant."""
    if misread.verb is not None:
        example = f"/segue {misread.verb.example}"
        return [words.say("takes_less", typed=misread.typed), words.say("example", example=example)]
    lines = [words.say("no_such_verb", typed=misread.typed)]
    if misread.nearest:
        lines.append(words.say("did_you_mean", verb=f"/segue {misread.nearest}"))
    return [*lines, words.say("see_help")]


def _is_home(context: Context, team: str) -> bool:
    """The vendor's own workspace belongs to no account."""
    with context.database.read() as session:
        found = installs.by_team(session, team)
    return found is not None and found.account is None

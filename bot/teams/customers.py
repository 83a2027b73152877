"""What people at accounts type in their organisation."""

import asyncio

from bot import customer
from bot.clicks import Click
from bot.grammar import Command
from bot.refs import Ref
from bot.said import Said, with_lines
from bot.teams import cards
from bot.teams.asked import Asked
from bot.teams.caller import Caller, asked, identify
from bot.teams.doctor import counted_in
from bot.words import TEAMS
from service import previewed, recipients

APPROVERS, AGAIN = "approvers", "again"
"""The form of who decides, and what takes a "stop" back."""


async def answered(one: Asked, command: Command) -> None:
    """Carry it out, for who is somebody at the account."""
    if command.verb.name == "link":
        await one.say(await _linked(one))
        return
    caller, words = await identify(one.desk, one.incoming), one.words
    typed = customer.Asked(
        context=one.context,
        words=words,
        command=command,
        account=caller.account,
        person=caller.person,
        channel=TEAMS,
    )
    match command.verb.name:
        case "approvers":
            await _approvers(one, caller)
        case "forward":
            await _forward(one, caller)
        case "doctor":
            found = await asyncio.to_thread(customer.answer, typed) or Said()
            here = await asyncio.to_thread(counted_in, one.context, one.incoming.tenant, words)
            await one.say(with_lines(found, here))
        case "stop":
            text = await asyncio.to_thread(customer.answer, typed)
            again = {"action": AGAIN}
            button = {"type": "Action.Execute", "verb": AGAIN, "data": again}
            await one.say(text or Said(), {**button, "title": words.say("again")})
        case _:
            text = await asyncio.to_thread(customer.answer, typed)
            await one.say(text or Said())


async def _approvers(one: Asked, caller: Caller) -> None:
    words = one.words
    known = await asyncio.to_thread(
        recipients.known, one.context, account=caller.account, person=caller.person
    )
    lines = customer.known_lines(known, words) or [words.say("approvers_none")]
    button = cards.form(APPROVERS, words.say("approvers_change"))
    await one.say(Said(title=words.say("approvers_title"), lines=tuple(lines)), button)


async def _forward(one: Asked, caller: Caller) -> None:
    who = {"account": caller.account, "person": caller.person}
    alert = await asyncio.to_thread(previewed.newest, one.context, **who)
    if alert is None:
        await one.say(Said(lines=(one.words.say("nothing_to_forward"),)))
        return
    ref = Ref(account=caller.account, alert=alert)
    button = cards.form(Click.CHOOSE, one.words.say("forward_title"), ref)
    await one.say(Said(lines=(one.words.say("shortcut_forward_what"),)), button)


async def _linked(one: Asked) -> Said:
    member, incoming = await asked(one.desk, one.incoming), one.incoming
    return await asyncio.to_thread(
        customer.link,
        one.context,
        one.words,
        channel=TEAMS,
        team=incoming.tenant,
        user=incoming.member,
        email=member.email if member else None,
        name=member.name if member else None,
    )

"""Presses on a card: carried out once, and the card drawn anew in the answer.

Teams waits some seconds, shows an error then, and sends the same press again: whatever it asks for
is found done, and the answer shows how it stands.
"""

import asyncio
from dataclasses import replace
from typing import Any

import httpx

from bot import customer, office
from bot.buttons import Button, Row
from bot.card import Card, Line, card
from bot.clicks import Click, Press, Pressed, click_of, opens, press
from bot.refs import Ref
from bot.said import Said
from bot.sorry import sorry
from bot.teams import cards, said
from bot.teams.caller import Caller, Desk, actor, identify
from bot.teams.customers import AGAIN
from bot.teams.incoming import Incoming
from bot.teams.linking import workspace_of
from bot.teams.text import Element
from bot.waiting import Waiting
from bot.words import TEAMS, Words, words_of
from engine.errors import Forbidden, Invalid, NotFound, SegueError
from service import current
from service.channel import Outgoing
from service.context import Context
from service.secrets import hashed

WITHIN = 8.0
"""Seconds until an answer: Teams gives up after ten to fifteen."""
_CARD = "application/vnd.microsoft.card.adaptive"
_TEXT = "application/vnd.microsoft.activity.message"
Answer = dict[str, Any]


async def pressed(desk: Desk, incoming: Incoming) -> Answer:
    """What is answered to a press: a card in the place of the one it was on, or a line."""
    words = words_of(desk.context, TEAMS)
    data = _data(incoming)
    try:
        async with asyncio.timeout(WITHIN):
            return await _answer(desk, incoming, data, words)
    except (TimeoutError, httpx.HTTPError):
        return line(words.say("failed"))
    except SegueError as error:
        return line(sorry(error, words))


def line(text: str) -> Answer:
    """A line above the card, which stays as it is."""
    return {"statusCode": 200, "type": _TEXT, "value": text}


def shown(card: Element) -> Answer:
    """A card in the place of the one that was pressed on."""
    return {"statusCode": 200, "type": _CARD, "value": card}


async def _answer(desk: Desk, incoming: Incoming, data: Element, words: Words) -> Answer:
    match data.get("action"):
        case cards.CLICK:
            return await _clicked(desk, incoming, data, words)
        case cards.REFRESH:
            caller = await identify(desk, incoming)
            ref = _own(cards.ref_in(data), caller)
            found = await asyncio.to_thread(_found, desk.context, ref, caller)
            return shown(_drawn(found, ref))
        case cards.COMMAND:
            return shown(await _confirmed(desk, incoming, data, words))
        case said.LEAVE:
            return shown(said.line(words.say("left")))
        case _ if data.get("action") == AGAIN:
            caller = await identify(desk, incoming)
            who = desk.context, words, caller.account, caller.person
            return shown(said.line(await asyncio.to_thread(customer.again, *who)))
    raise Invalid("this button is from an older version of the app")


async def _clicked(desk: Desk, incoming: Incoming, data: Element, words: Words) -> Answer:
    """Do it, and show the message as it stands then."""
    caller = await identify(desk, incoming)
    ref = _own(cards.ref_in(data), caller)
    try:
        click = click_of(str(data.get("name", "")))
    except ValueError:
        raise Invalid("this button is from an older version of the app") from None
    if opens(click):
        raise Invalid("this opens a form")
    # Nothing is done by a card that came from somebody else: they were told nothing.
    before = await asyncio.to_thread(_found, desk.context, ref, caller)
    words = Words(before.locale, TEAMS)  # What is said stands on a card in the reader's language.
    one = Press(
        context=desk.context,
        words=words,
        click=click,
        ref=ref,
        person=caller.person,
        id=f"{TEAMS}_{hashed(incoming.named)[:32]}",  # It stays when they are erased.
        channel=TEAMS,
    )
    try:
        done = await asyncio.to_thread(press, one)
    except (Forbidden, Invalid):
        raise
    except SegueError as error:
        done = Pressed(line=sorry(error, words))
    found = await asyncio.to_thread(_found, desk.context, ref, caller)
    return shown(_drawn(found, ref, done))


def _found(context: Context, ref: Ref, caller: Caller) -> Outgoing:
    """The message as it stands, of who it was sent to."""
    who = {"account": ref.account, "alert": ref.alert, "person": caller.person, "channel": TEAMS}
    if ref.case:
        return current.forward(context, case=ref.case, **who)
    return current.summary(context, **who)


def _drawn(found: Outgoing, ref: Ref, done: Pressed | None = None) -> Element:
    """Its card, with what was just done and the way back."""
    made = card(found, TEAMS)
    if done is not None:
        made = _with(made, done, Words(found.locale, TEAMS))
    about = Ref(account=ref.account, alert=ref.alert, case=ref.case)
    return cards.message(made, refresh=about)


def _with(made: Card, done: Pressed, words: Words) -> Card:
    """The same with a line on what was done."""
    if not done.line:
        return made
    undo = None
    if done.undo is not None:
        undo = Button(name=Click.UNDO_ANSWER, label=words.say("undo"), ref=done.undo)
    kept = tuple(one for one in made.lines if one.name != "answer")
    rows = pages(made.rows) if done.closes else made.rows
    lines = (*kept, Line(name="answer", text=done.line, button=undo))
    return replace(made, lines=lines, rows=rows)


def pages(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """What opens a page stays when everything else is settled."""
    kept = (replace(r, buttons=tuple(b for b in r.buttons if b.ref is None)) for r in rows)
    return tuple(row for row in kept if row.buttons)


async def _confirmed(desk: Desk, incoming: Incoming, data: Element, words: Words) -> Element:
    """Carry out what waited for a yes."""
    workspace = await asyncio.to_thread(workspace_of, desk.context, incoming.tenant)
    if workspace is None or workspace.account is not None:
        raise Forbidden("this is for the vendor's own organisation")
    if not await desk.admits(incoming.member):
        return said.shown(await desk.refusal(incoming.member, words), words)
    text, version = data.get("line"), data.get("version")
    if not isinstance(text, str) or not isinstance(version, int):
        raise Invalid("this button is from an older version of the app")
    wanted = Waiting(line=text, version=version)
    by = actor(incoming)
    found: Said = await asyncio.to_thread(office.confirmed, desk.context, words, wanted, by)
    return said.shown(found, words)


def _own(ref: Ref, caller: Caller) -> Ref:
    if ref.account != caller.account:
        raise Forbidden("this belongs to another account")
    if not ref.alert:
        raise NotFound("there is no such message")
    return ref


def _data(incoming: Incoming) -> Element:
    """What a press carries; an older client sends it as a message of its own."""
    action = incoming.value.get("action")
    data = action.get("data") if isinstance(action, dict) else incoming.value
    return dict(data) if isinstance(data, dict) else {}

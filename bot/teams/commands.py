"""What is typed to the app: in a chat of two, or after an @mention; answered for one's own eyes."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import httpx

from bot import customer, hints, looking, office, replay
from bot.card import card
from bot.changes import Order
from bot.clicks import Click
from bot.grammar import Command, Misread, Place, parse
from bot.refs import Ref
from bot.said import Said
from bot.sorry import sorry, sorry_desk
from bot.teams import cards, said
from bot.teams.arrive import meet_all
from bot.teams.caller import Caller, Desk, actor, asked, identify
from bot.teams.doctor import counted_in, troubles
from bot.teams.incoming import Incoming
from bot.teams.links import code_link
from bot.teams.text import Element
from bot.teams.within import within
from bot.words import TEAMS, Words, words_of
from engine.errors import Conflict, Gone, Invalid, SegueError, Unavailable
from service import champion, forward, people, preview, replayed, rooms
from service.context import Context
from service.replayed import Replay
from store import installs
from store import rooms as stored
from store.installs import Workspace

log = logging.getLogger(__name__)
POLICY, APPROVERS = "policy", "approvers"
"""Forms that are opened by a button, since a message can't open one by itself."""
AGAIN = "again"
_CODE = 40
"""A code is longer than any name that stands behind "link"."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One command and how to answer it."""

    desk: Desk
    incoming: Incoming
    words: Words

    @property
    def context(self) -> Context:
        """Everything it is carried out with."""
        return self.desk.context

    async def say(self, text: Said, *more: Element) -> None:
        """Answer so that nobody else reads it: in a channel, by way of the chat of two."""
        await self.show(said.shown(text, self.words, more=more), text.text)

    async def show(self, shown: Element, summary: str) -> None:
        """The same with a card."""
        here, shown = self.incoming, within(shown)
        summary = summary.partition("\n")[0]
        if here.personal:
            await self.desk.connector.post(here.service_url, here.room, shown, summary=summary)
            return
        own = await asyncio.to_thread(_own_room, self.context, here)
        if own is not None:
            await self.desk.connector.post(own.service_url, own.id, shown, summary=summary)
        note = self.words.say("private" if own else "private_not")
        where = here.service_url, here.conversation
        await self.desk.connector.post(*where, said.line(note), summary=note)


async def answered(desk: Desk, incoming: Incoming) -> None:
    """Carry out what was typed."""
    entered = await asyncio.to_thread(
        rooms.entered,
        desk.context,
        incoming.stored(desk.context.clock.now()),
        zone=incoming.zone,
    )
    words = words_of(desk.context, TEAMS)
    one = Asked(desk=desk, incoming=incoming, words=words)
    if (code := _code(incoming.text)) is not None:
        bound, fresh = await asyncio.to_thread(_bound, one, code)
        if fresh:
            await meet_all(desk, incoming.tenant)
        await one.say(bound)
        return
    if entered.workspace is None:
        await one.say(Said(lines=(words.say("not_linked"),)))
        return
    home = entered.workspace.account is None
    command = parse(incoming.text, Place.HOME if home else Place.CUSTOMER)
    place = Place.HOME if home else Place.CUSTOMER
    if isinstance(command, Misread) or command.verb.name == "help":
        await one.say(hints.helped(command, place, words))
        return
    try:
        await (_of_admin(one, command) if home else _of_customer(one, command))
    except (Unavailable, httpx.HTTPError):
        raise  # It is tried again by itself.
    except SegueError as error:
        wrong = sorry_desk(error, command, words) if home else Said(lines=(sorry(error, words),))
        await one.say(wrong)


async def _of_admin(one: Asked, command: Command) -> None:
    words, incoming = one.words, one.incoming
    if not await one.desk.admits(incoming.member):
        await one.say(await one.desk.refusal(incoming.member, words))
        return
    order = Order(command=command, line=incoming.text, by=actor(incoming))
    match command.verb.name:
        case "link":
            await one.say(await asyncio.to_thread(_link, one, command.account or ""))
        case "preview":
            await _preview(one, command)
        case "test":
            title, lead = words.say("test_title"), words.say("test_lead")
            shown = cards.message(card(looking.sample(words), TEAMS))
            await _still(one, title, (lead,), shown)
        case "simulate":
            await _simulate(one, command)
        case "doctor":
            found = await asyncio.to_thread(office.answer, one.context, words, order)
            more = await asyncio.to_thread(troubles, one.context, words.locale)
            await one.say(_with(found, more))
        case _ if office.wants_form(command):
            button = cards.form(POLICY, words.say("policy_title"))
            await one.say(Said(lines=(words.say("policy_intro"),)), button)
        case _:
            await one.say(await asyncio.to_thread(office.answer, one.context, words, order))


async def _of_customer(one: Asked, command: Command) -> None:
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
            await one.say(_with(found, here))
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
        forward.recipients, one.context, account=caller.account, person=caller.person
    )
    lines = customer.known_lines(known, words) or [words.say("approvers_none")]
    button = cards.form(APPROVERS, words.say("approvers_change"))
    await one.say(Said(title=words.say("approvers_title"), lines=tuple(lines)), button)


async def _forward(one: Asked, caller: Caller) -> None:
    alert = await asyncio.to_thread(champion.passable, one.context, caller.account, caller.person)
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


async def _preview(one: Asked, command: Command) -> None:
    assert command.moment is not None
    found = await asyncio.to_thread(
        preview.preview,
        one.context,
        command.account or "",
        command.moment,
        audience=command.audience,
    )
    words = one.words
    title, lines = looking.about(found, words, words.moment(command.moment))
    await one.say(Said(title=title, lines=lines))
    for each in found:
        shown = cards.message(card(each.outgoing, TEAMS))
        await _still(one, "", (looking.whose(each, words), words.say("preview_small")), shown)


async def _still(one: Asked, title: str, lines: tuple[str, ...], shown: Element) -> None:
    """A message to be looked at, under a line that says so."""
    head = said.shown(Said(title=title, small=lines), one.words)
    idle = cards.still(shown)
    await one.show({**idle, "body": [*head["body"], *idle["body"]]}, title or lines[0])


async def _simulate(one: Asked, command: Command) -> None:
    """Begin, and follow it in one message of the chat of two."""
    words, by = one.words, actor(one.incoming)
    begun = await asyncio.to_thread(replay.begin, one.context, command, by, words)
    room = await asyncio.to_thread(_own_room, one.context, one.incoming)
    if room is None:
        await one.say(Said(lines=(words.say("private_not"),)))
        return
    where, connector = (room.service_url, room.id), one.desk.connector
    first = _progress(begun, Replay(id=begun.id, done=False, progress=(0, 0)), words)
    message = await connector.post(*where, said.shown(first, words), summary=begun.title)
    who = await asyncio.to_thread(replay.asked, one.context, one.incoming.user_name, words)

    async def changed(found: Replay) -> None:
        shown = said.shown(_progress(begun, found, words), words)
        if replay.over(found):
            url = replayed.chart_url(one.context, begun.id) if found.done else None
            shown = _result(begun, found, url, who, words)
        try:
            await connector.update(*where, message, shown, summary=begun.title)
        except httpx.HTTPError as error:
            log.warning("a replay's message could not be changed: %s", type(error).__name__)

    one.desk.keep_running(asyncio.create_task(replay.follow(one.context, begun, changed)))


def _progress(begun: replay.Begun, found: Replay, words: Words) -> Said:
    done, of, text = replay.progress(found, words)
    lines = (words.say("simulate_step"), f"{cards.bar(done / of)} {text}".strip())
    return Said(title=begun.title, lines=lines)


def _result(
    begun: replay.Begun, found: Replay, url: str | None, asked: str, words: Words
) -> dict[str, Any]:
    result = replay.result(begun, found, words)
    shown = said.shown(result, words)
    if replay.spoke(found):
        shown["body"] += cards.picture(url, replay.alt(found, words))
    if found.done and (pairs := replay.silences(found, words)):
        heading = Said(lines=(words.say("simulate_silence"),), pairs=pairs)
        shown["body"] += said.shown(heading, words)["body"]
    shown["body"] += said.shown(Said(small=(asked,)), words)["body"]
    return shown


def _link(one: Asked, account: str) -> Said:
    """The code that binds an organisation, and a link that writes it to the app."""
    code = rooms.code(one.context, account)
    words = one.words
    return Said(
        title=words.say("link_title", account=account),
        lines=(words.say("link_lines"), f"link {code}"),
        links=((words.say("link_open"), code_link(one.desk.app_id, code)),),
    )


def _code(text: str) -> str | None:
    """A link code that was typed: nothing else that stands behind "link" is so long."""
    verb, _, rest = text.partition(" ")
    rest = rest.replace(" ", "")
    return rest if verb.lower() == "link" and len(rest) >= _CODE else None


def _bound(one: Asked, code: str) -> tuple[Said, bool]:
    """What became of a code, and whether it bound the organisation."""
    incoming, words = one.incoming, one.words
    try:
        made = rooms.bind(
            one.context, TEAMS, incoming.tenant, code, by=actor(incoming), bot=incoming.bot
        )
    except Gone:
        return Said(lines=(words.say("code_over"),)), False
    except Conflict:
        return Said(lines=(words.say("bound_already"),)), False
    except Invalid:
        return Said(lines=(words.say("code_unknown"),)), False
    if made.account is None:
        return Said(lines=(words.say("bound_home"),)), True
    name = people.account_name(one.context, made.account)
    return Said(lines=(words.say("bound", account=name), words.say("see_help"))), True


def _own_room(context: Context, incoming: Incoming) -> stored.StoredRoom | None:
    """The chat of two with who asks."""
    with context.database.read() as session:
        return stored.of_member(session, TEAMS, incoming.tenant, incoming.member)


def _with(found: Said, more: list[str]) -> Said:
    return Said(title=found.title, lines=(*found.lines, *more), pairs=found.pairs)


def workspace_of(context: Context, tenant: str) -> Workspace | None:
    """What a tenant is bound to."""
    with context.database.read() as session:
        return installs.by_team(session, tenant, TEAMS)

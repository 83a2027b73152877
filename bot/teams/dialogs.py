"""Dialogs: opened by a button, sent off, and told beside their fields what is wrong with them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from bot.clicks import Click, ask
from bot.refs import Ref
from bot.said import Said
from bot.sorry import sorry
from bot.teams import forms, policy_form, said
from bot.teams.caller import Caller, Desk, actor, identify
from bot.teams.cards import attachment, ref_in
from bot.teams.customers import APPROVERS
from bot.teams.forms import PASS_ON
from bot.teams.incoming import Incoming
from bot.teams.limits import Limit
from bot.teams.linking import workspace_of
from bot.teams.policy_form import POLICY_SURE
from bot.teams.text import Element, label
from bot.teams.vendor import POLICY
from bot.teams.within import within
from bot.words import TEAMS, Words, words_of
from engine.errors import Forbidden, Invalid, SegueError

Answer = dict[str, Any]
WITHIN = 8.0
"""Seconds until an answer; after that Teams says itself that something went wrong."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A dialog that was opened or sent off, with what it carries."""

    desk: Desk
    incoming: Incoming
    words: Words
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Which form it is."""
        return str(self.data.get("name") or "")

    async def caller(self) -> Caller:
        """Who has it open.

        Raises:
            Unauthorized: nobody at the account.
        """
        return await identify(self.desk, self.incoming)

    async def about(self) -> tuple[Caller, Ref]:
        """Who has it open, and what it is about; errors as for `caller`.

        Raises:
            Forbidden: it is somebody else's.
        """
        caller, ref = await self.caller(), ref_in(self.data)
        if ref.account != caller.account:
            raise Forbidden("this belongs to another account")
        return caller, ref

    def field(self, name: str) -> str:
        """What was written into a field."""
        return str(self.data.get(name) or "").strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """A dialog with a card; without one, a line that ends it."""

    title: str
    card: Element | None = None
    line: str = ""


Form = Callable[[Opened], Awaitable[Shown]]


async def opened(desk: Desk, incoming: Incoming) -> Answer:
    """What a button opens."""
    return await _run(desk, incoming, _OPENS, str(data_of(incoming).get("name") or ""))


async def sent(desk: Desk, incoming: Incoming) -> Answer:
    """What came of a dialog that was sent off."""
    return await _run(desk, incoming, _SENT, str(data_of(incoming).get("name") or ""))


async def _run(desk: Desk, incoming: Incoming, known: Mapping[str, Form], name: str) -> Answer:
    words = words_of(desk.context, TEAMS)
    one = Opened(desk=desk, incoming=incoming, words=words, data=data_of(incoming))
    try:
        async with asyncio.timeout(WITHIN):
            if name not in known:
                raise Invalid("this button is from an older version of the app")
            return task(await known[name](one))
    except (TimeoutError, httpx.HTTPError):
        return task(Shown("", line=words.say("failed")))
    except SegueError as error:
        return task(Shown("", line=sorry(error, words)))


def task(shown: Shown) -> Answer:
    """A dialog, or the line that ends one."""
    if shown.card is None:
        return {"task": {"type": "message", "value": shown.line}}
    value = {
        "title": label(shown.title, Limit.DIALOG_TITLE),
        "height": "large",
        "width": "medium",
        "card": attachment(within(shown.card)),
    }
    return {"task": {"type": "continue", "value": value}}


def data_of(incoming: Incoming) -> Mapping[str, Any]:
    """What a dialog carries, with what was written into its fields."""
    found = incoming.value.get("data")
    return found if isinstance(found, Mapping) else incoming.value


async def _choose(one: Opened) -> Shown:
    caller, ref = await one.about()
    card = await asyncio.to_thread(forms.pass_on, one.desk.context, caller, ref, one.words)
    return Shown(one.words.say("forward_title"), card)


async def _chosen(one: Opened) -> Shown:
    caller, ref = await one.about()
    who = one.field(forms.PERSON), one.field(forms.EMAIL), one.field(forms.ROLE)
    wanted = forms.Wanted(*who, note=one.field(forms.NOTE))
    card, line = await asyncio.to_thread(
        forms.send_on, one.desk.context, caller, ref, wanted, one.words
    )
    return Shown(one.words.say("forward_title"), card, line)


async def _preview(one: Opened) -> Shown:
    caller, ref = await one.about()
    card = await asyncio.to_thread(forms.previews, one.desk.context, caller, ref, one.words)
    return Shown(one.words.say("preview"), card)


async def _question(one: Opened) -> Shown:
    _, ref = await one.about()
    return Shown(one.words.say("question_title"), forms.question(ref, one.words))


async def _asked(one: Opened) -> Shown:
    caller, ref = await one.about()
    text = one.field(forms.TEXT)
    form = f"{ref.case} {caller.person}"
    await asyncio.to_thread(ask, one.desk.context, ref, caller.person, text, form)
    return Shown("", line=one.words.say("question_sent"))


async def _approvers(one: Opened) -> Shown:
    caller = await one.caller()
    card = await asyncio.to_thread(forms.approvers, one.desk.context, caller, one.words)
    return Shown(one.words.say("approvers_form"), card)


async def _named(one: Opened) -> Shown:
    caller = await one.caller()
    wanted = {str(k): str(v or "").strip() for k, v in one.data.items()}
    card = await asyncio.to_thread(
        forms.name_approvers, one.desk.context, caller, wanted, one.words
    )
    return Shown(one.words.say("approvers_form"), card, one.words.say("approvers_saved"))


async def _of_admin(what: Callable[..., Element], one: Opened) -> Shown:
    """A form of the vendor's own organisation."""
    workspace = await asyncio.to_thread(workspace_of, one.desk.context, one.incoming.tenant)
    if workspace is None or workspace.account is not None:
        raise Forbidden("this is for the vendor's own organisation")
    title = one.words.say("policy_title")
    if not await one.desk.admits(one.incoming.member):
        return Shown(title, said.shown(Said(lines=(one.words.say("not_admin"),)), one.words))
    by = actor(one.incoming)
    return Shown(title, await asyncio.to_thread(what, one.desk.context, one.data, by, one.words))


_OPENS: Mapping[str, Form] = {
    Click.CHOOSE: _choose,
    Click.PREVIEW: _preview,
    Click.QUESTION: _question,
    APPROVERS: _approvers,
    POLICY: partial(_of_admin, policy_form.policy),
}
_SENT: Mapping[str, Form] = {
    PASS_ON: _chosen,
    Click.QUESTION: _asked,
    APPROVERS: _named,
    POLICY: partial(_of_admin, policy_form.proposed),
    POLICY_SURE: partial(_of_admin, policy_form.agreed),
}

"""Who is on the other end, and what they may do there."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.said import Said
from bot.teams.connector import Connector
from bot.teams.incoming import Incoming
from bot.teams.refusals import refusal
from bot.words import TEAMS, Words
from engine.errors import Unauthorized
from service import chat_admins, people
from service.channel import Retry
from service.context import Context
from service.rooms import Member


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What everything that comes in is answered with. `named`: admins of the settings.

    `running`: what goes on after an answer, kept so that nothing ends it early.
    """

    context: Context
    connector: Connector
    app_id: str
    named: frozenset[str] = frozenset()
    running: set["asyncio.Task[Any]"] = field(default_factory=set)

    async def admits(self, member: str) -> bool:
        """Whether a member of the vendor's own organisation has Segue's admin role."""
        return await asyncio.to_thread(chat_admins.is_admin, self.context, member, named=self.named)

    async def refusal(self, member: str, words: Words) -> Said:
        """How somebody comes by the role."""
        first = words.tell("not_admin_first", user=member)
        return Said(lines=(words.say("not_admin"), first))

    def keep_running(self, task: "asyncio.Task[Any]") -> None:
        """Let it end by itself."""
        self.running.add(task)
        task.add_done_callback(self.running.discard)


def admins_of(named: Collection[str]) -> frozenset[str]:
    """Admins of the settings, as Entra writes their ids."""
    return frozenset(one.lower() for one in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person of an account, and who they are in their organisation."""

    account: str
    person: str
    tenant: str
    member: str


async def identify(desk: Desk, incoming: Incoming) -> Caller:
    """The person behind a member: as remembered, else by the address that Teams tells.

    Raises:
        Unauthorized: nobody at the organisation's account has this address.
    """
    found = await asyncio.to_thread(_by_address, desk.context, incoming, None)
    if found is None and (member := await asked(desk, incoming)) is not None and member.email:
        found = await asyncio.to_thread(_by_address, desk.context, incoming, member.email)
    if found is None:
        raise Unauthorized("nobody at this account has this e-mail address")
    return Caller(account=found[0], person=found[1], tenant=incoming.tenant, member=incoming.member)


async def asked(desk: Desk, incoming: Incoming) -> Member | None:
    """What Teams knows of who something comes from; None where it does not say."""
    try:
        return await desk.connector.member(incoming.service_url, incoming.room, incoming.user)
    except httpx.HTTPError as error:
        if isinstance(refusal(error), Retry):
            raise  # Who they are is not known yet; that is no reason to turn them away.
        return None


def actor(incoming: Incoming) -> str:
    """The name in the audit log."""
    return f"{TEAMS}:{incoming.tenant}/{incoming.member}"


def _by_address(context: Context, incoming: Incoming, email: str | None) -> tuple[str, str] | None:
    return people.by_address(
        context, channel=TEAMS, team=incoming.tenant, user=incoming.member, email=email
    )

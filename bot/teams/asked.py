"""One command and how it is answered: for the eyes of who asked alone."""

import asyncio
from dataclasses import dataclass

from bot.said import Said
from bot.teams import said
from bot.teams.caller import Desk
from bot.teams.incoming import Incoming
from bot.teams.text import Element
from bot.teams.within import within
from bot.words import TEAMS, Words
from service.context import Context
from store import rooms
from store.rooms import StoredRoom


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
        own = await asyncio.to_thread(own_room, self.context, here)
        if own is not None:
            await self.desk.connector.post(own.service_url, own.id, shown, summary=summary)
        note = self.words.say("private" if own else "private_not")
        where = here.service_url, here.conversation
        await self.desk.connector.post(*where, said.line(note), summary=note)


def own_room(context: Context, incoming: Incoming) -> StoredRoom | None:
    """The chat of two with who asks."""
    with context.database.read() as session:
        return rooms.of_member(session, TEAMS, incoming.tenant, incoming.member)

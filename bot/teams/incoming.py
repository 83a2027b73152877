"""What came in from Teams, read once: who, where, and what they want."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from bot.teams.verify import tenant_of
from bot.words import TEAMS
from store.rooms import PERSONAL, StoredRoom

_AT = re.compile(r"<at\b[^>]*>.*?</at>", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|#39);", re.IGNORECASE)
"""What Teams may write in the place of a character, since what it hands over is taken from HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One activity. `member`: who it comes from, by their id in the tenant; `user`: by the bot's.

    `room`: the conversation, without the thread in it. `text`: without the mention of the app.
    """

    id: str
    type: str
    name: str
    action: str
    tenant: str
    conversation: str
    kind: str
    title: str
    service_url: str
    bot: str
    user: str
    member: str
    user_name: str
    text: str
    value: Mapping[str, Any]
    added: tuple[Mapping[str, Any], ...] = ()
    removed: tuple[Mapping[str, Any], ...] = ()
    reply_to: str = ""
    team_name: str = ""
    zone: str = ""

    @property
    def room(self) -> str:
        """The conversation itself: a thread of it is named behind a semicolon."""
        return self.conversation.partition(";")[0]

    @property
    def personal(self) -> bool:
        """Whether nobody else reads along."""
        return self.kind == PERSONAL

    @property
    def named(self) -> str:
        """Its own name: the same however often it is delivered."""
        return ":".join((self.tenant, self.room, self.member, self.id))

    def stored(self, now: datetime) -> StoredRoom:
        """The conversation, as it is kept."""
        return StoredRoom(
            platform=TEAMS,
            team=self.tenant,
            id=self.room,
            kind=self.kind,
            member=self.member if self.personal else "",
            name="" if self.personal else (self.team_name or self.title)[:200],
            service_url=self.service_url,
            bot=self.bot,
            since=now,
            seen_at=now,
        )


def read(body: Mapping[str, Any]) -> Incoming:
    """An activity out of its JSON."""
    who, where = body.get("from") or {}, body.get("conversation") or {}
    channel = body.get("channelData") or {}
    value = body.get("value")
    return Incoming(
        id=str(body.get("id") or body.get("timestamp") or ""),
        type=str(body.get("type") or ""),
        name=str(body.get("name") or ""),
        action=str(body.get("action") or ""),
        tenant=tenant_of(body),
        conversation=str(where.get("id") or ""),
        kind=str(where.get("conversationType") or PERSONAL),
        title=str(where.get("name") or ""),
        service_url=str(body.get("serviceUrl") or ""),
        bot=str((body.get("recipient") or {}).get("id") or ""),
        user=str(who.get("id") or ""),
        member=str(who.get("aadObjectId") or who.get("id") or ""),
        user_name=str(who.get("name") or ""),
        text=_text(str(body.get("text") or "")),
        value=value if isinstance(value, Mapping) else {},
        added=tuple(body.get("membersAdded") or ()),
        removed=tuple(body.get("membersRemoved") or ()),
        reply_to=str(body.get("replyToId") or ""),
        team_name=str((channel.get("team") or {}).get("name") or ""),
        zone=str(body.get("localTimezone") or ""),
    )


def _text(text: str) -> str:
    """What was typed: without the mention, in one line, without a slash before the verb."""
    plain = _ENTITY.sub(lambda found: unescape(found[0].lower()), _AT.sub(" ", text))
    plain = _SPACES.sub(" ", plain).strip()
    for before in ("/segue ", "/"):
        if plain.lower().startswith(before):
            plain = plain[len(before) :]
    return plain

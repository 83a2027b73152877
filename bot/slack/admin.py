"""Who is on the other end in the vendor's own workspace, and whether they may change things."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.said import Said
from bot.slack.caller import profile
from bot.words import Words
from service import chat_admins
from service.context import Context
from store import installs

_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The vendor's own workspace: `named` are the admins of the settings.

    `running`: replays that are followed now, kept so that nothing ends them early.
    """

    context: Context
    named: frozenset[str] = frozenset()
    running: set["asyncio.Task[Any]"] = field(default_factory=set)

    async def admits(self, user: str) -> bool:
        """Whether a user of the vendor's own workspace has Segue's admin role."""
        return await asyncio.to_thread(chat_admins.is_admin, self.context, user, named=self.named)

    async def refusal(self, client: AsyncWebClient, team: str, user: str, words: Words) -> Said:
        """Who could give the role, and how."""
        added = await asyncio.to_thread(chat_admins.every, self.context)
        known = [*sorted(self.named), *(a.user for a in added if a.user not in self.named)]
        if not known:
            return Said(lines=(words.say("not_admin"), words.tell("not_admin_first", user=user)))
        people = [await profile(client, team, one) for one in known[:_NAMED]]
        names = [name_of(found, one) for found, one in zip(people, known, strict=False)]
        asked = words.tell("not_admin_ask", user=user, names=", ".join(names))
        return Said(lines=(words.say("not_admin"), asked))


def is_home(context: Context, team: str) -> bool:
    """Whether a workspace is the vendor's own: it belongs to no account."""
    with context.database.read() as session:
        found = installs.by_team(session, team)
    return found is not None and found.account is None


def actor(team: str, user: str) -> str:
    """The name in the audit log."""
    return f"slack:{team}/{user}"


def name_of(found: dict[str, Any] | None, user: str) -> str:
    """What to call a member."""
    return str((found or {}).get("real_name") or (found or {}).get("name") or user)

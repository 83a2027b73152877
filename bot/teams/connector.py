"""Calls of the Bot Connector: post, change and take back messages, and ask who is in a room."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from microsoft_teams.api import ApiClient
from microsoft_teams.api.activities.message import MessageActivityInput
from microsoft_teams.api.clients.conversation.activity import _PLACEHOLDER_ACTIVITY_ID
from microsoft_teams.api.clients.conversation.params import CreateConversationParams
from microsoft_teams.api.models import Account, Attachment

from bot.teams.sdk import Sdk
from bot.teams.verify import Verifier
from service.rooms import Member

CARD = "application/vnd.microsoft.card.adaptive"
_PAGE, _PAGES = 200, 25
"""Members are asked for by so many, and so often at most: 5,000 of a team."""
_CLIENTS = 100


class Connector:
    """Writes as the app. Each call says where: the address of the service and the conversation."""

    def __init__(self, sdk: Sdk, verifier: Verifier) -> None:
        self._sdk, self._verifier = sdk, verifier
        self._clients: dict[str, ApiClient] = {}

    async def post(
        self, service_url: str, room: str, card: Mapping[str, Any] | None, *, summary: str
    ) -> str:
        """Post a card, or plain text where there is none; the id of the message.

        Raises:
            httpx.HTTPError: it was refused, or there was no answer.
            Forbidden: the address is not Microsoft's.
        """
        here = self._to(service_url).conversations
        try:
            sent = await here.create_activity(room, _message(card, summary))
        except (ValueError, AttributeError) as error:
            raise httpx.DecodingError("an answer that is none") from error
        if sent.id == _PLACEHOLDER_ACTIVITY_ID:
            raise httpx.DecodingError("an answer without an id")
        return sent.id

    async def update(
        self, service_url: str, room: str, id: str, card: Mapping[str, Any], *, summary: str
    ) -> None:
        """Put a card in the place of an earlier message; errors as for `post`."""
        message = _message(card, summary)
        message.id = id
        await self._to(service_url).conversations.update_activity(room, id, message)

    async def delete(self, service_url: str, room: str, id: str) -> None:
        """Take a message back; errors as for `post`."""
        await self._to(service_url).conversations.delete_activity(room, id)

    async def open(self, service_url: str, tenant: str, member: str) -> str:
        """The conversation of two with a member who has the app; errors as for `post`."""
        params = CreateConversationParams(
            members=[Account(id=member)],
            tenant_id=tenant,
            channel_data={"tenant": {"id": tenant}},
        )
        made = await self._to(service_url).conversations.create(params)
        return made.id

    async def member(self, service_url: str, room: str, id: str) -> Member:
        """Who somebody in a conversation is; errors as for `post`."""
        return _member(await self._to(service_url).conversations.get_member_by_id(room, id))

    async def members(self, service_url: str, room: str) -> Sequence[Member]:
        """Everybody in a conversation; errors as for `post`."""
        found: list[Member] = []
        after = None
        for _ in range(_PAGES):
            page = await self._to(service_url).conversations.get_paged_members(room, _PAGE, after)
            found += [_member(one) for one in page.members or ()]
            after = page.continuation_token
            if not after:
                break
        return found

    def _to(self, service_url: str) -> ApiClient:
        """The client of one address: our token goes to no other."""
        self._verifier.allow(service_url)
        known = self._clients.get(service_url)
        if known is None:
            if len(self._clients) >= _CLIENTS:
                self._clients.clear()
            known = self._sdk.app.api.clone(service_url=service_url)
            self._clients[service_url] = known
        return known


def _message(card: Mapping[str, Any] | None, summary: str) -> MessageActivityInput:
    """A message; `summary` is what notifications say of a card."""
    if card is None:
        return MessageActivityInput(text=summary, text_format="plain")
    content = Attachment(content_type=CARD, content=dict(card))
    return MessageActivityInput(summary=summary, attachments=[content])


def _member(found: Any) -> Member:
    return Member(
        id=str(found.aad_object_id or found.id),
        email=found.email or found.user_principal_name,
        name=found.name,
    )

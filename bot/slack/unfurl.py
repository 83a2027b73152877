"""What a posted link of ours shows: what it is, and no number, since everyone there sees it."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot import posted
from bot.slack import blocks
from bot.words import words_of
from service.context import Context


def listen(app: AsyncApp, context: Context) -> None:
    """Take the links that somebody posted."""

    @app.event("link_shared")
    async def shared(body: dict[str, Any], client: AsyncWebClient) -> None:
        event = body["event"]
        shown = await asyncio.to_thread(_shown, context, body.get("team_id") or "", event)
        if not shown:
            return
        if event.get("unfurl_id") and event.get("source"):
            where = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
        else:
            where = {"channel": event["channel"], "ts": event["message_ts"]}
        await client.chat_unfurl(**where, unfurls=shown)


def _shown(context: Context, team: str, event: dict[str, Any]) -> dict[str, Any]:
    """A card for each link to a case of the workspace's own account."""
    found, words = {}, words_of(context)
    for link in event.get("links") or ():
        url = str(link.get("url", ""))
        told = posted.shown(context, url, words, channel="slack", team=team)
        if told is not None:
            body = blocks.context([told.body], "body")
            found[url] = {"blocks": [blocks.section(told.title, "title"), body]}
    return found

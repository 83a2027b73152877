"""What a posted link of ours shows: what it is, and no number, since everyone there sees it."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import blocks
from bot.words import Words, words_of
from engine.errors import NotFound
from service import links
from service.context import Context
from service.secrets import hashed
from store import forwards, people


def listen(app: AsyncApp, context: Context) -> None:
    """Take the links that somebody posted."""

    @app.event("link_shared")
    async def posted(body: dict[str, Any], client: AsyncWebClient) -> None:
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
        token = _token(context, url)
        if token is None:
            continue
        with context.database.read() as session:
            case = forwards.case_behind(session, hashed(token))
            own = people.account_of_team(session, "slack", team)
        if case is not None and case.account == own:
            over = links.expired(case, context.clock.now())
            found[url] = {"blocks": _card(context, words, over=over)}
    return found


def _card(context: Context, words: Words, *, over: bool) -> list[dict[str, Any]]:
    try:
        product = context.policy().catalogue.product.name
    except NotFound:
        product = "Segue"
    told = words.say("unfurl_over" if over else "unfurl_body")
    title = blocks.section(words.say("unfurl_title", product=product), "title")
    return [title, blocks.context([told], "body")]


def _token(context: Context, url: str) -> str | None:
    """The token in a link to a case of this deployment."""
    ours, parts = urlsplit(context.public_url), urlsplit(url)
    folder, _, token = parts.path.removesuffix(".pdf").rpartition("/")
    case = f"{ours.path.rstrip('/')}/case"
    return token if parts.hostname == ours.hostname and folder == case and token else None

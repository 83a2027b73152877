"""Short private replies."""

from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.slack.messages import finished
from bot.slack.text import Block


async def reply(respond: AsyncRespond, text: str, *shown: Block) -> None:
    """Only the person who clicked or typed sees it."""
    await respond(response_type="ephemeral", replace_original=False, **_body(text, shown))


async def replace(respond: AsyncRespond, text: str) -> None:
    """Put a line in the place of an earlier reply."""
    await respond(replace_original=True, **_body(text, ()))


def _body(text: str, shown: tuple[Block, ...]) -> dict[str, Any]:
    made = finished(text, list(shown))
    kept = {k: made[k] for k in ("text", "unfurl_links", "unfurl_media")}
    return {**kept, "blocks": made["blocks"]} if shown else kept

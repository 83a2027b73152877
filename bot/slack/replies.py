"""Short private replies, and what an error is called where somebody reads it."""

from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.slack.messages import finished
from bot.slack.text import Block
from bot.words import Words
from engine.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany, Unauthorized

_LABELS: tuple[tuple[type[Exception], str], ...] = (
    (Unauthorized, "unknown_person"),
    (Forbidden, "not_yours"),
    (TooMany, "too_many"),
    (Invalid, "stale"),
    (Gone, "over"),
    (Conflict, "over"),
    (NotFound, "gone"),
)


def sorry(error: Exception, words: Words) -> str:
    """What to say about an error: what happened and what helps."""
    if isinstance(error, Invalid) and error.pointer == "/note":
        return words.say("note_refused")
    if isinstance(error, Invalid) and error.pointer == "/alert":
        return words.say("not_forwarded")
    for kind, label in _LABELS:
        if isinstance(error, kind):
            return words.say(label)
    return words.say("failed")


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

"""Whole messages: one delivery becomes the payload that Slack is given. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from bot.card import Card, Line, card, forwarded
from bot.fit import length
from bot.slack import blocks, buttons
from bot.slack.inert import inert
from bot.slack.limits import Limit
from bot.slack.text import Block, fallback
from service.channel import Outgoing

_KEPT = {  # What a block is made of; Slack adds more to an image, and then refuses it.
    "header": ("text",),
    "section": ("text", "fields"),
    "context": ("elements",),
    "image": ("image_url", "alt_text"),
    "actions": ("elements",),
}


_ESSENTIAL = ("lead", "note", "title", "body", "answer", "receipt")


def payload(outgoing: Outgoing) -> dict[str, Any]:
    """`text` and `blocks` of one delivery."""
    made = card(outgoing)
    return finished(made.summary, shown(made))


def shown(made: Card) -> list[Block]:
    """A message as blocks."""
    return [
        *([blocks.context([made.lead], "lead")] if made.lead else []),
        *([blocks.section(made.note, "note")] if made.note else []),
        *(blocks.told(made.told) if made.told else []),
        *([blocks.context([made.why], "why")] if made.why else []),
        *(block for line in made.lines for block in _line(line)),
        *(block for row in made.rows for block in buttons.row(row)),
    ]


def _line(line: Line) -> list[Block]:
    """A line with what is beside or below it."""
    where = line.name[: Limit.ID]
    if line.small:
        return [blocks.context([line.text], where)]
    block = blocks.section(line.text, where)
    if line.button is not None:
        return [{**block, "accessory": buttons.button(line.button)}]
    return [block, *(buttons.row(line.row) if line.row else [])]


def finished(text: str, shown: list[Block]) -> dict[str, Any]:
    """A payload whose links don't unfurl and whose text pings nobody."""
    return {
        "text": fallback(text, Limit.TEXT),
        "blocks": _fitting(shown),
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _fitting(shown: list[Block]) -> list[Block]:
    """Within what one message holds: the small print goes first, the buttons never."""
    for name in ("why", "facts", "source"):
        if length(json.dumps(shown, ensure_ascii=False)) <= Limit.MESSAGE_BLOCKS:
            break
        shown = [b for b in shown if b.get("block_id", "").rpartition(".")[2] != name]
    return shown[: Limit.BLOCKS_IN_MESSAGE]


def plainer(sent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The message, and what to send of it where Slack does not take that.

    Without the chart, which Slack may not have been able to fetch: the bar of text stays. At last
    the story and its buttons alone.
    """
    shown, before = sent["blocks"], None
    for kept in (
        shown,
        [b for b in shown if b["type"] != "image"],
        [b for b in shown if b["block_id"] in _ESSENTIAL or b["type"] == "actions"],
    ):
        if kept and kept != before:
            yield {**sent, "blocks": kept}
        before = kept


def preview(
    outgoing: Outgoing, heading: str, *, within: str = "preview", numbers: Iterator[int]
) -> list[Block]:
    """What somebody else would get, under a heading: to be looked at, its buttons do nothing."""
    made = shown(forwarded(outgoing))
    return [blocks.context([heading], within), *inert(made, within=within, numbers=numbers)]


def closed(message: dict[str, Any], line: str) -> dict[str, Any]:
    """A message as it came back from Slack, with one line instead of its buttons; links stay."""
    shown = []
    for block in message.get("blocks", []):
        kept = {k: block[k] for k in _KEPT.get(block.get("type"), ()) if block.get(k)}
        if block.get("type") == "actions":
            kept["elements"] = [e for e in block["elements"] if e.get("url")]
        if kept and kept.get("elements", True):
            shown.append({"type": block["type"], "block_id": block["block_id"], **kept})
    shown = [b for b in shown if b["block_id"] != "answer"]
    return {**finished("", [*shown, blocks.section(line, "answer")]), "text": message["text"]}

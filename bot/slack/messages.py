"""Whole messages: one delivery becomes the payload that Slack is given. Pure."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.slack import blocks, buttons
from bot.slack.inert import inert
from bot.slack.limits import Limit, length
from bot.slack.refs import Ref
from bot.slack.text import Block, fallback
from bot.words import Words, message_of
from engine.alert import AlertClass
from service.channel import DeliveryKind, ForwardState, Outgoing
from service.people import display
from templates.message import Message

_KEPT = {  # What a block is made of; Slack adds more to an image, and then refuses it.
    "header": ("text",),
    "section": ("text", "fields"),
    "context": ("elements",),
    "image": ("image_url", "alt_text"),
    "actions": ("elements",),
}


_LOOKS = 10
"""Links to what was sent are counted from here."""
_ESSENTIAL = ("lead", "note", "title", "body", "answer", "receipt")


def payload(outgoing: Outgoing) -> dict[str, Any]:
    """`text` and `blocks` of one delivery."""
    words, text = Words(outgoing.locale), message_of(outgoing)
    match outgoing.kind:
        case DeliveryKind.FORWARD:
            shown, said = _forward(outgoing, text, words), f"{text.lead} {text.title}"
        case DeliveryKind.RECEIPT:
            said = outgoing.extra.get("text") or text.title
            look = buttons.link(_LOOKS, words.say("look"), outgoing.look)
            page = buttons.link(1, words.say("open_case"), outgoing.case_url)
            shown = [blocks.section(said, "receipt"), *buttons.row("pages", [*look, *page])]
        case DeliveryKind.WITHDRAWAL:
            said = words.say("withdrawn_here", name=display(outgoing.asked_by or outgoing.person))
            shown = [blocks.section(said, "withdrawn")]
        case DeliveryKind.SUMMARY | DeliveryKind.NOTICE | DeliveryKind.CARD:
            shown, said = _card(outgoing, text, words), f"{text.title}. {text.body}"
    return finished(said, shown)


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
    shown = _forward(outgoing, message_of(outgoing), Words(outgoing.locale))
    return [blocks.context([heading], within), *inert(shown, within=within, numbers=numbers)]


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


def _card(outgoing: Outgoing, text: Message, words: Words) -> list[Block]:
    """The champion's message in its present state: open, being sent, sent, answered."""
    ref = Ref(account=outgoing.account, alert=outgoing.alert)
    return [
        *blocks.told(outgoing, text, words),
        *blocks.why(outgoing, words),
        *(
            line
            for n, f in enumerate(outgoing.forwards)
            for line in _forwarded(outgoing, f, n, words)
        ),
        *_answered(outgoing, words),
        *_choices(outgoing, ref, words),
    ]


def _choices(outgoing: Outgoing, ref: Ref, words: Words) -> list[Block]:
    if outgoing.closed_as:
        return []
    answers = buttons.answers(ref, words, useful=_found_useful(outgoing))
    match outgoing.story.alert_class:
        case AlertClass.NOTICE:
            return buttons.row("choices", buttons.opt_out(ref, words))
        case AlertClass.REFLECTION:
            return buttons.row("choices", answers)
        case AlertClass.ASK:
            sending = buttons.sending(ref, words, outgoing.recipients, outgoing.forwards)
            return [
                *buttons.row("send", [*sending, *buttons.plan_link(outgoing, words)]),
                *buttons.row("choices", answers),
            ]


def _forwarded(outgoing: Outgoing, forward: ForwardState, n: int, words: Words) -> list[Block]:
    """One line on where a forward stands; while it waits it can be taken back."""
    name, where = forward.to_name, f"forward.{forward.id}"[: Limit.ID]
    match forward.state:
        case "waiting":
            ref = Ref(account=outgoing.account, alert=outgoing.alert, forward=forward.id)
            line = blocks.section(words.say("sending_to", name=name), where)
            undo = buttons.button(f"{buttons.Click.UNDO_FORWARD}.{n}", words.say("undo"), ref)
            return [{**line, "accessory": undo} if forward.undo_until else line]
        case "sent":
            zone = outgoing.person.time_zone or outgoing.story.time_zone
            at = forward.sent_at or outgoing.story.as_of
            line = blocks.section(words.sent_to(name, at, zone), where)
            if outgoing.closed_as:
                return [line]
            ref = Ref(account=outgoing.account, alert=outgoing.alert, forward=forward.id)
            back = buttons.button(f"{buttons.Click.WITHDRAW}.{n}", words.say("withdraw"), ref)
            if not forward.look:
                return [{**line, "accessory": back}]
            look = buttons.link(_LOOKS + n, words.say("look"), forward.look)
            return [line, *buttons.row(f"sent.{n}", [*look, back])]
        case "withdrawn":
            return [blocks.context([words.say("forward_withdrawn", name=name)], where)]
        case "undone":
            return [blocks.context([words.say("forward_undone", name=name)], where)]
        case _:
            return [blocks.section(words.say("not_sent_to", name=name), where)]


def _answered(outgoing: Outgoing, words: Words) -> list[Block]:
    """What the alert was closed by, or that it was found useful."""
    answer = outgoing.closed_as or ("useful" if _found_useful(outgoing) else None)
    if answer is None:
        return []
    until = date.fromisoformat(outgoing.returns) if outgoing.returns else None
    line = words.answered(answer, until, outgoing.story.as_of.date())
    return [blocks.section(line, "answer")]


def _found_useful(outgoing: Outgoing) -> bool:
    """Whether the reader's own last answer was "Useful"."""
    own = outgoing.extra.get("person") == outgoing.person.id
    return own and outgoing.extra.get("kind") == "useful"


def _forward(outgoing: Outgoing, text: Message, words: Words) -> list[Block]:
    """What manager or finance gets: from the app, saying who asked, with everything to answer."""
    ref = Ref(account=outgoing.account, alert=outgoing.alert, case=outgoing.extra.get("case", ""))
    note = [blocks.section(f"“{text.note}”", "note")] if text.note else []
    return [
        *([blocks.context([text.lead], "lead")] if text.lead else []),
        *note,
        *blocks.told(outgoing, text, words),
        *blocks.why(outgoing, words),
        *_answered(outgoing, words),
        *([] if outgoing.closed_as else buttons.row("decide", _decisions(outgoing, ref, words))),
    ]


def _decisions(outgoing: Outgoing, ref: Ref, words: Words) -> list[Block]:
    """Approving happens on the page, where everything is visible; the rest here."""
    pages = [
        *buttons.link(1, words.say("open_case"), outgoing.case_url),
        *buttons.link(2, words.say("approve_question"), outgoing.case_url),
    ]
    if not ref.case:
        return [*pages, *buttons.opt_out(ref, words)]
    return [
        *pages,
        buttons.button(buttons.Click.QUESTION, words.say("ask_question"), ref),
        buttons.button(buttons.Click.DECLINE, words.say("not_now"), ref),
        *buttons.opt_out(ref, words),
    ]

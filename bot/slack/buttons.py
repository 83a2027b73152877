"""Buttons: all of one size and style, and the ids by which their clicks come back."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from urllib.parse import urlsplit

from bot.slack.limits import Limit, fit
from bot.slack.refs import Ref
from bot.slack.text import Block, plain
from bot.words import Words
from service.channel import ForwardState, Outgoing, Recipient

UNDER_WAY = ("waiting", "sent")


class Click(StrEnum):
    """What was clicked; several buttons of one kind end in a number."""

    SEND = "send"
    CHOOSE = "choose"
    PREVIEW = "preview"
    UNDO_FORWARD = "undo_forward"
    WITHDRAW = "withdraw"
    USEFUL = "useful"
    NOT_NOW = "not_now"
    NEVER = "never"
    UNDO_ANSWER = "undo_answer"
    QUESTION = "question"
    DECLINE = "decline"
    LINK = "link"


def button(click: str, label: str, ref: Ref) -> Block:
    """A button that comes back to us."""
    return {
        "type": "button",
        "action_id": click,
        "text": plain(fit(label, Limit.BUTTON_SHOWN + 10), Limit.BUTTON),
        "value": ref.value(),
    }


def link(number: int, label: str, url: str | None) -> list[Block]:
    """A button that opens a page, if there is one."""
    if not url or len(url) > Limit.URL or urlsplit(url).scheme not in ("https", "http"):
        return []
    text = plain(fit(label, Limit.BUTTON_SHOWN + 10), Limit.BUTTON)
    return [{"type": "button", "action_id": f"{Click.LINK}.{number}", "text": text, "url": url}]


def row(name: str, elements: Iterable[Block]) -> list[Block]:
    """A row of buttons, or nothing."""
    shown = list(elements)[: Limit.ACTIONS]
    return [{"type": "actions", "block_id": name, "elements": shown}] if shown else []


def sending(
    ref: Ref, words: Words, recipients: tuple[Recipient, ...], forwards: tuple[ForwardState, ...]
) -> list[Block]:
    """One for each approver not told yet, one for somebody else, and what they would get."""
    told = {f.to_id for f in forwards if f.state in UNDER_WAY}
    known = [
        button(f"{Click.SEND}.{n}", words.say("send_to", name=r.name), replace(ref, to=r.id))
        for n, r in enumerate(r for r in recipients if r.id not in told)
    ]
    return [
        *known[:4],
        button(Click.CHOOSE, words.say("send_to_somebody"), ref),
        button(Click.PREVIEW, words.say("preview"), ref),
    ]


def answers(ref: Ref, words: Words, *, useful: bool) -> list[Block]:
    """The answers a champion has; what was said already isn't asked again."""
    return [
        *([] if useful else [button(Click.USEFUL, words.say("useful"), ref)]),
        button(Click.NOT_NOW, words.say("not_now"), ref),
        button(Click.NEVER, words.say("dont_suggest"), ref),
    ]


def opt_out(ref: Ref, words: Words) -> list[Block]:
    """The way out of a notice."""
    return [button(Click.NEVER, words.say("stop"), ref)]


def plan_link(outgoing: Outgoing, words: Words) -> list[Block]:
    """What the next plan looks like, for who may buy it."""
    if not outgoing.person.can_buy:
        return []
    plan = outgoing.story.next_plan
    label = words.say("see_plan", plan=plan.name) if plan else words.say("see_next_plan")
    return link(1, label, outgoing.upgrade_url)

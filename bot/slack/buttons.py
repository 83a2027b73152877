"""Buttons as Slack draws them: all of one size and style."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.buttons import Button, Row
from bot.fit import fit
from bot.slack.limits import Limit
from bot.slack.text import Block, plain


def row(of: Row) -> list[Block]:
    """A row of buttons, or nothing."""
    shown = list(buttons(of.buttons))[: Limit.ACTIONS]
    return [{"type": "actions", "block_id": of.name, "elements": shown}] if shown else []


def buttons(of: Iterable[Button]) -> Iterable[Block]:
    """Buttons of which those that open a page open one that Slack takes."""
    return (button(one) for one in of if one.ref is not None or _opens(one.url))


def button(of: Button) -> Block:
    """A button that comes back to us, or opens a page."""
    text = plain(fit(of.label, Limit.BUTTON_SHOWN + 10), Limit.BUTTON)
    shown = {"type": "button", "action_id": of.name, "text": text}
    return {**shown, "value": of.ref.value()} if of.ref is not None else {**shown, "url": of.url}


def _opens(url: str) -> bool:
    return len(url) <= Limit.URL and urlsplit(url).scheme in ("https", "http")

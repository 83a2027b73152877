"""Every text object Slack gets is made here, so that data in it can't ping, link or format."""

import re
from typing import Any

from bot.fit import fit, length
from bot.plain import WORD_JOINER, clean, unformatted

Block = dict[str, Any]

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SHORTCODE = re.compile(r":(?=[\w+'-]+:)")
_NOTHING = "–"


def escape(text: str) -> str:
    """The three characters Slack gives a meaning to, as entities."""
    return "".join(_ENTITIES.get(c, c) for c in clean(text))


def literal(text: str) -> str:
    """For mrkdwn: escaped, and with nothing left that formats or names an emoji.

    A low line inside a word formats nothing and stays, so that a key can be copied: spacing_days.
    """
    return escape(unformatted(_SHORTCODE.sub(":" + WORD_JOINER, clean(text))))


def plain(text: str, limit: int) -> Block:
    """A text object without any formatting, at most `limit` long."""
    return {"type": "plain_text", "text": _escaped(text, limit, escape), "emoji": False}


def mrkdwn(text: str) -> Block:
    """A formatted text object; every foreign part of `text` came through `literal`."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def pair(value: str, label: str, limit: int) -> Block:
    """A bold value above its label."""
    head = _escaped(value, limit // 2 - 4, literal)
    return mrkdwn(f"*{head}*\n{_escaped(label, limit // 2, literal)}")


def fallback(text: str, limit: int) -> str:
    """The message's own `text`, read out by notifications and screen readers."""
    return _escaped(text, limit, literal)


def _escaped(text: str, limit: int, how: Any) -> str:
    """Escaped and within `limit`, without ever cutting an entity in two."""
    room = limit
    while True:
        escaped: str = how(fit(clean(text).strip() or _NOTHING, room))
        over = length(escaped) - limit
        if over <= 0:
            return escaped
        room = max(1, room - max(1, over // 5))

"""Every text of a card is made here, so that data in it can't link, mention or format."""

import re
from typing import Any

from bot.fit import fit
from bot.plain import WORD_JOINER, clean, unformatted

Element = dict[str, Any]

_LINK = re.compile(r"\](?=[(\[:])")
_HEAD = re.compile(r"^(?=[#>+\-=]|\d{1,9}[.)])", re.MULTILINE)
_INDENT = re.compile(r"^[^\S\n]+", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_MACRO = re.compile(r"\{(?=\{)")
_TAG = re.compile(r"<(?=[A-Za-z/!])")
_NOTHING = "–"


def literal(text: str, limit: int) -> str:
    """For a text block, which reads Markdown: nothing in it is any, and none of it is a macro."""
    plain = _INDENT.sub("", unformatted(clean(text).strip()))
    for pattern in (_LINK, _ENTITY, _MACRO, _TAG):
        plain = pattern.sub(lambda found: found.group() + WORD_JOINER, plain)
    return fit(_HEAD.sub(WORD_JOINER, plain) or _NOTHING, limit)


def label(text: str, limit: int) -> str:
    """For a button or a field, which read no Markdown."""
    return fit(clean(text).strip() or _NOTHING, limit)


def sound(text: str, limit: int) -> str:
    """What somebody wrote, to stand in its field again: whole, but for halves of characters."""
    return fit(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore"), limit)


def block(text: str, limit: int, **how: Any) -> Element:
    """A paragraph."""
    return {"type": "TextBlock", "text": literal(text, limit), "wrap": True, **how}


def small(text: str, limit: int, **how: Any) -> Element:
    """Small print."""
    return block(text, limit, size="Small", isSubtle=True, **how)

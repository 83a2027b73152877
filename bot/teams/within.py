"""A card within what Teams takes, whatever its data is. Pure."""

from collections.abc import Iterator
from typing import Any

from bot.fit import fit, length
from bot.teams.limits import Limit, size

Element = dict[str, Any]
_SHORT = 60
"""Texts are not cut below so much, and so few there are to choose from at least."""
_FEW = 5


def within(card: Element) -> Element:
    """The same, with fewer to choose from and its longest texts cut where it is too large."""
    while size(card) > Limit.CARD_BYTES:
        if not (_fewer(card) or _shorter(card)):
            return card
    return card


def _fewer(card: Element) -> bool:
    """Leave a quarter out of the longest list, but never what is chosen in it."""
    lists = [e for e in _inside(card) if e.get("type") == "Input.ChoiceSet"]
    longest = max(lists, key=lambda e: len(e["choices"]), default=None)
    if longest is None or len(longest["choices"]) <= _FEW:
        return False
    chosen = longest.get("value")
    kept = longest["choices"][: len(longest["choices"]) * 3 // 4]
    kept += [one for one in longest["choices"][len(kept) :] if one["value"] == chosen]
    if len(kept) == len(longest["choices"]):
        return False
    longest["choices"] = kept
    return True


def _shorter(card: Element) -> bool:
    """Cut the longest text to three quarters; where all are short, leave the last one out."""
    texts = [e for e in _inside(card) if e.get("type") == "TextBlock"]
    longest = max(texts, key=lambda e: length(e["text"]), default=None)
    if longest is not None and length(longest["text"]) > _SHORT:
        longest["text"] = fit(longest["text"], length(longest["text"]) * 3 // 4)
        return True
    last = [e for e in card["body"] if e["type"] in ("TextBlock", "FactSet", "Container")]
    if len(last) < 2:
        return False
    card["body"].remove(last[-1])
    return True


def _inside(part: Any) -> Iterator[Element]:
    """Every element of a card."""
    if isinstance(part, dict):
        if "type" in part:
            yield part
        for name, value in part.items():
            if name != "data":
                yield from _inside(value)
    elif isinstance(part, list):
        for one in part:
            yield from _inside(one)

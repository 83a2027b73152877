"""Makes foreign text safe to set beside our own: names, notes, anything a person typed."""

import unicodedata
from functools import lru_cache

_ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"


@lru_cache(maxsize=4096)
def plain(text: str, limit: int) -> str:
    """`text` on one line, without control or direction-override characters, at most `limit` long.

    Joiners stay, because Persian, Hindi and others need them inside words.
    """
    spaced = "".join(" " if c.isspace() else c for c in text if _may_stay(c))
    line = " ".join(spaced.split())
    if len(line) <= limit:
        return line
    return line[: max(limit - 1, 0)].rstrip() + _ELLIPSIS if limit > 0 else ""


def _may_stay(character: str) -> bool:
    if character.isspace() or character in _JOINERS:
        return True
    return not unicodedata.category(character).startswith("C")

"""Finds and hides whole words and numbers, so that names and facts can be told from our words."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby

_MASK = "\ue000"  # In no text: `plain` strips it from names.


def without(text: str, parts: Iterable[str]) -> str:
    """`text` with whole occurrences of `parts` replaced by a mark, longest first."""
    pattern = _any_of(frozenset(parts))
    return pattern.sub(_MASK, text) if pattern else text


def contained(text: str, parts: Iterable[str]) -> set[str]:
    """Which of `parts` are in `text`; one inside a longer one is not."""
    pattern = _any_of(frozenset(parts))
    return set(pattern.findall(text)) if pattern else set()


@lru_cache(maxsize=256)
def _any_of(parts: frozenset[str]) -> re.Pattern[str] | None:
    """One pattern for all; those that begin alike share what may not stand before them.

    Kept for a while: all texts of a story hide the same words.
    """
    known = sorted({part for part in parts if part}, key=lambda part: (_before(part), -len(part)))
    pattern = "|".join(
        f"{before}(?:{'|'.join(re.escape(part) + _after(part) for part in some)})"
        for before, some in groupby(known, key=_before)
    )
    return re.compile(pattern) if pattern else None


def whole(part: str) -> str:
    """A pattern for `part` where it isn't a piece of a longer word or number."""
    return _before(part) + re.escape(part) + _after(part)


def _before(part: str) -> str:
    return r"(?<![\w.,])" if part[0].isdigit() else r"(?<!\w)" if part[0].isalnum() else ""


def _after(part: str) -> str:
    return r"(?!\w|[.,]\d)" if part[-1].isalnum() else ""

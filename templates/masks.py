"""Finds and hides whole words and numbers, so that names and facts can be told from our words."""

import re
from collections.abc import Iterable

_MASK = "\ue000"  # In no text: `plain` strips it from names.


def without(text: str, parts: Iterable[str]) -> str:
    """`text` with whole occurrences of `parts` replaced by a mark, longest first."""
    pattern = _any_of(parts)
    return re.sub(pattern, _MASK, text) if pattern else text


def contained(text: str, parts: Iterable[str]) -> set[str]:
    """Which of `parts` are in `text`; one inside a longer one is not."""
    pattern = _any_of(parts)
    return set(re.findall(pattern, text)) if pattern else set()


def _any_of(parts: Iterable[str]) -> str:
    known = sorted({part for part in parts if part}, key=len, reverse=True)
    return "|".join(whole(part) for part in known)


def whole(part: str) -> str:
    """A pattern for `part` where it isn't a piece of a longer word or number."""
    before = r"(?<![\w.,])" if part[0].isdigit() else r"(?<!\w)" if part[0].isalnum() else ""
    after = r"(?!\w|[.,]\d)" if part[-1].isalnum() else ""
    return before + re.escape(part) + after

"""Finds and hides whole words and numbers, so that names and facts can be told from our words."""

import re
from collections.abc import Iterable
from itertools import groupby

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
    """One pattern for all; those that begin alike share what may not stand before them."""
    known = sorted({part for part in parts if part}, key=lambda part: (_before(part), -len(part)))
    return "|".join(
        f"{before}(?:{'|'.join(re.escape(part) + _after(part) for part in some)})"
        for before, some in groupby(known, key=_before)
    )


def whole(part: str) -> str:
    """A pattern for `part` where it isn't a piece of a longer word or number."""
    return _before(part) + re.escape(part) + _after(part)


def _before(part: str) -> str:
    return r"(?<![\w.,])" if part[0].isdigit() else r"(?<!\w)" if part[0].isalnum() else ""


def _after(part: str) -> str:
    return r"(?!\w|[.,]\d)" if part[-1].isalnum() else ""

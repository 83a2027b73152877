"""The patterns of a language pack, each list compiled once."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from templates.pack import Pack, pack


def found(words: Pack, text: str, *keys: str) -> Iterator[str]:
    """Every piece of `text` that a list of the pack's rules refuses, as whole words."""
    return (match.group() for match in _whole(words.name, keys).finditer(text))


def rule(words: Pack, *keys: str) -> re.Pattern[str]:
    """One pattern of the pack's rules, or all of a list."""
    return _plain(words.name, keys)


@cache
def _whole(name: str, keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(_at(name, keys))})(?!\w)", re.IGNORECASE)


@cache
def _plain(name: str, keys: tuple[str, ...]) -> re.Pattern[str]:
    value = _at(name, keys)
    return re.compile(value if isinstance(value, str) else "|".join(value), re.IGNORECASE)


def _at(name: str, keys: tuple[str, ...]) -> Any:
    """The value at a path of the pack's rules."""
    value: Any = pack(name).rules
    for key in keys:
        value = value[key]
    return value

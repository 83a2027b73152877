"""The narrator's words, from captions.toml."""

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Protocol

from segue.demo.world import HERE


class Say(Protocol):
    """`note` or `held`."""

    def __call__(self, name: str, /, **values: str) -> str:
        """A sentence with its values filled in."""
        ...


@cache
def _words() -> dict[str, dict[str, str]]:
    with (HERE / "captions.toml").open("rb") as stream:
        return tomllib.load(stream)


def chapters() -> dict[str, str]:
    """The chapters of the story and what each is called."""
    return _words()["chapters"]


def note(kind: str, /, **values: str) -> str:
    """What the narrator says about something that happened."""
    return _words()["notes"][kind].format(**values)


def held(reason: str, /, **values: str) -> str:
    """What the narrator says about a silence."""
    texts = _words()["held"]
    return texts.get(reason, texts["other"]).format(**values)


def day(when: date) -> str:
    """17 June."""
    return f"{when.day} {when:%B}"


def span(low: date, high: date) -> str:
    """24 to 29 June."""
    if low == high:
        return day(low)
    return f"{low.day} to {day(high)}" if low.month == high.month else f"{day(low)} to {day(high)}"


def number(value: Decimal | float) -> str:
    """1,204."""
    return f"{value:,.0f}"

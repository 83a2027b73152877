"""A change that waits for a yes: what its button carries until somebody presses it."""

import json
from dataclasses import asdict, dataclass

from bot.fit import length
from bot.refs import VALUE
from engine.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a button carries: the command that waits for a yes, and what it was proposed for."""

    line: str
    version: int = 0

    def value(self) -> str:
        """The text of the button's `value`."""
        text = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        if length(text) > VALUE:
            raise Invalid("this is too long for a button: shorten the reason", pointer="because")
        return text


def waiting(value: str) -> Waiting:
    """What a button carries.

    Raises:
        Invalid: it isn't one of ours.
    """
    try:
        found = json.loads(value)
        if not (isinstance(found["line"], str) and isinstance(found["version"], int)):
            raise TypeError
        return Waiting(line=found["line"], version=found["version"])
    except (ValueError, TypeError, KeyError):
        raise Invalid("this button is from an older version of the app") from None

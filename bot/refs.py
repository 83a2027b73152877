"""What buttons and modals carry: ids, trusted once signature and account are checked."""

import json
from dataclasses import asdict, dataclass

from bot.fit import length
from engine.errors import Invalid

VALUE = 2_000
"""Characters that a button may carry in any chat: Slack takes no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """Names what a button is about; empty parts are left out of its value."""

    account: str
    alert: str = ""
    to: str = ""
    forward: str = ""
    case: str = ""
    feedback: str = ""

    def value(self) -> str:
        """As text, for a button or a form to carry."""
        parts = {key: part for key, part in asdict(self).items() if part}
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        if length(text) > VALUE:
            raise Invalid("the ids of this alert are too long for a button")
        return text


def read(value: str) -> Ref:
    """The ref again.

    Raises:
        Invalid: when it isn't one of ours.
    """
    try:
        parts = json.loads(value)
        if not all(isinstance(part, str) for part in parts.values()):
            raise TypeError
        return Ref(**parts)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise Invalid("this button is from an older version of the app") from None

"""What buttons and modals carry: ids, trusted once signature and account are checked."""

import json
from dataclasses import asdict, dataclass

from bot.slack.limits import Limit, length
from engine.errors import Invalid


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
        """The text of a button's `value` or a modal's `private_metadata`."""
        parts = {key: part for key, part in asdict(self).items() if part}
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        if length(text) > Limit.VALUE:
            raise Invalid("the ids of this alert are too long for Slack")
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
    except (ValueError, TypeError, AttributeError):
        raise Invalid("this button is from an older version of the app") from None

"""Whether a message whose answer was lost has arrived: each carries its delivery's id, unseen."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service.channel import Outgoing

EVENT = "segue_delivery"
_SKEW = timedelta(hours=1)
_LOOKED = 200


def mark(outgoing: Outgoing) -> dict[str, Any]:
    """What is sent along with a message and nobody sees."""
    return {"event_type": EVENT, "event_payload": {"id": outgoing.id}}


def asked(outgoing: Outgoing) -> dict[str, Any]:
    """What to ask for of a room or a thread: its newest messages since the delivery was made."""
    assert outgoing.unsure_since is not None
    oldest = (outgoing.unsure_since - _SKEW).timestamp()
    return {"oldest": f"{oldest:.6f}", "limit": _LOOKED, "include_all_metadata": True}


def found(answer: Mapping[str, Any], outgoing: Outgoing) -> str | None:
    """The time stamp of the message in what Slack answered; None: it isn't there."""
    for message in answer.get("messages") or ():
        metadata = message.get("metadata") or {}
        if metadata.get("event_type") == EVENT and metadata.get("event_payload") == {
            "id": outgoing.id
        }:
            return str(message["ts"])
    return None

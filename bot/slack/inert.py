"""Messages that are only looked at: their buttons look like the real ones and carry nothing."""

import re
from collections.abc import Iterator
from itertools import count

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.text import Block

_NAME = "inert"
_OURS = re.compile(rf"^{_NAME}\.\d+$")


def listen(app: AsyncApp) -> None:
    """Acknowledge a press, for Slack shows a warning otherwise; nothing else ever happens."""

    @app.action(_OURS)
    async def pressed(ack: AsyncAck) -> None:
        await ack()


def inert(shown: list[Block], *, within: str, numbers: Iterator[int] | None = None) -> list[Block]:
    """The same blocks, named after what they are shown within; no button opens or says anything.

    `numbers`: where several messages are shown at once, one count for all of their buttons.
    """
    numbers = numbers or count()
    return [_still({**b, "block_id": f"{within}.{b['block_id']}"}, numbers) for b in shown]


def _still(block: Block, numbers: Iterator[int]) -> Block:
    if "accessory" in block:
        return {**block, "accessory": _button(block["accessory"], numbers)}
    if block["type"] == "actions":
        return {**block, "elements": [_button(e, numbers) for e in block["elements"]]}
    return block


def _button(element: Block, numbers: Iterator[int]) -> Block:
    return {
        "type": "button",
        "action_id": f"{_NAME}.{next(numbers)}",
        "text": element["text"],
    }

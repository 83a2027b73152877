"""What a card may be in Teams: Microsoft publishes 28 KB for what all of its ways take."""

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class Limit(IntEnum):
    """Characters or counts; those without a published limit are ours."""

    CARD_BYTES = 25 * 1024  # Of UTF-16, as Teams counts; ours, below its 28 KB.
    TITLE = 300
    BODY = 2_500
    LINE = 600
    SMALL = 700
    FACT = 200
    BUTTON = 60
    ACTIONS_SHOWN = 6  # Teams shows six in a row; more come up behind "...".
    URL = 2_000
    PAIRS = 40
    CHOICES = 50
    SUMMARY = 240
    DIALOG_TITLE = 60


def size(card: Mapping[str, Any]) -> int:
    """Bytes of a card as Teams counts them."""
    text = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-16-le", "surrogatepass"))

"""Which accounts are never asked, chosen at random once, so that the effect of asking is known."""

import hmac
from hashlib import sha256

from engine.snapshot import Arm

_SCALE = 1 << 64


def arm(key: bytes, account: str, share: float) -> Arm:
    """The account's arm: the same for as long as `key` is; a larger share only adds to it."""
    return Arm.HOLDOUT if drawn(key, account) < share else Arm.TREATED


def drawn(key: bytes, account: str) -> float:
    """The account's place in [0, 1), by keyed hash: for the arm, and for the order of a rollout."""
    first = hmac.new(key, account.encode(), sha256).digest()[:8]
    return int.from_bytes(first, "big") / _SCALE

"""Which accounts are never asked, chosen at random once, so that the effect of asking is known."""

import hmac
from datetime import timedelta
from hashlib import sha256

from engine.snapshot import Arm

_SCALE = 1 << 64


TERM = timedelta(days=365)
"""How long an account keeps its arm; then it is drawn anew."""


def arm(key: bytes, account: str, share: float, *, term: int = 0) -> Arm:
    """The account's arm: the same for as long as `key` is; a larger share only adds to it."""
    return Arm.HOLDOUT if drawn(key, account, term=term) < share else Arm.TREATED


def drawn(key: bytes, account: str, *, term: int = 0) -> float:
    """The account's place in [0, 1), by keyed hash: for the arm, and for the order of a rollout."""
    # No id of an account has a line break.
    text = f"{account}\n{term}" if term else account
    first = hmac.new(key, text.encode(), sha256).digest()[:8]
    return int.from_bytes(first, "big") / _SCALE

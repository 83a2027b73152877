"""Keys made from SEGUE_SECRET_KEYS: encryption of tokens, HMACs of links, the holdout's key."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.errors import SegueError


class Secrets:
    """The first key encrypts and signs; older ones still decrypt and verify."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SegueError("SEGUE_SECRET_KEYS is empty: set at least one long random text")
        self._keys = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(k)) for k in self._keys])

    def encrypt(self, text: str) -> str:
        """Text that only these keys read."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, text: str) -> str:
        """The text again; SegueError where no key fits."""
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise SegueError("none of SEGUE_SECRET_KEYS reads this token") from None

    def token(self, *parts: str) -> str:
        """A link token for `parts`: the same parts give the same token, nobody can guess it."""
        message = "\x1f".join(parts).encode()
        digest = hmac.new(self._keys[0], message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:24]).decode()

    def key(self, purpose: str) -> bytes:
        """A key for one purpose, for the keyed hash of the holdout and the like."""
        return hmac.new(self._keys[-1], purpose.encode(), hashlib.sha256).digest()


def hashed(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_id(prefix: str) -> str:
    """A short random public id, like alert_3fk9..., that says what it names."""
    return f"{prefix}_{secrets.token_hex(10)}"

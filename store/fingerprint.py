"""What is kept of a usage event's identity: 16 bytes of who and which, 8 bytes of what."""

from hashlib import blake2b

WIDTH = 16
"""Bytes of a key: 6 of the account, so that its keys lie together, and 10 of the event's id."""
CONTENT = 8
"""Bytes of a content."""
OF_ACCOUNT = 6


def account_part(account: str) -> bytes:
    """The first bytes of all keys of an account."""
    return blake2b(account.encode(), digest_size=OF_ACCOUNT).digest()


def id_part(id: str) -> bytes:
    """The bytes that tell the events of an account apart."""
    return blake2b(id.encode(), digest_size=WIDTH - OF_ACCOUNT).digest()


def content(text: str) -> bytes:
    """What two events with the same key must share to be the same event."""
    return blake2b(text.encode(), digest_size=CONTENT).digest()

"""Tells trouble of the database that passes by itself from what is wrong with a statement."""

from sqlalchemy import exc

from engine.errors import Unavailable

_SQLITE = ("locked", "busy", "full", "disk i/o error", "unable to open", "readonly")
_CLASSES = ("08", "40", "53", "57", "58")
"""Of SQLSTATE: connection lost, rolled back for another, out of something, stopped, of the disk."""
_CODES = ("25006", "55P03")
"""A server that only reads (a standby), a lock that was not to be had in time."""


_WHY = {
    "the disk is full": ("full", "no space left", "53100"),
    "another process holds the database": ("locked", "busy", "lock timeout", "55p03"),
    "too many connections to the database": ("too many clients", "connection slots", "53300"),
    "the database can only be read": ("read-only", "readonly", "25006"),
    "the disk fails": ("i/o error", "input/output error"),
}
"""What trouble is called where anybody may read it, by words of the driver's."""


def why(error: BaseException) -> str:
    """The trouble in words that say nothing of the machine."""
    said: list[str] = []
    known: BaseException | None = error
    while known is not None:
        said.append(str(known).lower())
        known = known.__cause__
    text = " ".join(said)
    for words, signs in _WHY.items():
        if any(sign in text for sign in signs):
            return words
    return "the database does not answer"


def passing(error: BaseException) -> bool:
    """Whether the same work may well succeed in a moment."""
    if isinstance(error, exc.TimeoutError | Unavailable):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state:
        return state[:2] in _CLASSES or state in _CODES
    text = str(error.orig).lower()
    return any(words in text for words in _SQLITE) or "connection" in text

"""Tells trouble of the database that passes by itself from what is wrong with a statement."""

from sqlalchemy import exc

_SQLITE = ("locked", "busy", "full", "disk i/o error", "unable to open", "readonly")
_CLASSES = ("08", "40", "53", "57", "58")
"""Of SQLSTATE: connection lost, rolled back for another, out of something, stopped, of the disk."""
_CODES = ("25006", "55P03")
"""A server that only reads (a standby), a lock that was not to be had in time."""


def passing(error: BaseException) -> bool:
    """Whether the same work may well succeed in a moment."""
    if isinstance(error, exc.TimeoutError):
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

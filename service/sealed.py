"""Addresses that name something without showing it: sealed for one purpose and a while."""

import json
from datetime import UTC, datetime, timedelta

from engine.errors import Gone, NotFound, SegueError
from service.context import Context


def seal(context: Context, purpose: str, *parts: str, lives: timedelta) -> str:
    """A token for an address; whoever has it can't read or change what it names."""
    until = (context.clock.now() + lives).timestamp()
    sealed = context.secrets.encrypt(json.dumps([purpose, until, *parts]))
    return sealed.rstrip("=")  # At the end of a link some mail programs leave it out.


def opened(context: Context, purpose: str, token: str) -> tuple[tuple[str, ...], datetime]:
    """What a token names, and until when.

    Raises:
        NotFound: it is none of ours, or for something else.
        Gone: it is over.
    """
    try:
        whole = token + "=" * (-len(token) % 4)
        meant, until, *parts = json.loads(context.secrets.decrypt(whole))
    except (SegueError, ValueError, TypeError):
        raise NotFound("there is no such page") from None
    if meant != purpose:
        raise NotFound("there is no such page")
    end = datetime.fromtimestamp(until, UTC)
    if end <= context.clock.now():
        raise Gone("this link is over: ask for a new one")
    return tuple(parts), end

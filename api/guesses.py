"""Slows down who guesses at links; a link that is right always opens."""

import time
from collections import deque
from ipaddress import IPv6Address, ip_address
from typing import Any

from litestar import Request

from engine.errors import TooMany

MOST, WITHIN, KNOWN = 60, 60.0, 10_000


class Guesses:
    """Wrong links by where they came from, for a minute; nothing of it is kept."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def wrong(self, request: Request[Any, Any, Any]) -> None:
        """One more.

        Raises:
            TooMany: there were too many of late.
        """
        here = _place(request.client.host if request.client else "")
        now = time.monotonic()
        if len(self._wrong) > KNOWN:
            self._wrong.clear()
        lately = self._wrong.setdefault(here, deque(maxlen=MOST))
        if len(lately) == MOST and now - lately[0] < WITHIN:
            raise TooMany("too many links that lead nowhere: come again", retry_after=int(WITHIN))
        lately.append(now)


def _place(host: str) -> str:
    """Where a client is: who has one IPv6 address has the 2^64 beside it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or int(address) >> 64)

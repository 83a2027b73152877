"""API keys at the door: who is asking, and whether their key covers it."""

import base64
import binascii
import time
from typing import Any

from anyio.to_thread import run_sync
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from engine.errors import Forbidden, Unauthorized, Unavailable
from service import keys
from service.context import Context
from service.keys import Caller, Scope
from service.secrets import hashed

REMEMBERED = 5.0
"""Seconds a valid key is not looked up again: the longest a revoked one still works."""
LATELY = 600.0
"""And how long one may, while the database that says so does not answer."""
_LONGEST = 512
Connection = ASGIConnection[Any, Any, Any, Any]


def require(context: Context, scope: str, *, basic: bool = False) -> Guard:
    """A guard that lets through valid keys covering `scope`, and notes who it was.

    `basic`: the key may also come as the user name of Basic authentication.
    """
    needed, recent = Scope(scope), Recent()

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        text = presented(connection, basic=basic)
        caller = recent.known(text)
        if caller is None:
            caller = await _looked_up(text)
        if not caller.scope.covers(needed):
            raise Forbidden(f"this needs a key with scope {needed}; yours has {caller.scope}")
        connection.scope["auth"] = caller

    async def _looked_up(text: str) -> Caller:
        try:
            caller = await run_sync(keys.caller, context, text)
        except Unavailable:
            # Usage is taken in without the database, from those who were let in lately.
            away = needed is Scope.INGEST and context.intake is not None
            caller = recent.known(text, since=LATELY) if away else None
            if caller is None:
                raise
            return caller
        if caller is None:
            raise Unauthorized("this API key is not known or was revoked")
        recent.remember(text, caller)
        return caller

    return guard


def caller_of(connection: Connection) -> Caller:
    """Who came through `require`."""
    caller = connection.scope["auth"]
    assert isinstance(caller, Caller)
    return caller


def presented(connection: Connection, *, basic: bool) -> str:
    """The key a request carries, from its Authorization header only."""
    scheme, _, text = connection.headers.get("authorization", "").partition(" ")
    text = text.strip()
    if len(text) <= _LONGEST:
        if scheme.lower() == "bearer" and text:
            return text
        if basic and scheme.lower() == "basic" and (name := _user_name(text)):
            return name
    raise Unauthorized("send an API key as Authorization: Bearer segue_...")


class Recent:
    """Valid keys seen a moment ago, by hash, so that ingest does not ask the table each time."""

    def __init__(self, most: int = 1000) -> None:
        self._callers: dict[str, tuple[Caller, float]] = {}
        self._most = most

    def known(self, text: str, *, since: float | None = None) -> Caller | None:
        """The caller, if the key was found valid within so many seconds."""
        caller, found_at = self._callers.get(hashed(text), (None, 0.0))
        return caller if time.monotonic() < found_at + (since or REMEMBERED) else None

    def remember(self, text: str, caller: Caller) -> None:
        """Keep a valid key for a moment."""
        if len(self._callers) >= self._most:
            self._callers.clear()
        self._callers[hashed(text)] = (caller, time.monotonic())


def _user_name(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""

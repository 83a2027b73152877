"""Whether a request really comes from Microsoft: its token, its tenant and where it wants answers.

What is checked follows "Authentication with the Bot Connector API" of the Bot Framework's docs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt

from engine.errors import Forbidden, Unauthorized, Unavailable

OPENID = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER = "https://api.botframework.com"
HOSTS = frozenset({"https://smba.trafficmanager.net", "https://smba.infra.gcc.teams.microsoft.com"})
"""Where Teams takes what bots write; a token for any other address is not used."""
SKEW = 300
"""Seconds by which Microsoft's clock and ours may differ."""
_CHANNEL = "msteams"
_FRESH, _FORCED = 86_400.0, 60.0
"""Keys are read anew once a day, and for an unknown one once a minute: nobody can make us ask."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)

_UNREADABLE = (
    aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError
)  # fmt: skip
Fetch = Callable[[str], Awaitable[dict[str, Any]]]


async def fetch(url: str) -> dict[str, Any]:
    """Read a JSON document."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(url) as answer:
        answer.raise_for_status()
        found: dict[str, Any] = await answer.json(content_type=None)
        return found


class Keys:
    """Microsoft's signing keys: read when first needed, and again when they are turned.

    `clock`: seconds that only ever grow.
    """

    def __init__(
        self,
        openid: str = OPENID,
        *,
        read: Fetch = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._openid, self._read, self._clock = openid, read, clock
        self._keys: dict[str, Mapping[str, Any]] = {}
        self._read_at = self._tried_at = float("-inf")
        self._trouble = ""
        self._one_reads = asyncio.Lock()

    async def get(self, name: str) -> Mapping[str, Any]:
        """One key.

        Raises:
            Unauthorized: there is no such key.
            Unavailable: the keys can't be read, and the one that is wanted is not known.
        """
        old = self._clock() - self._read_at > _FRESH
        if name not in self._keys or (old and not self._one_reads.locked()):
            await self._renew()
        if name in self._keys:
            return self._keys[name]
        if self._trouble:  # It may be named where we could not look: Microsoft tries again.
            raise Unavailable(f"Microsoft's keys can't be read: {self._trouble}")
        raise Unauthorized("signed with a key that Microsoft does not name")

    async def _renew(self) -> None:
        async with self._one_reads:
            now = self._clock()
            if now - self._tried_at < _FORCED and (self._keys or now - self._tried_at < 1):
                return
            self._tried_at = now
            try:
                told = await self._read(self._openid)
                found = await self._read(str(told["jwks_uri"]))
                self._keys = {str(k["kid"]): k for k in found["keys"] if k.get("kty") == "RSA"}
                self._read_at, self._trouble = now, ""
            except _UNREADABLE as error:
                self._trouble = type(error).__name__


class Verifier:
    """Checks what comes in. `tenants`: who may speak to us at all; empty: every organisation."""

    def __init__(
        self,
        app_id: str,
        *,
        keys: Keys | None = None,
        hosts: frozenset[str] = HOSTS,
        tenants: frozenset[str] = frozenset(),
    ) -> None:
        self._app_id, self._keys = app_id, keys or Keys()
        self._hosts, self._tenants = hosts, frozenset(one.lower() for one in tenants)

    async def check(self, authorization: str, body: Mapping[str, Any]) -> None:
        """Let an activity pass.

        Raises:
            Unauthorized: it is not from Microsoft, or not for us.
            Forbidden: it is of a tenant that is not let in, or wants answers somewhere else.
            Unavailable: Microsoft's keys can't be read.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token:
            raise Unauthorized("a bearer token is missing")
        claims = await self._claims(token.strip())
        wanted = str(body.get("serviceUrl") or "")
        if str(claims.get("serviceurl") or "").rstrip("/") != wanted.rstrip("/") or not wanted:
            raise Unauthorized("the token is for another service address")
        self.allow(wanted)
        if body.get("channelId") != _CHANNEL:
            raise Forbidden("this is no activity of Teams")
        if self._tenants and tenant_of(body).lower() not in self._tenants:
            raise Forbidden("this organisation is not let in")

    def allow(self, service_url: str) -> None:
        """Let an address of the service pass: our token goes there.

        Raises:
            Forbidden: it is not Microsoft's.
        """
        parts = urlsplit(service_url)
        if f"{parts.scheme}://{parts.netloc}" not in self._hosts:
            raise Forbidden("this service address is not one of Teams")

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            name = str(jwt.get_unverified_header(token).get("kid") or "")
            key = await self._keys.get(name)
            endorsed = key.get("endorsements")
            if endorsed is not None and _CHANNEL not in endorsed:
                raise Unauthorized("the key does not speak for Teams")
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(key), algorithm="RS256").key,
                algorithms=["RS256"],
                audience=self._app_id,
                issuer=ISSUER,
                leeway=SKEW,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthorized(f"the token does not hold: {type(error).__name__}") from None
        return claims


def tenant_of(body: Mapping[str, Any]) -> str:
    """The tenant an activity comes from; empty where it says none."""
    channel, conversation = body.get("channelData") or {}, body.get("conversation") or {}
    tenant = channel.get("tenant") or {}
    return str(tenant.get("id") or conversation.get("tenantId") or "")

"""Signs an event and posts it once: to a public address, without redirects, in 15 seconds."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import Webhook

from service.addresses import is_public
from service.webhook_send import Answer, Parcel

TIMEOUT = 15.0
_LOOKUPS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="webhook-dns")
"""Names whose servers are dead take long: no thread that does anything else waits for them."""
_AGENT = f"Segue/{version('segue')}"


class PrivateAddressError(OSError):
    """A name led to an address of our own network: nothing is sent there."""


class Gate:
    """Makes the sockets of one request, and only such as lead to the open internet.

    It is asked with the very address that is connected to: also with one that stands in the URL,
    and with one that a name means now and did not mean a moment ago.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self.refused = False

    def __call__(self, info: tuple[Any, Any, int, str, tuple[Any, ...]]) -> socket.socket:
        """A socket for an address that was looked up."""
        family, kind, proto, _, address = info
        if not self._private and not is_public(str(address[0])):
            self.refused = True
            raise PrivateAddressError("this address is private")
        return socket.socket(family=family, type=kind, proto=proto)


class Lookup(AbstractResolver):
    """Looks names up as the machine does, in threads of its own."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses that a name means now."""
        ask = partial(
            socket.getaddrinfo,
            host,
            port,
            type=socket.SOCK_STREAM,
            family=family,
            flags=socket.AI_ADDRCONFIG,
        )
        found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, ask)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Poster:
    """Hands events over; `private`: also within one's own network, for development."""

    def __init__(
        self,
        *,
        private: bool = False,
        resolver: AbstractResolver | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._private, self._resolver = private, resolver or Lookup()
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def __call__(self, parcel: Parcel) -> Answer:
        """Send it once, and say what came back."""
        gate = Gate(private=self._private)
        try:
            return await self._sent(parcel, gate)
        except asyncio.TimeoutError:  # noqa: UP041  (aiohttp's own are of this kind)
            return Answer(error="timeout")
        except aiohttp.ClientSSLError:
            return Answer(error="tls")
        except aiohttp.ClientConnectorDNSError:
            return Answer(error="dns")
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(error="private_address" if gate.refused else "connection")

    async def _sent(self, parcel: Parcel, gate: Gate) -> Answer:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver, socket_factory=gate, force_close=True, use_dns_cache=False
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=self._timeout
            ) as session,
            session.post(
                parcel.url,
                data=parcel.body.encode(),
                headers=signed(parcel, datetime.now(UTC)),
                allow_redirects=False,
            ) as response,
        ):
            answer = Answer(status=response.status, retry_after=_wait(response.headers))
            response.close()  # Whatever else it has to say, nobody reads.
            return answer


def signed(parcel: Parcel, now: datetime) -> dict[str, str]:
    """The headers of a message; `now` is the world's time, which receivers compare to their own."""
    signatures = (
        Webhook(secret).sign(msg_id=parcel.id, timestamp=now, data=parcel.body)
        for secret in parcel.secrets
    )
    return {
        "content-type": "application/json",
        "user-agent": _AGENT,
        "webhook-id": parcel.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _wait(headers: Any) -> float | None:
    """Seconds of Retry-After, which may be a number or a date."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())

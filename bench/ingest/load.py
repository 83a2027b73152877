"""Sends usage as fast as it is taken, from a process of its own; prints what came of it as JSON.

python -m bench.ingest.load URL KEY --size 100 --seconds 6 --connections 64 [--share .05]
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from bench.ingest.events import Bodies


@dataclass
class Tally:
    """What was answered."""

    requests: int = 0
    accepted: int = 0
    duplicates: int = 0
    other: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)


class Sender(asyncio.Protocol):
    """One connection: the next request as soon as the last is answered."""

    def __init__(self, run: "Run") -> None:
        self._run, self._got, self._sent_at = run, bytearray(), 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name.
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count a whole answer, and go on."""
        self._got += data
        head = self._got.find(b"\r\n\r\n")
        if head < 0:
            return
        length = self._got.lower().find(b"content-length:")
        size = int(self._got[length + 15 : self._got.find(b"\r\n", length)]) if length > 0 else 0
        if len(self._got) < head + 4 + size:
            return
        self._run.answered(
            int(self._got[9:12]), bytes(self._got[head + 4 :]), time.perf_counter() - self._sent_at
        )
        self._got.clear()
        self._next()

    def _next(self) -> None:
        if wait := self._run.wait():
            asyncio.get_running_loop().call_later(wait, self._next)
            return
        assert self._transport is not None
        body = self._run.next()
        if body is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._run.head + b"%d\r\n\r\n" % len(body) + body)

    def connection_lost(self, error: Exception | None) -> None:
        """One less."""
        self._run.closed()


class Run:
    """A stretch of sending over many connections."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._bodies = Bodies(arguments.size, begin=arguments.begin, share=arguments.share)
        first: int = arguments.first
        self._first, self._n = first, first
        self._stop = arguments.stop
        self._rate: float = arguments.rate
        self._size: int = arguments.size
        self._begun = time.perf_counter()
        self._until: float = time.perf_counter() + arguments.seconds
        self._left, self.over = arguments.connections, asyncio.Event()
        self.tally = Tally()
        url = urlsplit(arguments.url)
        self.head = (
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            f"Authorization: Bearer {arguments.key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def wait(self) -> float:
        """Seconds until the next request may be sent."""
        if not self._rate:
            return 0.0
        due = self._begun + (self._n - self._first) * self._size / self._rate
        return float(max(0.0, due - time.perf_counter()))

    def next(self) -> bytes | None:
        """The next body, None once the time is over."""
        if time.perf_counter() >= self._until or self._n == self._stop:
            return None
        self._n += 1
        return self._bodies.body(self._n)

    def answered(self, status: int, body: bytes, seconds: float) -> None:
        """Note an answer."""
        self.tally.requests += 1
        self.tally.seconds.append(seconds)
        if status != 200:
            self.tally.other[status] = self.tally.other.get(status, 0) + 1
            return
        answer = json.loads(body)
        self.tally.accepted += answer["accepted"]
        self.tally.duplicates += answer["duplicates"]

    def closed(self) -> None:
        """A connection is over."""
        self._left -= 1
        if not self._left:
            self.over.set()

    @property
    def sent(self) -> int:
        """The number of the last request."""
        return self._n


async def _send(arguments: argparse.Namespace) -> dict[str, object]:
    loop, url = asyncio.get_running_loop(), urlsplit(arguments.url)
    begin, run = time.perf_counter(), Run(arguments)
    for _ in range(arguments.connections):
        await loop.create_connection(lambda: Sender(run), url.hostname, url.port)
    await run.over.wait()
    took, seconds = time.perf_counter() - begin, sorted(run.tally.seconds)
    return {
        "seconds": took,
        "requests": run.tally.requests,
        "accepted": run.tally.accepted,
        "duplicates": run.tally.duplicates,
        "other": run.tally.other,
        "last": run.sent,
        "p50_ms": 1000 * seconds[len(seconds) // 2] if seconds else None,
        "p99_ms": 1000 * seconds[int(len(seconds) * 0.99)] if seconds else None,
        "cpu": time.process_time(),
    }


def main() -> None:
    """Send, and print what was answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--size", type=int, default=100, help="events in a request")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--rate", type=float, help="events in a second, instead of all it can")
    parser.add_argument("--share", type=float, default=0.0, help="of events sent before")
    parser.add_argument("--begin", type=float, default=time.time(), help="time of the events")
    parser.add_argument("--first", type=int, default=0, help="number of the first request")
    parser.add_argument("--stop", type=int, help="number of the last request, if it comes to that")
    arguments = parser.parse_args()
    try:
        import uvloop
    except ImportError:
        found = asyncio.run(_send(arguments))
    else:
        found = uvloop.run(_send(arguments))
    print(json.dumps(found))


if __name__ == "__main__":
    main()

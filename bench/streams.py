"""Open pages with nothing to say: what each costs, and how soon one hears of a usage event.

python -m bench.streams [--pages 5000] [--accounts 100] [--rounds 60]

Every page is a live stream of a person of their own; a usage event of one account is to be seen in
all pages of that account. Beside it the same on a bare asyncio socket server, which writes as many
bytes to as many sockets and decides, stores and checks nothing.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import jwt

from bench.ingest.servers import Side, prepared, segue
from bench.world.machine import described
from tests.servers import free_port

_SECRET = "a secret of the benchmark, long enough"
_PAUSE = 0.3
_AT_ONCE = 50
"""Streams that are being opened at the same time."""
Report = Callable[[str, int], Awaitable[None]]


@dataclass
class Page:
    """An open stream. `arrived`: when the newest state came."""

    account: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter  # Held, or the connection ends.
    news: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: float = 0.0

    async def read(self) -> None:
        """Take what comes, to the end."""
        while line := await self.reader.readline():
            if line.startswith(b"data:"):
                self.arrived = time.perf_counter()
                self.news.set()


@dataclass(frozen=True, slots=True)
class Found:
    """Kilobytes of the server's memory a page, and ms from an event to a page that shows it."""

    memory: float
    p50: float
    p99: float


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.bare:
        asyncio.run(_serve_bare(options.bare))
        return
    with tempfile.TemporaryDirectory() as folder:
        ours = asyncio.run(_of_segue(Path(folder), options))
        bare = asyncio.run(_of_bare(options))
    print(f"{described()}; {options.pages} pages of {options.accounts} accounts\n")
    print("| | memory a page, KB | event to page p50, ms | p99, ms |\n|---|--:|--:|--:|")
    for name, one in (("Segue, SQLite", ours), ("a bare socket server", bare)):
        print(f"| {name} | {one.memory:.1f} | {one.p50:.1f} | {one.p99:.1f} |")
    print(
        f"| times | {ours.memory / bare.memory:.1f} | {ours.p50 / bare.p50:.1f} |"
        f" {ours.p99 / bare.p99:.1f} |"
    )


async def _of_segue(folder: Path, options: argparse.Namespace) -> Found:
    environment, key = prepared(folder, f"sqlite:///{folder}/streams.db")
    environment["SEGUE_WIDGET_SECRET"] = _SECRET
    with segue(environment, key, folder / "segue.log") as server:

        async def report(account: str, n: int) -> None:
            event = {"id": f"{account}-{n}", "account": account, "meter": "reports", "value": 1 + n}
            await asyncio.to_thread(_post, server, event)

        for n in range(options.accounts):
            await report(_account(n), 0)
        await asyncio.to_thread(server.settle)
        return await _measured(server, _signed, report, options)


def _post(server: Side, event: dict[str, object]) -> None:
    request = urllib.request.Request(
        f"{server.url}/v1/usage",
        data=json.dumps(event).encode(),
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()


def _signed(account: str, person: int, at: str) -> str:
    now = int(time.time())
    claims = {"aud": "segue-widget", "sub": f"u{person}", "account": account, "iat": now,
              "exp": now + 3000}  # fmt: skip
    token = jwt.encode(claims, _SECRET, algorithm="HS256")
    return f"GET /v1/widget/stream HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\n\r\n"


async def _of_bare(options: argparse.Namespace) -> Found:
    with _bare() as server:
        _, teller = await asyncio.open_connection(
            "127.0.0.1", urlsplit(server.url).port, limit=1 << 20
        )

        async def report(account: str, n: int) -> None:
            teller.write(f"! {account}\n".encode())
            await teller.drain()

        return await _measured(server, lambda account, *_: f"{account}\n", report, options)


@contextmanager
def _bare() -> Iterator[Side]:
    port = free_port()
    command = [sys.executable, "-m", "bench.streams", "--bare", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        time.sleep(3)
        yield Side(process, f"http://127.0.0.1:{port}", "")
    finally:
        process.terminate()
        process.wait(30)


async def _serve_bare(port: int) -> None:
    """Who names an account is told whenever somebody calls it."""
    told = f"data: {'x' * 2600}\n\n".encode()
    streams: dict[str, list[asyncio.StreamWriter]] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = (await reader.readline()).decode().strip()
        if not first.startswith("!"):
            streams.setdefault(first, []).append(writer)
            writer.write(told)
            return
        while first:
            for stream in streams.get(first.removeprefix("! "), ()):
                stream.write(told)
            first = (await reader.readline()).decode().strip()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


async def _measured(
    server: Side,
    greeting: Callable[[str, int, str], str],
    report: Report,
    options: argparse.Namespace,
) -> Found:
    before, pages = server.memory(), list[Page]()
    turns = asyncio.Semaphore(_AT_ONCE)

    async def begin(n: int) -> None:
        async with turns:
            pages.append(await _open(server, _account(n % options.accounts), n, greeting))

    await asyncio.gather(*(begin(n) for n in range(options.pages)))
    memory = (server.memory() - before) * 1e3 / options.pages
    late: list[float] = []
    for n in range(options.rounds):
        account = _account(n % options.accounts)
        mine = [page for page in pages if page.account == account]
        for page in mine:
            page.news.clear()
        begun = time.perf_counter()
        await report(account, n + 1)
        await asyncio.wait_for(asyncio.gather(*(page.news.wait() for page in mine)), 60)
        late += [page.arrived - begun for page in mine]
        await asyncio.sleep(_PAUSE)
    marks = quantiles(late, n=100)
    return Found(memory=memory, p50=marks[49] * 1e3, p99=marks[98] * 1e3)


async def _open(
    server: Side, account: str, person: int, greeting: Callable[[str, int, str], str]
) -> Page:
    at = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=1 << 20)
    writer.write(greeting(account, person, at.netloc).encode())
    page = Page(account, reader, writer)
    _READERS.add(asyncio.create_task(page.read()))
    await asyncio.wait_for(page.news.wait(), 120)
    return page


_READERS: set[asyncio.Task[None]] = set()


def _account(n: int) -> str:
    return f"acct-{n:04d}"


if __name__ == "__main__":
    main()

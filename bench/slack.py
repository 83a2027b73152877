"""How quickly Slack is answered: bursts of many interactions at once, while the outbox is sending.

python -m bench.slack [--together 200] [--clicks 2000]

Each click is signed, kept in a row, acknowledged, and then handled. Beside it the same load on
a bare Litestar that reads the form and does nothing. Prints figures; asserts nothing.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from subprocess import PIPE, Popen
from urllib.parse import urlencode

import aiohttp
import uvicorn
from litestar import Litestar, Request, post
from slack_sdk.signature import SignatureVerifier

from bench.world.machine import described
from store import outbox
from store.database import Database
from store.migrations import migrate
from tests.bot.chaos import KEY, ROOT, USERS, fill
from tests.bot.conftest import SECRET
from tests.fakes.slack_sink import slack_sink
from tests.faults.nodes import Node
from tests.servers import free_port

_ACCOUNTS, _EACH = 500, 8
_PAUSE = 2.0
"""Seconds between two bursts: what was clicked is being done then, and the outbox goes on."""


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--together", type=int, default=200)
    parser.add_argument("--clicks", type=int, default=2000)
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare or options.sink:
        _serve_bare(options.bare) if options.bare else _serve_sink()
        return
    print(f"machine: {described()}; one node, a SQLite file")
    with tempfile.TemporaryDirectory() as folder, _sink() as sink:
        bare = _of_bare(sink, options)
        ours, sent = _of_segue(Path(folder), sink, options)
    print(
        f"bursts of {options.together} clicks at once, {options.clicks} in all; {sent:,} messages"
    )
    print("went out meanwhile\n\n| | p50 ms | p99 ms |\n|---|--:|--:|")
    for name, (middle, high) in (("bare Litestar, no-op", bare), ("Segue acknowledges", ours)):
        print(f"| {name} | {1000 * middle:.0f} | {1000 * high:.0f} |")
    print(f"\np99: {ours[1] / bare[1]:.1f} times the bare one; wanted: below 500 ms")


@dataclass
class Sink:
    """A Slack in a process of its own, so that it takes nothing from who measures."""

    process: Popen[str]
    url: str = ""

    def count(self) -> int:
        """How many messages have come."""
        return int(self.line("count"))

    def line(self, asked: str) -> str:
        """What it says to a line; an empty one: nothing is asked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if asked:
            print(asked, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


@contextmanager
def _sink() -> Iterator[Sink]:
    command = [sys.executable, "-m", "bench.slack", "--sink"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        sink = Sink(process)
        sink.url = sink.line("")
        try:
            yield sink
        finally:
            process.terminate()


def _serve_sink() -> None:
    with slack_sink() as sink:
        print(sink.url, flush=True)
        for _ in sys.stdin:
            print(len(sink.messages), flush=True)


def _of_bare(sink: Sink, options: argparse.Namespace) -> tuple[float, float]:
    port = free_port()
    with Popen([sys.executable, "-m", "bench.slack", "--bare", str(port)]) as process:
        try:
            return asyncio.run(_load(f"http://127.0.0.1:{port}/slack/events", sink.url, options))
        finally:
            process.terminate()


def _of_segue(
    folder: Path, sink: Sink, options: argparse.Namespace
) -> tuple[tuple[float, float], int]:
    url = f"sqlite:///{folder / 'segue.db'}"
    database = Database(url)
    migrate(database)
    fill(database, {name: f"U{name.upper()}" for name in ("champion", *USERS)}, _ACCOUNTS)
    _fill_outbox(database)
    database.close()
    environment = {
        "PYTHONPATH": str(ROOT),
        "SEGUE_DATABASE_URL": url,
        "SEGUE_SECRET_KEYS": KEY,
        "SEGUE_PUBLIC_URL": "http://127.0.0.1:9",
        "SEGUE_SLACK_SIGNING_SECRET": SECRET,
        "SEGUE_SLACK_API_URL": sink.url,
    }
    node = Node(folder, environment)
    node.start()
    try:
        while not (before := sink.count()):
            time.sleep(0.05)
        found = asyncio.run(_load(f"{node.url}/slack/events", sink.url, options))
        return found, sink.count() - before
    finally:
        node.stop()


def _fill_outbox(database: Database) -> None:
    """More than can go out while it is measured."""
    now = datetime.now(UTC)
    with database.write() as session:
        for n in range(_ACCOUNTS * _EACH):
            account, reader = divmod(n, _EACH)
            outbox.add(
                session,
                outbox.StoredDelivery(
                    account=f"acc{account:05}", id=f"d{n}", alert=f"alert{account:05}",
                    kind="receipt", person=USERS[(4 * account + reader % 4) % 40],
                    channel="slack", body={"text": "Yes."}, due_at=now, created_at=now,
                ),
            )  # fmt: skip


async def _load(url: str, back: str, options: argparse.Namespace) -> tuple[float, float]:
    """p50 and p99 of the seconds until a click is answered."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await _ready(client, url)
        took = list[float]()

        async def press(body: str, headers: dict[str, str]) -> None:
            start = time.perf_counter()
            async with client.post(url, data=body, headers=headers) as answer:
                await answer.read()
            took.append(time.perf_counter() - start)
            answer.raise_for_status()

        for first in range(0, options.clicks, options.together):
            clicks = [_click(n, back) for n in range(first, first + options.together)]
            await asyncio.gather(*(press(*click) for click in clicks))
            await asyncio.sleep(_PAUSE)
    cuts = quantiles(took, n=100)
    return cuts[49], cuts[98]


async def _ready(client: aiohttp.ClientSession, url: str) -> None:
    for _ in range(600):
        try:
            async with client.get(url):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    raise SystemExit("the server does not answer")


def _click(number: int, back: str) -> tuple[str, dict[str, str]]:
    """A "Useful", signed as Slack does."""
    account = number % _ACCOUNTS
    ref = {"account": f"acc{account:05}", "alert": f"alert{account:05}"}
    action = {"type": "button", "action_id": "useful", "block_id": "choices",
              "value": json.dumps(ref), "action_ts": f"1700000000.{number:06}"}  # fmt: skip
    payload = {"type": "block_actions", "team": {"id": f"T{account:05}"},
               "user": {"id": "UCHAMPION"}, "actions": [action],
               "response_url": f"{back}response"}  # fmt: skip
    body, stamp = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signed = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    return body, {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signed or "",
    }


@post("/slack/events", status_code=200)
async def nothing(request: Request) -> str:  # type: ignore[type-arg]
    """Read the form; do nothing."""
    await request.form()
    return ""


def _serve_bare(port: int) -> None:
    app = Litestar([nothing], openapi_config=None, logging_config=None)
    uvicorn.run(app, port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()

"""How long it takes from a usage event that reaches a limit to the banner in an open page.

`ACCOUNTS` pages are open, each of an account one event away from a limit at which work stops; while
other accounts report 2,000 events a second, one after another crosses it.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import jwt

from bench.ingest.servers import Side, prepared, run, segue

ACCOUNTS = 200
RATE = 2_000
"""Events of others in a second."""
_PAUSE = 0.2
_SECRET = "a secret of the benchmark, long enough"
_LIMIT = 100
POLICY = f"""
[[meter]]
key = "stopping"
name = {{ one = "run", other = "runs" }}
at_limit = "stops"

[[plan]]
key = "small"
name = "Small"
price = "9.00"
next = "team"
limits = {{ stopping = {_LIMIT} }}
"""


@dataclass
class Page:
    """A page whose stream is open."""

    account: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter  # Held, or the connection ends.
    shown_at: float | None = None

    async def watch(self) -> None:
        """Read until a state with an alert comes."""
        while line := await self.reader.readline():
            if line.startswith(b"data:") and b'"alert"' in line:
                state = json.loads(line[5:])
                if state.get("alert"):
                    self.shown_at = time.perf_counter()
                    return


def banner(folder: Path, accounts: int = ACCOUNTS) -> float:
    """The 99th percentile in ms."""
    environment, key = prepared(folder, f"sqlite:///{folder}/banner.db", more=POLICY)
    environment["SEGUE_WIDGET_SECRET"] = _SECRET
    admin = run(environment, "keys", "create", "--scope", "admin").strip()
    with segue(environment, key, folder / "segue.log") as ours:
        names = [f"crossing-{n:04d}" for n in range(accounts)]
        for name in names:
            _send(ours.url, admin, "PUT", f"/v1/accounts/{name}", {"plan": "small"})
        almost = [_event(name, "little", _LIMIT // 10) for name in names]
        _send(ours.url, key, "POST", "/v1/usage", almost)
        ours.load("/v1/usage", 4.0)  # The others too are known before.
        ours.settle()  # Until every account was looked at.
        late = asyncio.run(_cross(ours, names))
    return 1000 * quantiles(late, n=100)[98]


async def _cross(ours: Side, names: list[str]) -> list[float]:
    pages = [await _open(ours.url, name) for name in names]
    watching = [asyncio.create_task(page.watch()) for page in pages]
    others = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.ingest.load", f"{ours.url}/v1/usage", ours.key,
        "--seconds", str(len(names) * _PAUSE + 5), "--rate", str(RATE), "--connections", "8",
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    await asyncio.sleep(3)
    late = []
    for page, watch in zip(pages, watching, strict=True):
        begin = time.perf_counter()
        event = _event(page.account, "over", _LIMIT)
        await asyncio.to_thread(_send, ours.url, ours.key, "POST", "/v1/usage", event)
        await asyncio.wait_for(watch, 30)
        assert page.shown_at is not None, f"no banner for {page.account}"
        late.append(page.shown_at - begin)
        await asyncio.sleep(_PAUSE)
    with suppress(ProcessLookupError):  # It may be done already.
        others.terminate()
    await others.wait()
    return late


async def _open(url: str, account: str) -> Page:
    at, now = urlsplit(url), int(time.time())
    token = jwt.encode(
        {"aud": "segue-widget", "sub": "dana", "account": account, "iat": now, "exp": now + 3000},
        _SECRET,
        algorithm="HS256",
    )
    reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=1 << 20)
    writer.write(
        f"GET /v1/widget/stream HTTP/1.1\r\nHost: {at.netloc}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    assert b" 200 " in await reader.readline()
    return Page(account, reader, writer)


def _event(account: str, id: str, value: int) -> dict[str, Any]:
    return {"id": id, "account": account, "meter": "stopping", "value": value, "user": "dana"}


def _send(url: str, key: str, method: str, path: str, body: Any) -> None:
    request = urllib.request.Request(
        f"{url}{path}",
        data=json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()

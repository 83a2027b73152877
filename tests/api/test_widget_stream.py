"""The widget's stream: the state at once, then each change, to the right people, until it ends."""

import json
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

import api.stream
from api.app import create
from api.hub import Hub
from segue.server import Server
from segue.settings import Settings
from segue.wiring import build
from service import configure, snapshot
from tests.api.live import SECRET, Live, live, policy, token
from tests.backends import ALL, Backend
from tests.servers import free_port, serving

BACKENDS = ALL

STREAM = "/v1/widget/stream"
SOON = 2.0
"""Seconds within which a change is seen."""


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


@dataclass
class Stream:
    """What a client got so far: events as (event, id, data), comments, and whether it ended."""

    url: str
    token: str
    last: str | None = None
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    ended: bool = False

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=30)
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up, also while the other thread reads."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._http.close()

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        headers |= {"Last-Event-ID": self.last} if self.last else {}
        try:
            with self._http.stream("GET", STREAM, headers=headers) as answer:
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                self.headers = answer.headers
                part: dict[str, str] = {}
                for line in answer.iter_lines():
                    part = self._take(line, part)
            self.ended = True
        except httpx.TransportError:
            return  # The test closed it.

    def _take(self, line: str, part: dict[str, str]) -> dict[str, str]:
        if line.startswith(":"):
            self.comments.append(line[1:].strip())
        elif line:
            name, _, value = line.partition(":")
            part[name] = value.removeprefix(" ")
        elif part:
            event = (part.get("event", "message"), part.get("id", ""), json.loads(part["data"]))
            self.events.append(event)
            return {}
        return part

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.events]

    @property
    def used(self) -> list[str]:
        """How the first meter stood in each state."""
        return [d["meters"][0]["used"] for name, _, d in self.events if name == "state"]


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def opened(world: Live, account: str, sub: str = "priya", **more: Any) -> Any:
    """A stream that has said its first state."""
    stream = Stream(world.url, token(account, sub), **more)
    assert within(10, lambda: bool(stream.events)), stream
    return closing(stream)


def test_the_state_comes_at_once_and_again_with_each_change(world: Live) -> None:
    account = world.account(usage={})
    world.use(account, 5)
    with opened(world, account) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        asked = world.widget(account).state()
        first = stream.events[0]
        assert first[0] == "state"
        assert {k: v for k, v in first[2].items() if k != "as_of"} == {
            k: v for k, v in asked.items() if k != "as_of"
        }
        world.use(account, 7)
        assert within(SOON, lambda: stream.used == ["5", "12"])
        assert stream.events[0][1] != stream.events[1][1]


def test_an_alert_reaches_an_open_page_and_leaves_it_when_answered_elsewhere(world: Live) -> None:
    account = world.account()
    with opened(world, account) as stream, opened(world, account, "fiona") as other:
        assert stream.events[0][2]["alert"] is None
        world.settle()
        assert within(SOON, lambda: (stream.events[-1][2]["alert"] or {}).get("class") == "ask")
        alert = stream.events[-1][2]["alert"]["id"]
        assert within(SOON, lambda: other.events[-1][2]["alert"] is not None)
        assert world.widget(account, "fiona").say(alert, "snoozed").status_code == 200
        assert within(SOON, lambda: stream.events[-1][2]["alert"] is None)


def test_who_knows_the_newest_state_hears_nothing_until_it_changes(world: Live) -> None:
    account = world.account(usage={})
    world.use(account, 5)
    with opened(world, account) as stream:
        newest = stream.events[-1][1]
    with closing(Stream(world.url, token(account, "priya"), last=newest)) as again:
        assert within(5, lambda: bool(again.headers))
        assert not within(0.7, lambda: bool(again.events))
        world.use(account, 1)
        assert within(SOON, lambda: again.used == ["6"])
    with opened(world, account, last="an-old-one") as behind:
        assert behind.used == ["6"]


def test_comments_keep_it_open_and_are_no_events(world: Live) -> None:
    hub = Hub(world.runtime.context.signals)
    routes = api.stream.routes(world.runtime.context, hub, SECRET, heartbeat=0.1)
    account = world.account(usage={})
    with serving(create(world.runtime.context, extra=routes)) as url:
        with closing(Stream(url, token(account, "priya"))) as stream:
            assert within(5, lambda: len(stream.comments) >= 3)
            assert stream.names == ["state"]
        hub.close()


def test_it_says_that_the_token_expires_and_ends_with_it(world: Live) -> None:
    account = world.account(usage={})
    now = int(time.time())
    long = Stream(world.url, token(account, "priya", iat=now, exp=now + 62))
    short = Stream(world.url, token(account, "priya", iat=now, exp=now + 3))
    with closing(long), closing(short):
        assert within(1, lambda: short.names == ["state", "expiring"])
        assert short.events[1][2] == {}
        assert long.names == ["state"]
        assert within(4, lambda: long.names == ["state", "expiring"])
        assert within(4, lambda: short.ended)
        assert time.time() >= now + 3
        assert not long.ended


def test_many_streams_get_only_their_own(world: Live) -> None:
    accounts = [world.account(usage={}) for _ in range(6)]
    streams = {a: [Stream(world.url, token(a, f"u{n}")) for n in range(5)] for a in accounts}
    everyone = [s for found in streams.values() for s in found]
    try:
        assert within(15, lambda: all(s.events for s in everyone))
        for amount, account in enumerate(accounts, start=1):
            world.use(account, amount)
        assert within(6, lambda: all(len(s.events) == 2 for s in everyone))
        for amount, account in enumerate(accounts, start=1):
            for stream in streams[account]:
                assert {d["account"] for _, _, d in stream.events} == {account}
                assert stream.used == ["0", str(amount)]
    finally:
        for stream in everyone:
            stream.close()


def test_a_stream_may_end_with_its_first_state(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.account()
    signed = {"Authorization": f"Bearer {token(account, 'dana')}"}
    first = world.http.get(f"{STREAM}?once=true", headers=signed)
    assert first.status_code == 200
    assert first.text.count("event: state") == 1
    newest = next(line[4:] for line in first.text.splitlines() if line.startswith("id: "))
    monkeypatch.setattr(api.stream, "POLL", 0.2)
    again = world.http.get(f"{STREAM}?once=true", headers={**signed, "Last-Event-ID": newest})
    assert "event:" not in again.text, "it ends without one, and the next one may ask again"
    assert world.http.get(f"{STREAM}?once=perhaps", headers=signed).status_code == 400


def test_a_stream_says_something_at_once(world: Live) -> None:
    account = world.account()
    with world.http.stream(
        "GET", STREAM, headers={"Authorization": f"Bearer {token(account, 'dana')}"}
    ) as answer:
        assert next(answer.iter_raw()).startswith(b": ")


def test_the_pages_of_an_account_share_what_they_look_at(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.account(usage={})
    loads: list[str] = []
    load = snapshot.load

    def counted(context: Any, session: Any, name: str, *more: Any) -> Any:
        loads.append(name)
        return load(context, session, name, *more)

    with ExitStack() as stack:
        pages = [stack.enter_context(opened(world, account, f"user-{n}")) for n in range(12)]
        monkeypatch.setattr(snapshot, "load", counted)
        for n in range(5):
            world.use(account, 1)
            assert within(10, lambda n=n: all(page.used[-1:] == [str(n + 1)] for page in pages))
    assert 5 <= loads.count(account) <= 5 * 4, "once for a change, not once a page"


def test_an_open_page_sees_a_new_period_begin(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.stream, "SPREAD", 0.0)
    midnight = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    account = world.account(usage={})
    world.use(account, 5)
    before = world.clock.now()
    try:
        world.clock.set(midnight - timedelta(milliseconds=300))
        with opened(world, account) as stream:
            assert stream.used == ["5"]
            world.clock.set(midnight + timedelta(seconds=1))
            assert within(SOON, lambda: stream.used == ["5", "0"]), stream.events
    finally:
        world.clock.set(before)


def test_who_went_away_is_forgotten(world: Live) -> None:
    account = world.account(usage={})
    assert within(5, lambda: len(world.runtime.hub) == 0)
    with opened(world, account), opened(world, account, "jonas"):
        assert len(world.runtime.hub) == 2
    assert within(5, lambda: len(world.runtime.hub) == 0)


def test_a_server_that_stops_ends_its_streams(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(database_url=f"sqlite:///{tmp_path}/segue.db", widget_secret=SECRET)
    runtime = build(settings, served_at=f"http://127.0.0.1:{port}", background=False)
    configure.apply(runtime.context, policy(), "test")
    config = uvicorn.Config(runtime.app, port=port, log_level="warning", access_log=False)
    server = Server(config, runtime)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert within(10, lambda: server.started)
    with closing(Stream(f"http://127.0.0.1:{port}", token("acme", "priya"))) as stream:
        assert within(10, lambda: bool(stream.events))
        server.handle_exit(signal.SIGTERM, None)
        assert within(5, lambda: stream.ended)
        thread.join(5)
        assert not thread.is_alive()
    runtime.close()

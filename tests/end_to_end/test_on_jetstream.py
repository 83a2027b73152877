"""Nodes with NATS in front of PostgreSQL: what was acknowledged is counted once, whoever dies."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import POLICY
from tests.nats import Nats, leading
from tests.postgres import Postgres
from tests.servers import PATIENCE, Served, free_port, refused, segue, segue_serve

ACCOUNTS = 7
BATCH = 20


@pytest.fixture
def servers() -> Iterator[Nats]:
    """Servers of their own, since one of them is killed."""
    made = Nats.start(durable=True)
    yield made
    made.stop()


@pytest.fixture
def environment(postgres: Postgres, servers: Nats) -> Iterator[dict[str, str]]:
    url = postgres.database()
    yield {
        "SEGUE_DATABASE_URL": url,
        "SEGUE_SECRET_KEYS": "a-key-that-every-node-has",
        "SEGUE_NATS_URL": servers.url,
    }
    postgres.drop(url)


@dataclass
class Sender:
    """Reports usage until it is told to stop, and reports again what was not acknowledged."""

    name: str
    key: str
    url: str
    stop: threading.Event
    sent: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(headers=headers, timeout=30) as client:
            while not self.stop.is_set():
                batch = [self._event(self.sent + n) for n in range(BATCH)]
                while not self._acknowledged(client, batch):
                    time.sleep(0.1)
                self.sent += BATCH
                time.sleep(0.05)

    def _event(self, number: int) -> dict[str, Any]:
        account = f"acct-{number % ACCOUNTS}"
        return {"id": f"{self.name}-{number}", "account": account, "meter": "reports"}

    def _acknowledged(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(f"{self.url}/v1/usage", json=batch)
        except httpx.TransportError:
            return False
        if answer.status_code not in (200, 429, 503):
            self.wrong.append(answer.text)
        return answer.status_code == 200


def test_whoever_dies_each_acknowledged_event_counts_once(
    environment: dict[str, str], servers: Nats, tmp_path: Path
) -> None:
    (tmp_path / "segue.toml").write_text(POLICY)
    segue(tmp_path, "migrate", environment=environment)
    segue(tmp_path, "config", "apply", "segue.toml", environment=environment)
    key = segue(tmp_path, "keys", "create", "--scope", "admin", environment=environment).strip()
    ports = [free_port() for _ in range(3)]
    with ExitStack() as stack:

        def node(n: int) -> Served:
            role = "worker" if n else "api"
            return stack.enter_context(
                segue_serve(tmp_path, environment=environment, port=ports[n], role=role)
            )

        nodes = [node(n) for n in range(3)]
        stop = threading.Event()
        senders = [Sender(f"s{n}", key, nodes[0].url, stop) for n in range(2)]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        for thread in threads:
            thread.start()

        def more(events: int) -> None:
            """Wait until so many more were acknowledged."""
            goal = sum(sender.sent for sender in senders) + events
            until(lambda: sum(sender.sent for sender in senders) >= goal)

        more(200)
        nodes[1].kill()  # A worker, with parcels at hand.
        more(100)
        servers.node(leading(servers)).kill()
        more(100)
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(sender.wrong for sender in senders), senders[0].wrong[:1]
        sent = sum(sender.sent for sender in senders)
        until(lambda: counted(nodes[0].url, key) >= sent)
        time.sleep(1)
        assert counted(nodes[0].url, key) == sent
        assert segue(tmp_path, "dead-letters", "list", environment=environment) == (
            "Nothing was put aside.\n"
        )
        assert "0 parcels of usage wait" in segue(tmp_path, "doctor", environment=environment)
        assert [nodes[n].stop() for n in (0, 2)] == [0, 0]


def test_without_postgres_it_says_so(tmp_path: Path) -> None:
    gone = {"SEGUE_NATS_URL": "nats://127.0.0.1:1"}
    assert "it stands before PostgreSQL" in refused(tmp_path, "serve", environment=gone)


def counted(url: str, key: str) -> float:
    """What all accounts have used."""
    headers, used = {"Authorization": f"Bearer {key}"}, 0.0
    for n in range(ACCOUNTS):
        answer = httpx.get(f"{url}/v1/accounts/acct-{n}/usage", headers=headers, timeout=30)
        if answer.status_code == 200:
            used += next(m["used"] for m in answer.json()["meters"] if m["key"] == "reports")
    return used


def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    end = time.monotonic() + 3 * PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)

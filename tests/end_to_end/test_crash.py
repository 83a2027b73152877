"""kill -9 while usage pours in: nothing acknowledged is lost, nothing is said twice."""

import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.secrets import Secrets
from store import installs
from store.database import Database
from store.migrations import migrate
from tests.fakes.slack_sink import SlackSink, slack_sink
from tests.servers import PATIENCE, SEGUE, Served, free_port, segue, segue_serve

ACCOUNTS = 4
BATCH = 10
KEY = "a-secret-key-of-this-test"


@dataclass
class Sender:
    """Posts batches until the server dies; `unknown` are those that got no answer."""

    url: str
    key: str
    name: str
    acknowledged: list[list[dict[str, Any]]] = field(default_factory=list)
    unknown: list[list[dict[str, Any]]] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {self.key}"}, timeout=10) as client:
            number = 0
            while True:
                batch = [self._event(number + i) for i in range(BATCH)]
                number += BATCH
                try:
                    answer = client.post(f"{self.url}/v1/usage", json=batch)
                except httpx.TransportError:
                    self.unknown.append(batch)
                    return
                assert answer.json()["accepted"] == BATCH, answer.text
                self.acknowledged.append(batch)

    def _event(self, number: int) -> dict[str, Any]:
        account = f"acct-{number % ACCOUNTS}"
        return {"id": f"{self.name}-{number}", "account": account, "meter": "reports"}


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    with slack_sink() as sink:
        yield (
            sink,
            {
                "SEGUE_SLACK_SIGNING_SECRET": "signing",
                "SEGUE_SLACK_API_URL": sink.url,
                "SEGUE_SECRET_KEYS": KEY,
            },
        )


def _installed(database: Database) -> None:
    """Each account's workspace, as an installation would leave it."""
    migrate(database)
    token = Secrets([KEY]).encrypt("xoxb-test")
    with database.write() as session:
        for i in range(ACCOUNTS):
            installs.save(
                session,
                installs.Workspace(
                    platform="slack",
                    team=f"T{i}",
                    account=f"acct-{i}",
                    name="Acme",
                    bot_user="UBOT",
                    token=token,
                    scopes="chat:write",
                    installed_at=datetime.now(UTC),
                    revoked_at=None,
                ),
            )


def _accounts(url: str, headers: dict[str, str]) -> None:
    for i in range(ACCOUNTS):
        base = f"{url}/v1/accounts/acct-{i}"
        body = {"plan": "team", "name": f"Account {i}"}
        assert httpx.put(base, json=body, headers=headers).status_code == 200
        person = {"role": "champion", "email": f"dana{i}@acme.test", "joined": "2026-01-01"}
        answer = httpx.put(f"{base}/people/dana{i}", json=person, headers=headers)
        assert answer.status_code == 200, answer.text


def _pour(served: Served, key: str, batches: int, turn: int) -> list[Sender]:
    """Post from several threads, kill the server among the answers, and wait for the threads."""
    senders = [Sender(served.url, key, f"{turn}{n}") for n in range(3)]
    threads = [threading.Thread(target=s.run) for s in senders]
    for thread in threads:
        thread.start()
    _eventually(lambda: sum(len(s.acknowledged) for s in senders) >= batches)
    served.kill()
    for thread in threads:
        thread.join(30)
    return senders


def test_kill_9_loses_nothing_and_doubles_nothing(
    tmp_path: Path, environment: tuple[SlackSink, dict[str, str]]
) -> None:
    sink, env = environment
    policy = Path(__file__).parent / "policy.toml"
    database = Database(f"sqlite:///{tmp_path}/segue.db")
    _installed(database)
    database.close()
    segue(tmp_path, "config", "apply", str(policy), environment=env)
    key = segue(tmp_path, "keys", "create", "--scope", "admin", environment=env).strip()
    headers = {"Authorization": f"Bearer {key}"}
    port = free_port()
    acknowledged: set[tuple[str, str]] = set()
    unsure: set[tuple[str, str]] = set()
    for turn, batches in enumerate((30, 45)):
        with segue_serve(tmp_path, environment=env, port=port) as served:
            if turn == 0:
                _accounts(served.url, headers)
            for sender in _pour(served, key, batches, turn):
                acknowledged |= {_identity(e) for batch in sender.acknowledged for e in batch}
                unsure |= {_identity(e) for batch in sender.unknown for e in batch}
    with segue_serve(tmp_path, environment=env, port=port) as served:
        _resend(served, headers, unsure)
        _check_totals(served, headers, acknowledged | unsure)
        _check_alerts(served, headers, sink)
        assert served.stop() == 0


def _identity(event: dict[str, Any]) -> tuple[str, str]:
    return event["account"], event["id"]


def _resend(served: Served, headers: dict[str, str], unsure: set[tuple[str, str]]) -> None:
    """What got no answer is sent again; whether it had been counted is not the client's worry."""
    events = [{"id": i, "account": a, "meter": "reports"} for a, i in sorted(unsure)]
    answer = httpx.post(f"{served.url}/v1/usage", json=events, headers=headers)
    body = answer.json()
    assert body["accepted"] + body["duplicates"] == len(events), answer.text


def _check_totals(served: Served, headers: dict[str, str], expected: set[tuple[str, str]]) -> None:
    for i in range(ACCOUNTS):
        answer = httpx.get(f"{served.url}/v1/accounts/acct-{i}/usage", headers=headers)
        used = answer.json()["meters"][0]["used"]
        assert float(used) == sum(1 for account, _ in expected if account == f"acct-{i}")


def _check_alerts(served: Served, headers: dict[str, str], sink: SlackSink) -> None:
    """Every account is past its limit: one notice each, its delivery sent, its message posted."""
    for i in range(ACCOUNTS):
        url = f"{served.url}/v1/accounts/acct-{i}/alerts"
        alerts = _eventually(lambda url=url: _told(httpx.get(url, headers=headers).json()))
        assert [a["moment"] for a in alerts] == ["at_limit"]
        sent = [d for d in alerts[0]["deliveries"] if d["kind"] == "notice"]
        assert [(d["channel"], d["state"]) for d in sent] == [("slack", "sent")]
    rooms = [m["channel"] for m in sink.messages]
    assert set(rooms) == {f"DUDANA{i}" for i in range(ACCOUNTS)}
    # A kill between Slack's answer and our commit can't be told from one before it: then, and
    # only then, the message goes out again rather than being lost.
    assert len(rooms) <= ACCOUNTS + 2


def _told(answer: dict[str, Any]) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = answer["alerts"]
    return alerts if alerts and all(d["sent_at"] for d in alerts[0]["deliveries"]) else []


def _eventually(look: Any) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.1)
    return found


def test_a_second_server_on_the_same_file_refuses_with_one_line(tmp_path: Path) -> None:
    with segue_serve(tmp_path):
        second = subprocess.run(
            [SEGUE, "serve", "--port", str(free_port())],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1] == (
        "segue: another `segue serve` uses segue.db: stop it first"
    )

"""POST and GET /v1/backtests: a policy over stored usage, as a job beside everything else."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create
from segue import wiring
from segue.opening import context_of
from segue.settings import Settings
from service import backtest_job, configure, keys
from service.context import Context
from service.ingest import ingest
from service.secrets import Secrets
from service.usage import Event
from store import backtests
from store.backtests import StoredBacktest
from tests.backends import SERVER, Backend, opened
from tests.fakes.clock import FakeClock
from tests.servers import PATIENCE, serving
from tests.service.recorded_usage import POLICY, everybody

BACKENDS = SERVER

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
LATER = POLICY + "\n[policy.stage]\nonboarding_days = 400\n"


@pytest.fixture(scope="module")
def context(backend: Backend) -> Iterator[Context]:
    with opened(backend) as database:
        clock, secrets = FakeClock(NOW), Secrets(["test"])
        made = Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
        configure.apply(made, POLICY, "test")
        _use(made)
        yield made


def _use(context: Context) -> None:
    """Everybody's usage, as it came in over half a year; then their plan is told."""
    events = [
        Event(
            id=f"e{n}",
            account=account,
            meter="reports",
            value=Decimal(value),
            user=f"user-{n % 3}",
            at=datetime.fromisoformat(at),
        )
        for n, (account, at, value) in enumerate(everybody())
    ]
    clock = context.clock
    assert isinstance(clock, FakeClock)
    for event in sorted(events, key=lambda e: e.at or NOW):
        clock.set(event.at or NOW)
        ingest(context, [event])
    clock.set(NOW)


@pytest.fixture(scope="module")
def client(context: Context) -> Iterator[httpx.Client]:
    key = keys.create(context, keys.Scope.ADMIN)
    with (
        serving(create(context)) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as found,
    ):
        for account in ("growing", "calm", "busy", "trying"):
            since = "2026-01-05"
            answer = found.put(f"/v1/accounts/{account}", json={"plan": "team", "since": since})
            assert answer.status_code == 200, answer.text
        yield found


def finished(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """The backtest once it is over."""
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/backtests/{answer.json()['id']}"
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = client.get(answer.headers["location"]).json()
        if found["status"] != "running":
            return dict(found)
        time.sleep(0.1)
    raise AssertionError("it did not end")


def test_the_policy_in_force_over_what_is_stored(client: httpx.Client) -> None:
    begun = client.post("/v1/backtests", json={"days": 150})
    assert begun.json()["status"] == "running"
    assert begun.json()["progress"]["step"] == "starting"
    found = finished(client, begun)
    assert found["status"] == "done", found
    figures = found["summary"]["policies"][0]
    assert figures["accounts"] == 4
    asked = {a["account"] for a in found["alerts"] if a["class"] == "ask"}
    assert "growing" in asked
    assert "calm" not in asked
    assert figures["asks"] == sum(a["class"] == "ask" for a in found["alerts"])
    assert "differences" not in found


def test_only_the_days_that_are_wanted_are_told(client: httpx.Client) -> None:
    found = finished(client, client.post("/v1/backtests", json={"days": 10}))
    since = (NOW - timedelta(days=10)).isoformat()
    assert all(alert["at"] >= since for alert in found["alerts"])
    assert found["summary"]["policies"][0]["days"] <= 4 * 10


def test_another_policy_against_the_one_in_force_for_some_accounts(client: httpx.Client) -> None:
    body = {"against": LATER, "days": 170, "accounts": ["growing", "nobody"]}
    found = finished(client, client.post("/v1/backtests", json=body))
    assert [p["policy"] for p in found["summary"]["policies"]] == ["config", "against"]
    assert found["summary"]["policies"][0]["accounts"] == 1
    assert found["summary"]["policies"][1]["asks"] == 0
    assert {d["account"] for d in found["differences"]} == {"growing"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"days": 0}, "/days"),
        ({"days": 5000}, "/days"),
        ({"day": 3}, "/day"),
        ({"accounts": "growing"}, "/accounts"),
    ],
)
def test_what_cant_be_is_refused_with_its_field(
    body: dict[str, Any], pointer: str, client: httpx.Client
) -> None:
    answer = client.post("/v1/backtests", json=body)
    assert answer.status_code == 400
    assert answer.json()["pointer"] == pointer


def test_a_policy_that_is_wrong_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/backtests", json={"config": "[product]\nname = 'X'\n"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "config_invalid"


def test_one_at_a_time(client: httpx.Client, context: Context) -> None:
    begun = client.post("/v1/backtests", json={})
    second = client.post("/v1/backtests", json={})
    assert second.status_code == 409
    assert begun.json()["id"] in second.json()["detail"]
    assert finished(client, begun)["status"] == "done"


def test_what_was_under_way_at_a_restart_has_failed(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/segue.db")
    context = context_of(settings)
    lost = StoredBacktest(id="backtest_lost", asked_at=NOW, asked_by="test", days=9)
    with context.database.write() as session:
        backtests.add(session, lost)
    context.database.close()
    runtime = wiring.build(settings, served_at="http://test", background=False)
    found, _ = backtest_job.get(runtime.context, "backtest_lost")
    runtime.close()
    assert (found.status, found.detail) == ("failed", "restarted")


def test_an_unknown_one_is_not_there(client: httpx.Client) -> None:
    assert client.get("/v1/backtests/backtest_nope").status_code == 404


def test_a_key_that_reads_may_not(client: httpx.Client, context: Context) -> None:
    key = keys.create(context, keys.Scope.READ)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post("/v1/backtests", json={}, headers=headers).status_code == 403


def test_an_erased_account_is_gone_from_backtests_too(client: httpx.Client) -> None:
    begun = client.post("/v1/backtests", json={"days": 170})
    assert any(a["account"] == "busy" for a in finished(client, begun)["alerts"])
    assert client.delete("/v1/accounts/busy").status_code in (200, 204)
    found = client.get(f"/v1/backtests/{begun.json()['id']}").json()
    assert found["alerts"]
    assert not any(a["account"] == "busy" for a in found["alerts"])

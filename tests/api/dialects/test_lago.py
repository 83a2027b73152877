"""Lago: its client unchanged, one event and batches that are taken whole or not at all."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from lago_python_client.client import Client
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models.event import BatchEvent, Event

from tests.api.conftest import NOON, World
from tests.api.dialects.conftest import bearer, rejects

STAMP = int(NOON.timestamp())
_numbers = count(1)


def lago(world: World, **changes: str) -> Client:
    """Lago's client, pointed at Segue."""
    return Client(**{"api_key": world.keys["ingest"], "api_url": world.url, **changes})


def event(account: str, **changes: Any) -> dict[str, Any]:
    """An event as the client writes it; `...` leaves a field out."""
    made = {
        "transaction_id": f"t{next(_numbers)}",
        "external_subscription_id": account,
        "code": "report.delivered",
        "timestamp": str(STAMP),
        "precise_total_amount_cents": None,
        "properties": {"count": "3", "user": "mia"},
    }
    return {k: v for k, v in {**made, **changes}.items() if v is not ...}


def post(world: World, body: Any, path: str = "/api/v1/events") -> httpx.Response:
    """Send it as the client does."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**bearer(world), "Content-type": "application/json"}
    return world.http.post(path, content=content, headers=headers)


def batch(world: World, *events: Any) -> httpx.Response:
    """Send several together."""
    return post(world, {"events": list(events)}, "/api/v1/events/batch")


def test_the_client_reports_one_event(world: World, account: str) -> None:
    made = Event(**event(account, transaction_id="one"))
    for _ in range(2):
        said = lago(world).events.create(made)
        assert said is not None
        assert (said.transaction_id, said.external_subscription_id) == ("one", account)
        assert (said.code, said.properties) == ("report.delivered", made.properties)
        assert datetime.fromisoformat(said.timestamp) == NOON
    assert world.used(account) == 3, "a repeat is no error, and counts once"


def test_the_client_reports_many(world: World, account: str) -> None:
    events = [Event(**event(account)) for _ in range(100)]
    for _ in range(2):
        lago(world).events.batch_create(BatchEvent(events=events))
    assert world.used(account) == 300


def test_the_client_reports_through_an_ingest_service(world: World, account: str) -> None:
    client = Client(api_key=world.keys["ingest"], use_ingest_service=True, ingest_api_url=world.url)
    assert client.events.create(Event(**event(account)))
    assert world.used(account) == 3


def test_the_client_is_told_of_a_conflict(world: World, account: str) -> None:
    first, other = event(account, transaction_id="same"), event(account, transaction_id="same")
    other["properties"] = {"count": "4"}
    lago(world).events.create(Event(**first))
    with pytest.raises(LagoApiError) as told:
        lago(world).events.create(Event(**other))
    assert told.value.status_code == 422
    assert told.value.response["error_details"] == {"transaction_id": ["value_already_exist"]}
    assert told.value.response["code"] == "validation_errors"
    assert world.used(account) == 3


def test_the_client_is_told_of_a_wrong_key(world: World, account: str) -> None:
    made = Event(**event(account))
    with pytest.raises(LagoApiError) as told:
        lago(world, api_key="wrong").events.create(made)
    assert (told.value.status_code, told.value.response["error"]) == (401, "Unauthorized")
    with pytest.raises(LagoApiError) as told:
        lago(world, api_key="wrong").events.batch_create(BatchEvent(events=[made]))
    assert (told.value.status_code, told.value.response["error"]) == (401, "Unauthorized")


STAMPS: dict[str, tuple[Any, str | None]] = {
    "a text": (str(STAMP), "2026-03-18T12:00:00Z"),
    "a number": (STAMP, "2026-03-18T12:00:00Z"),
    "a text with decimals": (f"{STAMP - 1}.25", "2026-03-18T11:59:59.250000Z"),
    "a number with decimals": (STAMP - 0.5, "2026-03-18T11:59:59.500000Z"),
    "null": (None, "2026-03-18T12:00:00Z"),
    "absent": (..., "2026-03-18T12:00:00Z"),
    "a date": ("2026-03-18", None),
    "milliseconds": (STAMP * 1000, None),
    "before all": ("-5", None),
    "too old": (STAMP - 86400 * 36, None),
    "a list": ([1], None),
    "not a number": ("nan", None),
}


@pytest.mark.parametrize("name", STAMPS)
def test_timestamps(name: str, world: World, account: str) -> None:
    stamp, at = STAMPS[name]
    answer = post(world, {"event": event(account, timestamp=stamp)})
    if at:
        assert answer.status_code == 200, answer.text
        assert world.meter(account)["last_at"] == at
    else:
        assert answer.status_code == 422
        assert "timestamp" in answer.text
        assert world.used(account) is None


def test_a_repeat_without_a_time_is_a_repeat(world: World, account: str) -> None:
    sent = event(account, timestamp=None)
    for late in (0, 60, 86400):
        world.clock.set(NOON + timedelta(seconds=late))
        assert post(world, {"event": sent}).status_code == 200
    assert world.used(account) == 3


FAULTS: dict[str, tuple[dict[str, Any], dict[str, list[str]]]] = {
    "no id": ({"transaction_id": None}, {"transaction_id": ["value_is_mandatory"]}),
    "no code": ({"code": ...}, {"code": ["value_is_mandatory"]}),
    "nobody": (
        {"external_subscription_id": ...},
        {"external_subscription_id": ["value_is_mandatory"]},
    ),
    "a long id": ({"transaction_id": "t" * 257}, {"transaction_id": ["value_is_too_long"]}),
    "no number": ({"properties": {"count": "many"}}, {"properties": ["invalid_value"]}),
    "no object": ({"properties": [1]}, {"properties": ["invalid_field"]}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_batch_with_a_fault_is_not_taken_at_all(name: str, world: World, account: str) -> None:
    changes, details = FAULTS[name]
    answer = batch(world, event(account), event(account, **changes), event(account))
    assert answer.status_code == 422
    said = answer.json()
    assert (said["status"], said["error"]) == (422, "Unprocessable Entity")
    assert said["error_details"] == {"1": details}
    assert world.used(account) is None
    alone = post(world, {"event": event(account, **changes)})
    assert (alone.status_code, alone.json()["error_details"]) == (422, details)


def test_a_batch_with_a_conflict_is_not_taken_at_all(world: World, account: str) -> None:
    known = event(account)
    assert post(world, {"event": known}).status_code == 200
    other = {**known, "properties": {"count": "9"}}
    twice = event(account)
    answer = batch(
        world, event(account), other, twice, known, {**twice, "properties": {"count": "1"}}
    )
    assert answer.status_code == 422
    exists = {"transaction_id": ["value_already_exist"]}
    assert answer.json()["error_details"] == {"1": exists, "4": exists}
    assert world.used(account) == 3
    assert batch(world, event(account), known, twice, twice).status_code == 200
    assert world.used(account) == 9
    (found,) = rejects(world, account=account)
    assert (found["source"], found["code"], found["count"]) == ("lago", "id_conflict", 2)


def test_a_batch_with_events_of_a_meter_told_by_totals_is_not_taken_at_all(
    world: World, account: str
) -> None:
    """Only the commit knows: whether events go with what was told of the period before."""
    total = {"id": "total", "account": account, "meter": "reports", "total": 5}
    assert world.post({**total, "at": NOON.isoformat()}).json()["accepted"] == 1
    answer = batch(world, event(account, code="runs"), event(account))
    assert answer.status_code == 422
    assert answer.json()["error_details"] == {"1": {"properties": ["total_mixed"]}}
    assert world.used(account, "runs") == 0
    assert world.used(account) == 5
    (found,) = rejects(world, account=account)
    assert (found["code"], found["count"]) == ("total_mixed", 1)


def test_of_two_batches_at_the_same_time_that_conflict_one_is_taken(
    world: World, account: str
) -> None:
    shared = [event(account) for _ in range(4)]
    batches = [[{**e, "properties": {"count": count}} for e in shared] for count in ("3", "5")]
    start = threading.Barrier(2)

    def send(events: list[dict[str, Any]]) -> int:
        start.wait()
        return batch(world, event(account), *events).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, batches)) == [200, 422]
    assert world.used(account) in (3 + 4 * 3, 3 + 4 * 5)


def test_what_no_meter_counts_is_no_fault(world: World, account: str) -> None:
    answer = batch(world, event(account), event(account, code="signups"))
    assert answer.status_code == 200
    assert [e["code"] for e in answer.json()["events"]] == ["report.delivered", "signups"]
    assert world.used(account) == 3
    (found,) = rejects(world, name="signups")
    assert (found["code"], found["count"]) == ("unknown_meter", 1)


def test_more_than_a_hundred_are_too_many(world: World, account: str) -> None:
    answer = batch(world, *(event(account) for _ in range(101)))
    assert answer.status_code == 422
    assert answer.json()["error_details"] == {"events": ["too_many_events"]}
    assert world.used(account) is None


WRONG: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[1]",
    "no events": b"{}",
    "events is none": b'{"events": 5}',
    "nothing": b"",
    "not UTF-8": b'{"events": ["\xff"]}',
}


@pytest.mark.parametrize("name", WRONG)
def test_what_can_not_be_read_is_said_in_lagos_words(name: str, world: World) -> None:
    answer = post(world, WRONG[name], "/api/v1/events/batch")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")
    assert (answer.json()["status"], answer.json()["error"]) == (400, "Bad Request")


@pytest.mark.parametrize("inner", [b"5", b"[]", b'"x"', b"true"])
def test_an_event_that_is_none(inner: bytes, world: World) -> None:
    assert post(world, b'{"event": ' + inner + b"}").status_code == 422


def test_subscriptions_and_customers_lead_to_accounts(world: World, account: str) -> None:
    stated = {"external_ids": {"lago": f"sub-{account}"}}
    assert world.admin("PUT", f"/v1/accounts/{account}", stated).is_success
    for changes in (
        {"external_subscription_id": f"sub-{account}"},
        {"external_subscription_id": None, "external_customer_id": account},
        {"external_subscription_id": f"another of {account}", "external_customer_id": account},
        {"external_subscription_id": account, "external_customer_id": f"sub-{account}"},
    ):
        assert post(world, {"event": event(account, **changes)}).status_code == 200
    assert world.used(account) == 12
    assert world.used(f"another of {account}") is None


def test_an_external_id_is_whose_said_it_last(world: World, account: str) -> None:
    stated = {"external_ids": {"lago": "moving"}}
    for name in (account, f"{account}-b"):
        assert world.admin("PUT", f"/v1/accounts/{name}", stated).is_success
        assert post(world, {"event": event("moving")}).status_code == 200
    assert world.admin("PUT", f"/v1/accounts/{account}-b", {}).is_success
    assert post(world, {"event": event("moving")}).status_code == 200
    assert [world.used(name) for name in (account, f"{account}-b", "moving")] == [3, 3, 3]

"""Stripe's meter events: the SDK unchanged, and forms by hand."""

from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import stripe

from tests.api.conftest import NOON, World
from tests.api.dialects.conftest import bearer, rejects

STAMP = int(NOON.timestamp())
_numbers = count(1)


@pytest.fixture
def customer(world: World, account: str) -> str:
    """A customer of Stripe's that is the test's account."""
    stated = {"external_ids": {"stripe": f"cus_{account}"}}
    assert world.admin("PUT", f"/v1/accounts/{account}", stated).is_success
    return f"cus_{account}"


def client(world: World, key: str = "ingest") -> stripe.StripeClient:
    """Stripe's client, pointed at Segue."""
    return stripe.StripeClient(
        world.keys.get(key, key), base_addresses={"api": world.url}, max_network_retries=0
    )


def form(customer: str, **changes: Any) -> dict[str, Any]:
    """A meter event as the SDK encodes it; `...` leaves a field out."""
    made = {
        "event_name": "report.delivered",
        "payload[stripe_customer_id]": customer,
        "payload[value]": "3",
        "identifier": f"i{next(_numbers)}",
        "timestamp": str(STAMP),
    }
    return {k: v for k, v in {**made, **changes}.items() if v is not ...}


def post(world: World, body: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
    """Send a form."""
    content = body if isinstance(body, bytes) else urlencode(body).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return world.http.post(
        "/v1/billing/meter_events", content=content, headers={**bearer(world), **kind, **headers}
    )


def test_the_sdk_reports(world: World, account: str, customer: str) -> None:
    payload = {"stripe_customer_id": customer, "value": "25"}
    for _ in range(2):
        said = client(world).v1.billing.meter_events.create(
            {
                "event_name": "report.delivered",
                "payload": payload,
                "identifier": "one",
                "timestamp": STAMP,
            }
        )
        assert (said.object, said.identifier) == ("billing.meter_event", "one")
        assert (said.event_name, said.timestamp) == ("report.delivered", STAMP)
        assert said.payload.to_dict() == payload
    client(world).v1.billing.meter_events.create(
        {"event_name": "report.delivered", "payload": payload}
    )
    assert world.used(account) == 50


def test_a_meter_that_counts_events_counts_one(world: World, account: str, customer: str) -> None:
    payload = {"stripe_customer_id": customer, "value": "9"}
    said = client(world).v1.billing.meter_events.create({"event_name": "runs", "payload": payload})
    assert said.identifier
    assert world.used(account, "runs") == 1


def test_the_sdk_is_told_what_is_wrong(world: World, account: str, customer: str) -> None:
    create = client(world).v1.billing.meter_events.create
    made: Any = {
        "event_name": "report.delivered",
        "payload": {"stripe_customer_id": customer, "value": "2.5"},
    }
    with pytest.raises(stripe.InvalidRequestError) as told:
        create(made)
    assert (told.value.http_status, told.value.param) == (400, "payload[value]")
    assert "whole number" in str(told.value)
    with pytest.raises(stripe.AuthenticationError):
        client(world, "sk_wrong").v1.billing.meter_events.create(made)
    with pytest.raises(stripe.PermissionError):
        client(world, "read").v1.billing.meter_events.create(made)
    assert not world.used(account)
    (found,) = rejects(world, source="stripe", code="meter_event_invalid_value")
    assert found["name"] == "report.delivered"


def test_the_same_identifier_with_other_content(world: World, account: str, customer: str) -> None:
    sent = form(customer)
    assert post(world, sent).status_code == 200
    answer = post(world, {**sent, "payload[value]": "4"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", "identifier")
    assert world.used(account) == 3


def test_without_an_identifier_the_idempotency_key_is_it(
    world: World, account: str, customer: str
) -> None:
    sent = form(customer, identifier=..., timestamp=...)
    for late, key in ((0, "k1"), (5, "k1"), (9, "k2")):
        world.clock.set(NOON + timedelta(seconds=late))
        assert post(world, sent, **{"Idempotency-Key": key}).json()["identifier"] == key
    assert world.used(account) == 6
    assert post(world, sent).json()["identifier"].startswith("event_")
    assert world.used(account) == 9


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no event": ({"event_name": ...}, "event_name"),
    "nobody": ({"payload[stripe_customer_id]": ...}, "payload[stripe_customer_id]"),
    "no payload": (
        {"payload[stripe_customer_id]": ..., "payload[value]": ...},
        "payload[stripe_customer_id]",
    ),
    "below zero": ({"payload[value]": "-3"}, "payload[value]"),
    "words": ({"payload[value]": "three"}, "payload[value]"),
    "no value": ({"payload[value]": ""}, "payload[value]"),
    "huge": ({"payload[value]": "1" * 16}, "payload[value]"),
    "no time": ({"timestamp": "noon"}, "timestamp"),
    "too old": ({"timestamp": str(STAMP - 86400 * 36)}, "timestamp"),
    "too far ahead": ({"timestamp": str(STAMP + 600)}, "timestamp"),
    "a long identifier": ({"identifier": "i" * 257}, "identifier"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_name_their_field(name: str, world: World, account: str, customer: str) -> None:
    changes, param = FAULTS[name]
    answer = post(world, form(customer, **changes))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"]
    assert not world.used(account)


@pytest.mark.parametrize("body", [b"", b"\xff", b"event_name=%ff", b"a=1&" * 200, b'{"a": 1}'])
def test_what_is_no_form(body: bytes, world: World) -> None:
    answer = post(world, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_what_no_meter_counts_is_no_fault(world: World, customer: str) -> None:
    assert post(world, form(customer, event_name="logins")).status_code == 200
    (found,) = rejects(world, name="logins")
    assert (found["source"], found["code"]) == ("stripe", "unknown_meter")


def test_a_customer_nobody_named_is_an_account_of_that_name(world: World, account: str) -> None:
    assert post(world, form(f"cus_of_{account}")).status_code == 200
    assert world.used(f"cus_of_{account}") == 3


def test_basic_auth_as_with_curl(world: World, account: str, customer: str) -> None:
    answer = httpx.post(
        f"{world.url}/v1/billing/meter_events",
        data=form(customer),
        auth=(world.keys["ingest"], ""),
    )
    assert answer.status_code == 200
    assert world.used(account) == 3

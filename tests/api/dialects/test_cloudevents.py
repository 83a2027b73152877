"""CloudEvents: OpenMeter's SDK unchanged, and what is on the wire."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from corehttp.exceptions import ClientAuthenticationError, HttpResponseError
from openmeter import Client
from openmeter.models import Event

from tests.api.conftest import NOON, World
from tests.api.dialects.conftest import bearer, rejects


@pytest.fixture
def openmeter(world: World) -> Iterator[Client]:
    with Client(endpoint=world.url, token=world.keys["ingest"]) as client:
        yield client


def event(account: str, id: str = "e1", **changes: Any) -> dict[str, Any]:
    """A CloudEvent; `...` leaves a field out."""
    made = {
        "id": id,
        "source": "reports-api",
        "specversion": "1.0",
        "type": "report.delivered",
        "subject": account,
        "time": NOON.isoformat(),
        "data": {"count": 3, "visitor": "v1", "user": "mia"},
    }
    return {k: v for k, v in {**made, **changes}.items() if v is not ...}


def post(
    world: World, body: Any, content: str = "application/cloudevents+json", **more: str
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**bearer(world), "Content-Type": content, **more}
    return world.http.post("/api/v1/events", content=raw, headers=headers)


def test_openmeter_reports_one_and_many(world: World, openmeter: Client, account: str) -> None:
    def made(id: str, count: Any) -> Event:
        return Event(
            id=id,
            source="reports-api",
            specversion="1.0",
            type="report.delivered",
            subject=account,
            time=NOON - timedelta(minutes=1),
            data={"count": count, "user": "mia"},
        )

    openmeter.events.ingest_event(made("a", 3))
    openmeter.events.ingest_event(made("a", 3))
    openmeter.events.ingest_events([made("b", 4), made("c", "5.5")])
    openmeter.events.ingest_events_json([made("d", 10), made("b", 4)])
    openmeter.events.ingest_events_json(made("e", 100))
    assert world.used(account) == 122.5


def test_openmeter_is_told_what_is_wrong(world: World, account: str) -> None:
    late = event(account, time=(NOON - timedelta(days=40)).isoformat())
    with Client(endpoint=world.url, token=world.keys["ingest"]) as client:
        with pytest.raises(HttpResponseError) as told:
            client.events.ingest_event(late)  # type: ignore[arg-type]
        assert told.value.response.status_code == 400
        assert "35 days" in str(told.value.response.json()["detail"])
    with (
        Client(endpoint=world.url, token="wrong") as client,
        pytest.raises(ClientAuthenticationError),
    ):
        client.events.ingest_event(event(account))  # type: ignore[arg-type]
    assert world.used(account) is None


@pytest.mark.parametrize(
    "content",
    [
        "application/cloudevents+json",
        "application/cloudevents+json; charset=utf-8",
        "application/json",
        "application/json;charset=UTF-8",
        "text/plain",
    ],
)
def test_any_content_type_is_read(content: str, world: World, account: str) -> None:
    answer = post(world, event(account), content)
    assert (answer.status_code, answer.content) == (204, b"")
    assert world.used(account) == 3


def test_a_batch_with_charset_and_gzip(world: World, account: str) -> None:
    body = gzip.compress(json.dumps([event(account, "a"), event(account, "b")]).encode())
    answer = post(
        world,
        body,
        "application/cloudevents-batch+json; charset=utf-8",
        **{"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 204
    assert world.used(account) == 6


def test_an_event_counts_for_every_meter_that_names_it(world: World, account: str) -> None:
    for id, visitor in (("a", "v1"), ("b", "v1"), ("c", "v2"), ("c", "v2")):
        data = {"count": 1, "visitor": visitor}
        assert post(world, event(account, id, data=data)).status_code == 204
    assert (world.used(account), world.used(account, "visitors")) == (3, 2)


def test_optional_fields_may_be_null_or_absent(world: World, account: str) -> None:
    bare = event(account, "a", type="runs", time=None, data=None, datacontenttype=None)
    assert post(world, bare).status_code == 204
    assert post(world, event(account, "b", type="runs", time=..., data=...)).status_code == 204
    assert world.used(account, "runs") == 2


def test_the_same_id_of_another_source_is_another_event(world: World, account: str) -> None:
    for source in ("one", "other", "one"):
        assert post(world, event(account, source=source, data={"count": 1})).status_code == 204
    long = "https://example.com/" + "x" * 300
    for source in (long + "1", long + "2", long + "1"):
        assert post(world, event(account, source=source, data={"count": 1})).status_code == 204
    assert world.used(account) == 4


def test_what_no_meter_names_is_ignored_and_counted(world: World, account: str) -> None:
    for id in ("a", "b"):
        assert post(world, event(account, id, type="page.viewed")).status_code == 204
    (found,) = rejects(world, name="page.viewed")
    assert (found["source"], found["code"], found["count"]) == ("cloudevents", "unknown_meter", 2)
    assert found["account"] == "", "whose it was does not matter"
    assert found["sample"]["id"] == "reports-api b"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"id": ...}, "id"),
    "empty id": ({"id": ""}, "id"),
    "no subject": ({"subject": ...}, "subject"),
    "no source": ({"source": ...}, "source"),
    "no type": ({"type": ...}, "type"),
    "no specversion": ({"specversion": ...}, "specversion"),
    "another version": ({"specversion": "0.3"}, "specversion"),
    "a time without offset": ({"time": "2026-03-18T12:00:00"}, "offset"),
    "no time": ({"time": "noon"}, "time"),
    "data is a list": ({"data": [1]}, "data"),
    "a negative value": ({"data": {"count": -1}}, "count"),
    "not a number": ({"data": {"count": "many"}}, "count"),
    "long subject": ({"subject": "s" * 257}, "account"),
    "broken subject": ({"subject": "a\x00b"}, "account"),
}


@pytest.mark.parametrize("name", WRONG)
def test_problems_name_what_is_wrong(name: str, world: World, account: str) -> None:
    changes, word = WRONG[name]
    answer = post(world, event(account, **changes))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= problem.keys()
    assert word in problem["detail"] or word in problem["code"]
    assert world.used(account) is None


def test_in_a_batch_the_others_are_taken(world: World, account: str) -> None:
    broken = event(account, "b", subject=...)
    answer = post(world, [event(account, "a"), broken, event(account, "c")])
    assert answer.status_code == 400
    problem = answer.json()
    assert [p["index"] for p in problem["problems"]] == [1]
    assert "item 1" in problem["detail"]
    assert world.used(account) == 6


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b'"text"', b"1", b"\xff\xfe", b"[" * 2000])
def test_what_is_no_json_is_a_problem(body: bytes, world: World) -> None:
    answer = post(world, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_id_with_other_content_is_refused(world: World, account: str) -> None:
    assert post(world, event(account, data={"count": 1})).status_code == 204
    answer = post(world, event(account, data={"count": 2}))
    assert (answer.status_code, answer.json()["code"]) == (400, "id_conflict")
    assert world.used(account) == 1


def test_an_external_id_names_the_account(world: World, account: str) -> None:
    stated = {"external_ids": {"cloudevents": f"subject-of-{account}"}}
    assert world.admin("PUT", f"/v1/accounts/{account}", stated).is_success
    assert post(world, event(f"subject-of-{account}")).status_code == 204
    assert world.used(account) == 3


def test_a_key_for_reading_is_refused_in_words_both_tongues_know(world: World) -> None:
    headers = bearer(world, "read")
    answer = world.http.post("/api/v1/events", json={}, headers=headers)
    assert answer.status_code == 403
    assert (answer.json()["status"], answer.json()["error"]) == (403, "Forbidden")


def test_times_of_any_offset_are_instants(world: World, account: str) -> None:
    world.clock.set(datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
    late = "2026-02-28T23:59:00-05:00"
    answer = post(world, event(account, time=late))
    assert (answer.status_code, answer.json()["code"]) == (400, "at_in_future")
    assert post(world, event(account, time="2026-03-01T01:00:00+01:00")).status_code == 204
    assert world.used(account) == 3

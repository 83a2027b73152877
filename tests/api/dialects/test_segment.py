"""Segment: the SDK unchanged, RudderStack's bytes, clocks that are wrong, and who belongs where."""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from segment.analytics.client import Client

from tests.api.conftest import NOON, World
from tests.api.dialects.conftest import bearer, rejects

_numbers = count(1)


@contextmanager
def sdk(world: World, **changes: Any) -> Iterator[Client]:
    """Segment's client; an error of its background thread is the test's."""
    errors: list[Exception] = []
    made = {
        "write_key": world.keys["ingest"],
        "host": world.url,
        "on_error": lambda error, _: errors.append(error),
        "upload_interval": 0.05,
    }
    client = Client(**{**made, **changes})
    yield client
    client.shutdown()
    assert not errors, errors


def message(kind: str = "track", **changes: Any) -> dict[str, Any]:
    """A message as server libraries make it; `...` leaves a field out."""
    made = {
        "type": kind,
        "messageId": f"m{next(_numbers)}",
        "userId": "mia",
        "timestamp": NOON.isoformat(),
        "context": {},
        "integrations": {},
    }
    if kind == "track":
        made |= {"event": "report.delivered", "properties": {"count": 3}}
    return {k: v for k, v in {**made, **changes}.items() if v is not ...}


def post(world: World, batch: list[Any], path: str = "/v1/batch", **more: Any) -> httpx.Response:
    """Send messages as Segment's libraries do."""
    body = {"batch": batch, "sentAt": NOON.isoformat(), "writeKey": "said twice", **more}
    return raw(world, json.dumps(body).encode(), path)


def raw(world: World, body: bytes, path: str = "/v1/batch", **headers: str) -> httpx.Response:
    """Send bytes with the key as a write key."""
    key = base64.b64encode(f"{world.keys['ingest']}:".encode()).decode()
    auth = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
    return world.http.post(path, content=body, headers={**auth, **headers})


def succeeded(answer: httpx.Response) -> bool:
    """Whether it is the answer Segment gives."""
    return (answer.status_code, answer.json()) == (200, {"success": True})


@pytest.mark.parametrize("gzipped", [False, True])
def test_the_sdk_reports_by_group_and_by_context(gzipped: bool, world: World, account: str) -> None:
    world.clock.set(datetime.now(UTC))
    user = f"user of {account}"
    with sdk(world, gzip=gzipped) as analytics:
        analytics.identify(user, {"email": "mia@example.com"})
        analytics.group(user, account, {"plan": "team"})
        analytics.track(user, "report.delivered", {"count": 3})
        analytics.track(user, "report.delivered", {"count": 2}, timestamp=datetime.now(UTC))
        analytics.track("joe", "report.delivered", {"count": 4}, context={"groupId": account})
        analytics.page(user, "Docs", "Pricing")
        analytics.screen(user, "App", "Home")
        analytics.flush()
    assert world.used(account) == 9
    assert not rejects(world, account=account)


def test_what_the_sdk_is_told_of_a_wrong_key(world: World) -> None:
    errors: list[Any] = []
    client = Client(
        "wrong",
        host=world.url,
        on_error=lambda error, _: errors.append(error),
        upload_interval=0.05,
    )
    client.track("mia", "report.delivered", {"count": 3})
    client.shutdown()
    (error,) = errors
    assert (error.status, error.code) == (401, "unauthorized")
    assert "API key" in error.message


def test_an_sdk_whose_clock_is_wrong_by_months_is_set_right(world: World, account: str) -> None:
    with sdk(world) as analytics:
        analytics.track("mia", "report.delivered", {"count": 3}, context={"groupId": account})
    assert world.used(account) == 3
    meter = world.meter(account)
    assert abs(datetime.fromisoformat(meter["last_at"]) - NOON) <= timedelta(minutes=1)


def test_rudderstack_gzip_with_the_content_type_of_a_form(world: World, account: str) -> None:
    """As @rudderstack/rudder-sdk-node 3.0.13 sends it."""
    event = message(timestamp=..., context={"groupId": account}, channel="server")
    event |= {"originalTimestamp": NOON.isoformat(), "sentAt": NOON.isoformat(), "anonymousId": "x"}
    body = {"batch": [event], "timestamp": NOON.isoformat(), "sentAt": NOON.isoformat()}
    answer = raw(
        world,
        gzip.compress(json.dumps(body).encode()),
        **{"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert succeeded(answer), answer.text
    assert world.used(account) == 3


SKEWS: dict[str, tuple[timedelta, timedelta, int]] = {
    "right": (timedelta(0), timedelta(hours=-1), 3),
    "a slow network is no wrong clock": (timedelta(seconds=-20), timedelta(hours=-1), 3),
    "two days behind": (timedelta(days=-2), timedelta(hours=-1), 3),
    "a year ahead": (timedelta(days=365), timedelta(hours=-1), 3),
    "at the start of time": (datetime(1970, 1, 1, tzinfo=UTC) - NOON, timedelta(0), 3),
    "right, and meant to be old": (timedelta(0), timedelta(days=-40), 0),
    "right, and meant to be ahead": (timedelta(0), timedelta(hours=1), 0),
}


@pytest.mark.parametrize("name", SKEWS)
def test_wrong_clocks_are_set_right(name: str, world: World, account: str) -> None:
    """at = received - (sentAt - originalTimestamp)"""
    wrong, ago, counted = SKEWS[name]
    sent = NOON + wrong
    event = message(
        timestamp=..., originalTimestamp=(sent + ago).isoformat(), context={"groupId": account}
    )
    assert succeeded(post(world, [event], sentAt=sent.isoformat()))
    assert (world.used(account) or 0) == counted
    if counted:
        at = datetime.fromisoformat(world.meter(account)["last_at"])
        assert abs(at - (NOON + ago)) <= timedelta(minutes=1)
    else:
        assert rejects(world, account=account)[0]["code"] in ("at_too_old", "at_in_future")


@pytest.mark.parametrize("sent_at", [..., None, "yesterday", 12, {"a": 1}])
def test_a_time_of_sending_that_says_nothing_corrects_nothing(
    sent_at: Any, world: World, account: str
) -> None:
    event = message(timestamp="2026-03-18T13:30:00.000+02:00", context={"groupId": account})
    more = {} if sent_at is ... else {"sentAt": sent_at}
    body = {"batch": [event], **more}
    assert succeeded(raw(world, json.dumps(body).encode()))
    assert world.meter(account)["last_at"].startswith("2026-03-18T11:30:00")


def test_a_batch_sent_again_counts_once_though_the_way_took_longer(
    world: World, account: str
) -> None:
    event = message(context={"groupId": account})
    for late in (0, 0, 25, 500):
        world.clock.set(NOON + timedelta(seconds=late))
        assert succeeded(post(world, [event]))
    assert world.used(account) == 3
    assert not rejects(world, account=account)


def test_the_same_message_with_other_content_is_an_admins_to_see(
    world: World, account: str
) -> None:
    event = message(context={"groupId": account})
    assert succeeded(post(world, [event]))
    assert succeeded(post(world, [{**event, "properties": {"count": 5}}]))
    assert world.used(account) == 3
    assert [r["code"] for r in rejects(world, account=account)] == ["id_conflict"]


def test_usage_stays_with_the_account_of_then(world: World, account: str) -> None:
    """A user moves; the batch is sent again since its answer was lost."""
    user, first, second = f"u-{account}", account, f"{account}-b"

    def at(minutes: int) -> str:
        return (NOON + timedelta(minutes=minutes)).isoformat()

    batch = [
        message(userId=user, timestamp=at(-50), properties={"count": 1}),
        message("group", userId=user, groupId=first, timestamp=at(-40)),
        message(userId=user, timestamp=at(-30), properties={"count": 2}),
        message("group", userId=user, groupId=second, timestamp=at(-20)),
        message(userId=user, timestamp=at(-10), properties={"count": 4}),
    ]
    for _ in range(3):
        assert succeeded(post(world, batch))
    late = message(userId=user, timestamp=at(-35), properties={"count": 8})
    assert succeeded(post(world, [late]))
    assert (world.used(first), world.used(second)) == (11, 4)


def test_who_a_visitor_turned_out_to_be(world: World, account: str) -> None:
    ghost, known, renamed = (f"{name}-{account}" for name in ("ghost", "known", "renamed"))
    assert succeeded(
        post(
            world,
            [
                message("group", userId=None, anonymousId=ghost, groupId=account),
                message(userId=None, anonymousId=ghost, properties={"count": 1}),
                message("identify", userId=known, anonymousId=ghost),
                message(userId=known, properties={"count": 2}),
                message("alias", previousId=known, userId=renamed),
                message(userId=renamed, anonymousId="elsewhere", properties={"count": 4}),
            ],
        )
    )
    assert world.used(account) == 7


def test_ids_may_be_numbers(world: World, account: str) -> None:
    number = 10_000 + next(_numbers)
    batch = [message("group", userId=7, groupId=number), message(userId=7)]
    assert succeeded(post(world, batch))
    assert world.used(str(number)) == 3


@pytest.mark.parametrize("kind", ["track", "identify", "group", "alias", "page", "screen"])
def test_a_message_alone(kind: str, world: World, account: str) -> None:
    more = {"context": {"groupId": account}} if kind == "track" else {}
    one = message(kind, **more)
    del one["type"]
    assert succeeded(raw(world, json.dumps(one).encode(), f"/v1/{kind}"))
    assert world.used(account) == (3 if kind == "track" else None)


def test_good_messages_are_taken_though_others_are_not(world: World, account: str) -> None:
    where = {"groupId": account}
    batch = [
        message(context=where),
        "no object",
        message("nonsense", context=where),
        message(event=None, context=where),
        message(userId="nobody knows", messageId="lost"),
        message(event="Signed Up", context=where),
        message(context=where, properties={"count": -1}),
        message(context=where, properties=[1]),
        message(context=where, timestamp="yesterday"),
        message(context={"groupId": "a\x00b"}),
        message("group", userId="u" * 300, groupId=account),
        message(context=where),
    ]
    assert succeeded(post(world, batch))
    assert world.used(account) == 6
    log = rejects(world, source="segment", limit=1000)
    codes = {r["code"] for r in log}
    assert {
        "invalid_field", "missing_field", "no_account", "unknown_meter", "value_negative",
        "invalid_at", "invalid_character",
    } <= codes  # fmt: skip
    lost = next(r for r in log if r["code"] == "no_account")
    assert (lost["name"], lost["sample"]["id"]) == ("report.delivered", "lost")
    assert "nobody knows" not in json.dumps(log), "the log does not say who used it"


WRONG: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "no batch": b"{}",
    "the batch is none": b'{"batch": {}}',
    "not UTF-8": b'{"batch": ["\xff"]}',
}


@pytest.mark.parametrize("name", WRONG)
def test_what_can_not_be_read_is_said_in_segments_words(name: str, world: World) -> None:
    answer = raw(world, WRONG[name])
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json().keys() == {"code", "message"}


def test_gzip_that_is_none_and_too_much(world: World) -> None:
    broken = raw(world, b"not gzip", **{"Content-Encoding": "gzip"})
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed")
    bomb = gzip.compress(b" " * 2_000_000)
    large = raw(world, bomb, **{"Content-Encoding": "gzip"})
    assert (large.status_code, large.json().keys()) == (413, {"code", "message"})


def test_a_bearer_key_does_as_well_and_another_scope_does_not(world: World) -> None:
    assert succeeded(world.http.post("/v1/batch", json={"batch": []}, headers=bearer(world)))
    refused = world.http.post("/v1/batch", json={"batch": []}, headers=bearer(world, "read"))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_many_small_messages(world: World, account: str) -> None:
    where = {"groupId": account}
    batch = [
        {"type": "track", "messageId": str(n), "event": "runs", "context": where}
        for n in range(2500)
    ]
    assert succeeded(post(world, batch))
    assert world.used(account, "runs") == 2500


def test_erasing_a_person_forgets_where_they_belonged(world: World, account: str) -> None:
    user = f"u-{account}"
    assert succeeded(post(world, [message("group", userId=user, groupId=account)]))
    assert world.admin("PUT", f"/v1/accounts/{account}", {}).is_success
    person = f"/v1/accounts/{account}/people/{user}"
    assert world.admin("PUT", person, {"role": "user"}).is_success
    assert world.admin("DELETE", person).is_success
    assert succeeded(post(world, [message(userId=user, messageId=f"after-{account}")]))
    assert not world.used(account)

"""/v1/webhooks: stated and read like everything else, secrets said once, every change noted."""

import json
import logging
from typing import Any

import pytest

from store import audit, webhooks
from tests.api.hooks.conftest import Hooks

USUAL = [
    "alert.raised", "forward.sent", "case.approved", "case.declined", "case.question",
    "upgrade.recorded", "policy.changed",
]  # fmt: skip


def test_an_endpoint_is_stated_read_listed_and_forgotten(hooks: Hooks) -> None:
    assert hooks.world.admin("GET", "/v1/webhooks").json() == {"webhooks": []}
    made = hooks.put()
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    now = hooks.world.clock.now().isoformat().replace("+00:00", "Z")
    assert made == {
        "endpoint": "crm",
        "url": f"{hooks.receiver.url}/crm",
        "events": USUAL,
        "enabled": True,
        "created_at": now,
        "failing_since": None,
        "disabled": None,
        "old_secret_until": None,
        "waiting": 0,
        "dead": 0,
    }
    assert hooks.put() == hooks.get() == made
    hooks.put("b%2F2", events=["alert.held", "alert.held", "case.approved"])
    listed = hooks.world.admin("GET", "/v1/webhooks").json()["webhooks"]
    assert [one["endpoint"] for one in listed] == ["b/2", "crm"]
    assert listed[0]["events"] == ["alert.held", "case.approved"]
    hooks.test()
    assert hooks.world.admin("DELETE", "/v1/webhooks/crm").status_code == 204
    for path in ("", "/deliveries", "/test", "/secret"):
        method = "POST" if path in ("/test", "/secret") else "GET"
        answer = hooks.world.admin(method, f"/v1/webhooks/crm{path}")
        assert answer.status_code == 404
    assert hooks.put()["secret"] != secret
    assert hooks.log() == []


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({}, "/url", "invalid"),
        ({"url": 7}, "/url", "invalid"),
        ({"url": "ftp://example.com"}, "/url", "invalid"),
        ({"url": "https://"}, "/url", "invalid"),
        ({"url": "https://[::1"}, "/url", "invalid"),
        ({"url": "https://example.com:99999/"}, "/url", "invalid"),
        ({"url": "https://user:pass@example.com/"}, "/url", "invalid"),
        ({"url": "https://example.com/#there"}, "/url", "invalid"),
        ({"url": "https://example.com/ a"}, "/url", "invalid"),
        ({"url": f"https://example.com/{'a' * 2048}"}, "/url", "invalid"),
        ({"events": []}, "/events", "invalid"),
        ({"events": ["alert.raised", "alert.risen"]}, "/events/1", "unknown_event"),
        ({"events": ["webhook.test"]}, "/events/0", "unknown_event"),
        ({"events": "alert.raised"}, "/events", "invalid"),
        ({"enabled": "yes"}, "/enabled", "invalid"),
        ({"secret": "whsec_mine"}, "/secret", "unknown_field"),
    ],
)
def test_a_wrong_shape_names_its_field(
    wrong: dict[str, Any], pointer: str, code: str, hooks: Hooks
) -> None:
    body = {"url": "https://example.com/segue", **wrong} if wrong else {}
    answer = hooks.world.admin("PUT", "/v1/webhooks/crm", body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["pointer"], problem["code"]) == (pointer, code)
    assert hooks.world.admin("GET", "/v1/webhooks").json() == {"webhooks": []}


def test_wrong_questions_are_refused_by_their_field(hooks: Hooks) -> None:
    hooks.put()
    for query in ("after=nonsense", "after=9999999999999999-evt_000000000000000000000000"):
        answer = hooks.world.admin("GET", f"/v1/webhooks/crm/deliveries?{query}")
        assert answer.status_code in (200, 400)
    assert hooks.world.admin("GET", "/v1/webhooks/crm/deliveries?after=no").json()["pointer"] == (
        "/after"
    )
    for query in ("limit=0", "limit=1001", "only=lost"):
        answer = hooks.world.admin("GET", f"/v1/webhooks/crm/deliveries?{query}")
        assert answer.status_code == 400
    for body in ({}, {"since": "2026-03-01T12:00:00"}, {"since": "yesterday"}):
        answer = hooks.world.admin("POST", "/v1/webhooks/crm/replay", body)
        assert answer.json()["pointer"] == "/since"
    for path in ("deliveries/evt_0", "deliveries/evt_0/replay"):
        method = "POST" if path.endswith("replay") else "GET"
        assert hooks.world.admin(method, f"/v1/webhooks/crm/{path}").status_code == 404


def test_the_log_is_read_page_by_page_newest_first(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 500)
    made = [hooks.test() for _ in range(3)]
    hooks.receiver.answers.clear()
    for _ in range(4):
        hooks.world.clock.advance(seconds=1)
        made.append(hooks.test())
    found: list[str] = []
    path, after = "/v1/webhooks/crm/deliveries?limit=2", ""
    while True:
        page = hooks.world.admin("GET", f"{path}&after={after}").json()
        found += [d["id"] for d in page["deliveries"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert sorted(found) == sorted(made)
    assert found[:4] == made[:2:-1]
    assert [d["id"] for d in hooks.log(only="due")] == found[4:]
    newest = hooks.log()[0]
    now = hooks.world.clock.now().isoformat().replace("+00:00", "Z")
    (attempt,) = newest["attempts"]
    assert attempt.pop("milliseconds") < 10_000
    assert attempt == {"at": now, "status": 200, "error": None}
    assert (newest["type"], newest["account"]) == ("webhook.test", None)
    assert (newest["state"], newest["created_at"], newest["finished_at"]) == ("sent", now, now)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "read"),
        ("GET", "/crm", "read"),
        ("GET", "/crm/deliveries", "read"),
        ("PUT", "/crm", "admin"),
        ("DELETE", "/crm", "admin"),
        ("POST", "/crm/secret", "admin"),
        ("POST", "/crm/test", "admin"),
        ("POST", "/crm/replay", "admin"),
        ("POST", "/crm/deliveries/evt_0/replay", "admin"),
    ],
)
def test_reading_and_changing_need_their_scopes(
    method: str, path: str, scope: str, hooks: Hooks
) -> None:
    hooks.put()
    for of, key in hooks.world.keys.items():
        if of != "admin":
            answer = hooks.world.http.request(
                method, f"/v1/webhooks{path}", headers={"Authorization": f"Bearer {key}"}
            )
            assert (answer.status_code == 403) is (of != scope)
    assert hooks.world.http.request(method, f"/v1/webhooks{path}").status_code == 401


def test_every_change_is_noted_and_no_secret_is_anywhere(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = hooks.put()["secret"]
    second = hooks.world.admin("POST", "/v1/webhooks/crm/secret").json()["secret"]
    hooks.put(enabled=False)
    hooks.put(events=["alert.held"])
    event = hooks.test()
    hooks.world.admin("POST", f"/v1/webhooks/crm/deliveries/{event}/replay")
    hooks.world.admin("POST", "/v1/webhooks/crm/replay", {"since": "2026-03-01T12:00:00Z"})
    hooks.receiver.says("/crm", 410)
    hooks.test()
    said = json.dumps([hooks.get(), hooks.log(), hooks.world.admin("GET", "/v1/webhooks").json()])
    hooks.world.admin("DELETE", "/v1/webhooks/crm")
    database = hooks.world.runtime.context.database
    with database.read() as session:
        entries = audit.newest(session, limit=10)[::-1]
    assert [e.action.removeprefix("webhook.") for e in entries] == [
        "put", "rotate", "put", "put", "test", "replay", "replay", "test", "disable", "delete",
    ]  # fmt: skip
    assert {e.actor.partition(":")[0] for e in entries} == {"key", "segue"}
    assert entries[2].before is not None
    assert entries[2].after == entries[2].before | {"enabled": False}
    kept = json.dumps([[e.before, e.after] for e in entries])
    for secret in (first, second):
        for place in (said, kept, caplog.text):
            assert secret.removeprefix("whsec_") not in place


def test_what_is_kept_of_a_secret_only_the_keys_read(hooks: Hooks) -> None:
    secret = hooks.put()["secret"]
    context = hooks.world.runtime.context
    with context.database.read() as session:
        found = webhooks.get(session, "crm")
    assert found is not None
    assert secret not in found.secret
    assert context.secrets.decrypt(found.secret) == secret


def test_there_are_no_more_than_fifty(hooks: Hooks) -> None:
    for n in range(50):
        hooks.put(f"number-{n}")
    answer = hooks.world.admin("PUT", "/v1/webhooks/another", {"url": "https://example.com"})
    assert answer.status_code == 409
    hooks.put("number-7", enabled=False)

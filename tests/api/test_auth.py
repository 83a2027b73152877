"""API keys: what each scope opens, and that a wrong key opens nothing."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api import auth
from service import keys
from service.secrets import hashed
from store import tables
from tests.api.conftest import World

Event = Callable[..., dict[str, Any]]

CALLS = {
    "ingest": ("POST", "/v1/usage", {"json": []}),
    "read": ("GET", "/v1/accounts", {}),
    "admin": ("PUT", "/v1/accounts/of-auth", {"json": {}}),
}
COVERS = {
    "ingest": {"ingest"},
    "read": {"read"},
    "admin": {"ingest", "read", "admin"},
}


@pytest.mark.parametrize("scope", COVERS)
@pytest.mark.parametrize("call", CALLS)
def test_scope_opens_what_it_covers(scope: str, call: str, world: World) -> None:
    method, path, more = CALLS[call]
    with world.client(world.keys[scope]) as client:
        answer = client.request(method, path, **more)
    if call in COVERS[scope]:
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert call in answer.json()["detail"]


HEADERS: dict[str, dict[str, str]] = {
    "none": {},
    "empty": {"Authorization": ""},
    "scheme alone": {"Authorization": "Bearer"},
    "unknown key": {"Authorization": "Bearer segue_ingest_" + "x" * 43},
    "no scheme": {"Authorization": "segue_ingest_" + "x" * 43},
    "basic": {"Authorization": "Basic c2VndWU6"},
    "very long": {"Authorization": "Bearer " + "x" * 5000},
}


@pytest.mark.parametrize("name", HEADERS)
def test_without_a_valid_key_nothing_is_read_or_stored(
    name: str, world: World, account: str, event: Event
) -> None:
    answer = httpx.post(f"{world.url}/v1/usage", json=event(), headers=HEADERS[name], timeout=30)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"
    assert world.used(account) is None


def test_a_key_in_the_address_is_not_looked_at(world: World) -> None:
    answer = httpx.get(f"{world.url}/v1/accounts", params={"key": world.keys["admin"]})
    assert answer.status_code == 401


def test_a_key_of_another_deployment_is_unknown(world: World, event: Event) -> None:
    foreign = keys.create(world.context, "ingest").replace("segue_ingest_", "segue_ingest_A", 1)
    with world.client(foreign) as client:
        assert client.post("/v1/usage", json=event()).status_code == 401


def test_a_revoked_key_is_as_unknown_as_any(world: World, event: Event) -> None:
    text = keys.create(world.context, "ingest")
    made = keys.all_of(world.context)[-1]
    keys.revoke(world.context, made.id)
    with world.client(text) as client:
        revoked = client.post("/v1/usage", json=event())
    with world.client("segue_ingest_" + "y" * 43) as client:
        unknown = client.post("/v1/usage", json=event())
    assert revoked.status_code == 401
    assert revoked.json() == unknown.json()


def test_a_key_in_use_ends_within_seconds(
    world: World, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "REMEMBERED", 0.2)
    text = keys.create(world.context, "ingest")
    with world.client(text) as client:
        assert client.post("/v1/usage", json=event()).status_code == 200
        keys.revoke(world.context, keys.all_of(world.context)[-1].id)
        deadline = 100
        while client.post("/v1/usage", json=event()).status_code == 200:
            deadline -= 1
            assert deadline, "the revoked key still works"
    assert auth.REMEMBERED <= 5


def test_keys_are_shown_once_and_stored_hashed(world: World) -> None:
    text = keys.create(world.context, "read")
    assert text.startswith("segue_read_")
    assert len(text) >= len("segue_read_") + 32
    listed = keys.all_of(world.context)
    assert text not in repr(listed)
    with world.context.database.read() as session:
        stored = list(session.exec(select(tables.ApiKey)))
    assert text not in repr(stored)
    assert hashed(text) in repr(stored)

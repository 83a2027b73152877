"""POST /v1/usage: bodies that can't be read, are too large, or are packed."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.conftest import World
from tests.backends import ONE

BACKENDS = ONE

Event = Callable[..., dict[str, Any]]
MIB = 1024 * 1024

UNPARSABLE: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"   ",
    "not JSON": b"usage=1",
    "cut off": b'[{"id":"a"',
    "NaN": b'{"id":"a","account":"a","meter":"reports","value":NaN}',
    "Infinity": b'{"id":"a","account":"a","meter":"reports","value":-Infinity}',
    "leading zero": b'{"id":"a","account":"a","meter":"reports","value":01}',
    "a number": b"17",
    "a text": b'"usage"',
    "null": b"null",
    "two objects": b'{"id":"a"},{"id":"b"}',
    "lines of objects": b'{"id":"a"}\n{"id":"b"}',
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("name", UNPARSABLE)
def test_unparsable_body_is_a_400_problem(name: str, world: World) -> None:
    answer = world.post(UNPARSABLE[name])
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 400
    assert problem["code"] == "malformed"
    assert problem["title"]
    assert problem["detail"]


def test_an_empty_array_is_nothing_to_do(world: World) -> None:
    assert world.post([]).json() == {"accepted": 0, "duplicates": 0, "rejected": []}


def test_a_thousand_items_are_taken_and_one_more_is_not(
    world: World, account: str, event: Event
) -> None:
    too_many = world.post([event() for _ in range(1001)])
    assert too_many.status_code == 413
    assert world.used(account) is None
    assert world.post([event() for _ in range(1000)]).json()["accepted"] == 1000
    assert world.used(account) == 1000


@pytest.mark.parametrize("chunked", [False, True])
def test_two_mebibytes_are_too_large(chunked: bool, world: World, account: str) -> None:
    body = json.dumps({"id": "a", "account": account, "meter": "reports", "x": "y" * 2 * MIB})
    parts = (body[i : i + 65536].encode() for i in range(0, len(body), 65536))
    auth = {"Authorization": f"Bearer {world.keys['ingest']}"}
    answer = httpx.post(
        f"{world.url}/v1/usage",
        content=parts if chunked else body.encode(),
        headers=auth,
        timeout=30,
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.used(account) is None


def test_gzip_is_understood(world: World, account: str, event: Event) -> None:
    body = gzip.compress(json.dumps([event(), event()]).encode())
    answer = world.post(body, **{"Content-Encoding": "gzip"})
    assert answer.json()["accepted"] == 2
    assert world.used(account) == 2


def test_gzip_in_several_members_is_understood(world: World, account: str, event: Event) -> None:
    text = json.dumps([event(), event()]).encode()
    body = gzip.compress(text[:20]) + gzip.compress(text[20:])
    assert world.post(body, **{"Content-Encoding": "gzip"}).json()["accepted"] == 2


def test_a_gzip_bomb_is_too_large(world: World) -> None:
    bomb = gzip.compress(b"[" + b" " * 200 * MIB + b"]")
    assert len(bomb) < MIB
    assert world.post(bomb, **{"Content-Encoding": "gzip"}).status_code == 413


@pytest.mark.parametrize(
    ("encoding", "body", "code"),
    [
        ("gzip", b"not gzip", "malformed"),
        ("gzip", gzip.compress(b"[]" * 100, mtime=0)[:-12], "malformed"),
        ("br", b"[]", "unsupported_encoding"),
        ("gzip, gzip", b"[]", "unsupported_encoding"),
    ],
)
def test_bad_encodings_are_a_400(encoding: str, body: bytes, code: str, world: World) -> None:
    answer = world.post(body, **{"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert answer.json()["code"] == code


def test_no_cross_origin_answers_on_ingest(world: World) -> None:
    answer = world.post([], Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers
    asked = httpx.options(
        f"{world.url}/v1/usage",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in asked.headers

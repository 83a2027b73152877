"""GET and PUT /v1/config: versions of the policy file."""

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from service import configure
from tests.api.conftest import POLICY, World


@pytest.fixture(autouse=True)
def _put_back(world: World) -> Iterator[None]:
    yield
    configure.apply(world.context, POLICY, "test")


def put(world: World, text: str | bytes, media_type: str = "application/toml") -> httpx.Response:
    """Send a policy file."""
    return httpx.put(
        f"{world.url}/v1/config",
        content=text,
        headers={"Authorization": f"Bearer {world.keys['admin']}", "Content-Type": media_type},
        timeout=30,
    )


@pytest.mark.parametrize(
    "media_type", ["application/toml", "text/plain", "text/plain; charset=utf-8"]
)
def test_a_file_is_put_in_force_and_read_back(media_type: str, world: World) -> None:
    text = f"{POLICY}\n# {media_type}: ü\n"
    before = world.admin("GET", "/v1/config").json()
    answer = put(world, text.encode(), media_type)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "version": before["version"] + 1,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "text": text,
        "warnings": [{"keys": list(one.keys), "detail": one.detail} for one in configure.odd(text)],
        "paused": None,
    }
    assert world.admin("GET", "/v1/config").json() == answer.json()
    with world.client(world.keys["admin"], Accept="application/toml") as client:
        assert client.get("/v1/config").text == text


def test_the_file_in_force_is_no_new_version(world: World) -> None:
    before = world.admin("GET", "/v1/config").json()
    assert put(world, POLICY).json() == before


def test_what_is_odd_is_told_and_in_force_all_the_same(world: World) -> None:
    text = POLICY + "[policy.lasting]\nyoung_days = 10\n"
    answer = put(world, text)
    assert answer.status_code == 200
    odd = {tuple(one["keys"]): one["detail"] for one in answer.json()["warnings"]}
    told = odd["policy.lasting.young_days", "policy.stage.onboarding_days"]
    assert told.startswith("`policy.lasting.young_days = 10` never acts")
    assert world.admin("GET", "/v1/config").json() == answer.json()
    assert answer.json()["text"] == text


def test_the_description_tells_of_warnings(world: World) -> None:
    schema = httpx.get(f"{world.url}/schema").json()
    for method in ("get", "put"):
        answer = schema["paths"]["/v1/config"][method]["responses"]["200"]["content"]
        named = answer["application/json"]["schema"]["$ref"].rpartition("/")[2]
        config = schema["components"]["schemas"][named]
        assert {"version", "digest", "text", "warnings", "paused"} <= config["properties"].keys()
        item = config["properties"]["warnings"]["items"]["$ref"].rpartition("/")[2]
        assert schema["components"]["schemas"][item]["properties"].keys() == {"keys", "detail"}


def test_a_new_meter_is_known_at_once(world: World, account: str) -> None:
    event = {"id": "1", "account": account, "meter": "widgets"}
    assert world.post(event).json()["rejected"][0]["code"] == "unknown_meter"
    put(world, POLICY + '[[meter]]\nkey = "widgets"\nname = { one = "w", other = "ws" }\n')
    assert world.post(event).json()["accepted"] == 1


def test_every_problem_is_listed_and_nothing_changes(world: World) -> None:
    before = world.admin("GET", "/v1/config").json()
    wrong = POLICY.replace('currency = "EUR"', "currency = 5").replace('next = "team"', "nxt = 1")
    answer = put(world, wrong)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "config_invalid"
    assert {p["pointer"] for p in problem["problems"]} == {"product.currency", "plan[0].nxt"}
    assert world.admin("GET", "/v1/config").json() == before


@pytest.mark.parametrize(
    "text", [b"", b"not toml =", b"\xff\xfe", b"[policy.ask]\nspacing_days = 1"]
)
def test_what_is_no_policy_file_is_a_400(text: bytes, world: World) -> None:
    assert put(world, text).status_code == 400


def test_a_file_that_would_break_a_promise_is_refused(world: World) -> None:
    answer = put(world, POLICY + "[policy.ask]\nspacing_days = 7\n")
    assert answer.status_code == 400
    assert "spacing_days" in answer.text


def test_a_huge_file_is_refused(world: World) -> None:
    assert put(world, POLICY + "#" * 2**18).status_code == 400
    assert put(world, "#" * 2**21).status_code == 413

"""The application as a whole: problems, headers, health, and its own description."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import get

from api.app import create
from service.context import Context
from service.secrets import Secrets
from store.database import Database
from store.migrations import migrate
from tests.api.conftest import NOON, World
from tests.backends import Backend
from tests.fakes.clock import FakeClock
from tests.servers import serving


@get("/broken", sync_to_thread=False)
def broken() -> None:
    """Fails in a way nobody foresaw."""
    raise RuntimeError("the secret is hunter2")


@pytest.fixture
def bare(backend: Backend) -> Iterator[tuple[str, Context]]:
    """A server on an empty database: no tables, no policy."""
    database = Database(backend.empty())
    context = Context(
        database=database,
        clock=FakeClock(NOON),
        secrets=Secrets(["test"]),
        public_url="http://test",
    )
    with serving(create(context, extra=[broken])) as url:
        yield url, context
    database.close()
    backend.drop(database.url)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/accounts/no-such", 404),
        ("GET", "/v1/accounts/no-such/usage", 404),
        ("PATCH", "/v1/config", 405),
        ("GET", "/v1/usage", 405),
        ("GET", "/v1/accounts?limit=many", 400),
    ],
)
def test_every_error_is_a_problem(method: str, path: str, status: int, world: World) -> None:
    answer = world.admin(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "code"} <= problem.keys()


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/config", "GET, OPTIONS, PUT"),
        ("/v1/accounts/acme", "DELETE, GET, OPTIONS, PUT"),
        ("/v1/usage", "OPTIONS, POST"),
    ],
)
def test_a_path_says_all_that_it_can_be_asked(path: str, methods: str, world: World) -> None:
    assert httpx.options(f"{world.url}{path}").headers["allow"] == methods
    refused = httpx.patch(f"{world.url}{path}")
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == set(methods.split(", "))


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/usage", "/schema"])
def test_headers_of_every_answer(path: str, world: World) -> None:
    answer = httpx.get(f"{world.url}{path}")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_unforeseen_says_nothing_of_us_and_is_logged_once(
    bare: tuple[str, Context], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = httpx.get(f"{bare[0]}/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert len([r for r in caplog.records if "/broken" in r.getMessage()]) == 1


def test_readiness_says_what_is_missing(bare: tuple[str, Context]) -> None:
    url, context = bare
    assert httpx.get(f"{url}/healthz").text == "ok"
    first = httpx.get(f"{url}/readyz")
    assert first.status_code == 503
    assert "segue migrate" in first.json()["problems"][0]
    migrate(context.database)
    second = httpx.get(f"{url}/readyz")
    assert second.status_code == 503
    assert "segue config apply" in second.json()["problems"][0]


def test_readiness_of_a_whole_server(world: World) -> None:
    answer = httpx.get(f"{world.url}/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "problems": [], "notes": []}


def shape(described: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """What a JSON body looks like."""
    body = described["paths"][path][method]["requestBody"]
    return resolved(described, body["content"]["application/json"]["schema"])


def resolved(described: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    name = found.get("$ref", "").rpartition("/")[2]
    return dict(described["components"]["schemas"][name]) if name else found


def test_the_description_is_complete_and_loads_nothing(world: World) -> None:
    answer = httpx.get(f"{world.url}/schema")
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    assert {
        "/v1/usage", "/v1/config", "/v1/accounts", "/v1/accounts/{account}",
        "/v1/accounts/{account}/people/{person}", "/v1/accounts/{account}/blockers/{blocker}",
        "/v1/accounts/{account}/plan", "/v1/accounts/{account}/usage", "/v1/blockers/{blocker}",
    } <= described["paths"].keys()  # fmt: skip
    assert "time_zone" in shape(described, "/v1/accounts/{account}", "put")["properties"]
    one, many = shape(described, "/v1/usage", "post")["oneOf"]
    assert resolved(described, one)["required"] == ["id", "account", "meter"]
    assert many["type"] == "array"
    for name in re.findall(r'"\$ref":"#/components/schemas/(\w+)"', answer.text):
        assert name in described["components"]["schemas"]
    shown = answer.text.replace("http://127.0.0.1", "").replace("https://example.com/segue", "")
    assert not re.search(r"https?://", shown)
    assert "html" not in answer.headers["content-type"]

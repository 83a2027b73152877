"""Which pages may read what: files for everyone, data for named origins, ingest for none."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.live import ORIGIN, Live, live, token
from tests.backends import ONE, Backend

BACKENDS = ONE

_WIDGET = Path(__file__).parents[2] / "widget"
FILES = {str(p.relative_to(_WIDGET / "built")): p for p in (_WIDGET / "built").rglob("*.js")}
SCRIPT = "/widget/v1/segue.js"
DATA = ("/v1/widget/state", "/v1/widget/stream", "/v1/widget/alerts/x/feedback")


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


def preflight(world: Live, path: str, origin: str, method: str = "POST") -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,last-event-id",
    }
    return world.http.options(path, headers=headers)


@pytest.mark.parametrize("path", DATA)
def test_a_named_origin_may_ask(path: str, world: Live) -> None:
    answer = preflight(world, path, ORIGIN)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert {"GET", "POST"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "last-event-id"} <= set(allowed)
    assert "origin" in answer.headers["vary"].lower()
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{ORIGIN}.evil.example", "http://app.example.com", "*"],
)
@pytest.mark.parametrize("path", DATA)
def test_another_origin_may_not(path: str, origin: str, world: Live) -> None:
    answer = preflight(world, path, origin)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("status", [200, 401])
def test_a_named_origin_reads_answers_and_refusals(status: int, world: Live) -> None:
    signed = token("acct", "priya") if status == 200 else "garbage"
    headers = {"Authorization": f"Bearer {signed}", "Origin": ORIGIN}
    answer = world.http.get("/v1/widget/state", headers=headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["vary"].lower().count("origin") == 1
    foreign = world.http.get(
        "/v1/widget/state", headers={**headers, "Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/accounts/acme", "/case/x", "/v1/config"])
def test_what_is_for_servers_is_for_no_page(path: str, world: Live) -> None:
    asked = preflight(world, path, ORIGIN)
    got = world.http.get(path, headers={"Origin": ORIGIN})
    for answer in (asked, got):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("file", sorted(FILES))
def test_the_files_are_for_everyone(file: str, world: Live) -> None:
    answer = world.http.get(f"/widget/v1/{file}", headers={"Origin": "https://any.example"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].partition(";")[0] == "text/javascript"
    assert answer.text == FILES[file].read_text("utf-8")


def test_a_file_is_small_on_the_wire_and_kept(world: Live) -> None:
    with world.http.stream("GET", SCRIPT, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == FILES["segue.js"].read_bytes()
    assert "max-age=300" in answer.headers["cache-control"]
    assert "immutable" not in answer.headers["cache-control"]
    again = world.http.get(SCRIPT, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"
    changed = world.http.get(SCRIPT, headers={"If-None-Match": '"something-else"'})
    assert changed.status_code == 200


def test_a_part_is_kept_for_ever_since_its_name_tells_its_content(world: Live) -> None:
    parts = [name for name in FILES if name.startswith("parts/")]
    assert parts
    for part in parts:
        kept = world.http.get(f"/widget/v1/{part}").headers["cache-control"]
        assert "immutable" in kept
        assert "max-age=31536000" in kept


@pytest.mark.parametrize(
    "path",
    [
        "/widget/v1/../../pyproject.toml",
        "/widget/v1/%2e%2e/%2e%2e/pyproject.toml",
        "/widget/v1/..%2f..%2fpyproject.toml",
        "/widget/v1/none.js",
    ],
)
def test_no_other_file_is_served(path: str, world: Live) -> None:
    assert world.http.get(path).status_code == 404

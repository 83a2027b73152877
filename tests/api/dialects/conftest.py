"""One server whose meters are named by events; each test has its own accounts."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from api.app import create
from service import configure, keys
from service.context import Context
from service.secrets import Secrets
from tests.api.conftest import NOON, World
from tests.backends import Backend, Fronted, opened
from tests.fakes.clock import FakeClock
from tests.servers import serving

POLICY = """
[product]
name = "Northwind Reports"
time_zone = "UTC"

[[meter]]
key = "reports"
name = { one = "report", other = "reports" }
event = "report.delivered"
field = "count"

[[meter]]
key = "runs"
name = { one = "run", other = "runs" }
aggregation = "count"

[[meter]]
key = "visitors"
name = { one = "visitor", other = "visitors" }
aggregation = "unique"
event = "report.delivered"
field = "visitor"
meaningful = false

[[meter]]
key = "storage"
name = { one = "GB", other = "GB" }
aggregation = "latest"
kind = "cumulative"
meaningful = false

[[plan]]
key = "team"
name = "Team"
limits = { reports = 1000 }
"""
_numbers = count(1)


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[World]:
    clock, secrets = FakeClock(NOON), Secrets(["test"])
    with opened(backend) as database:
        context = Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
        configure.apply(context, POLICY, "test")
        made = {scope: keys.create(context, scope) for scope in keys.Scope}
        with serving(create(context)) as url, httpx.Client(base_url=url, timeout=30) as http:
            yield World(
                url, context, clock, {str(k): v for k, v in made.items()}, http, Fronted(context)
            )


@pytest.fixture
def account() -> str:
    """An account nobody used before."""
    return f"acct-{next(_numbers)}"


def rejects(world: World, **wanted: Any) -> list[dict[str, Any]]:
    """The reject log, as an admin reads it."""
    answer = world.admin("GET", "/v1/rejects", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rejects"])


def bearer(world: World, scope: str = "ingest") -> dict[str, str]:
    """The headers of somebody with a key."""
    return {"Authorization": f"Bearer {world.keys[scope]}"}

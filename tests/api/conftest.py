"""One server for each kind of database; tests have their own accounts, the clock is put back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import pytest

from api.app import create
from service import configure, keys
from service.context import Context
from service.secrets import Secrets
from tests.backends import Backend, Fronted, fronted, opened
from tests.fakes.clock import FakeClock
from tests.servers import serving

NOON = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)

METERS = """
[[meter]]
key = "runs"
name = { one = "run", other = "runs" }
aggregation = "count"

[[meter]]
key = "peak"
name = { one = "session", other = "sessions" }
aggregation = "max"
meaningful = false

[[meter]]
key = "visitors"
name = { one = "visitor", other = "visitors" }
aggregation = "unique"
field = "visitor"

[[meter]]
key = "storage"
name = { one = "GB", other = "GB" }
aggregation = "latest"
kind = "cumulative"
meaningful = false

[[meter]]
key = "seats"
name = { one = "seat", other = "seats" }
aggregation = "sum"
kind = "cumulative"
meaningful = false

[[meter]]
key = "devices"
name = { one = "device", other = "devices" }
aggregation = "unique"
kind = "cumulative"
meaningful = false
"""
"""Of every kind."""
POLICY = f"""
[product]
name = "Northwind Reports"
currency = "EUR"
time_zone = "Europe/Berlin"

[[meter]]
key = "reports"
name = {{ one = "report", other = "reports" }}
field = "count"

{METERS}
[[plan]]
key = "starter"
name = "Starter"
next = "team"
limits = {{ reports = 1000 }}

[[plan]]
key = "team"
name = "Team"
price = "490.00"
next = "business"
limits = {{ reports = 10000, seats = 20 }}

[[plan]]
key = "business"
name = "Business"

[[plan]]
key = "partner"
name = "Partner"

[[plan]]
key = "weekly"
name = "Weekly"
period = "week"
"""

_numbers = count(1)


@dataclass
class World:
    """The server, its context, and clients with keys of each scope."""

    url: str
    context: Context
    clock: FakeClock
    keys: dict[str, str]
    http: httpx.Client
    front: Fronted
    changed: list[str | None] = field(default_factory=list)

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A client with a key, or without one."""
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        hooks = self.front.hooks()
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, event_hooks=hooks)

    def post(self, body: Any, **headers: str) -> httpx.Response:
        """Report usage with a valid key; bytes go as they are, all else as JSON."""
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        auth = {"Authorization": f"Bearer {self.keys['ingest']}"}
        return self.http.post("/v1/usage", headers={**auth, **headers}, **sent)

    def admin(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """An admin's request."""
        auth = {"Authorization": f"Bearer {self.keys['admin']}"}
        return self.http.request(method, path, headers=auth, json=body, **more)

    def used(self, account: str, meter: str = "reports") -> float | None:
        """What GET usage says was used in the current period, None without such an account."""
        return self.meter(account, meter).get("used")

    def meter(self, account: str, meter: str = "reports") -> dict[str, Any]:
        """One meter of GET usage, empty without such an account."""
        answer = self.admin("GET", f"/v1/accounts/{account}/usage")
        if answer.status_code == 404:
            return {}
        return next(m for m in answer.json()["meters"] if m["key"] == meter)


@pytest.fixture(scope="session")
def worlds() -> Iterator[Callable[[Backend], World]]:
    """One server for each kind of database, for as long as tests run."""
    made: dict[str, World] = {}
    with ExitStack() as stack:

        def of(backend: Backend) -> World:
            if backend.name not in made:
                made[backend.name] = stack.enter_context(_serve(backend))
            return made[backend.name]

        yield of


@contextmanager
def _serve(backend: Backend) -> Iterator[World]:
    clock = FakeClock(NOON)
    with opened(backend) as database:
        context = Context(
            database=database, clock=clock, secrets=Secrets(["test"]), public_url="http://test"
        )
        configure.apply(context, POLICY, "test")
        made = {scope: keys.create(context, scope) for scope in keys.Scope}
        with (
            fronted(backend, context) as front,
            serving(create(front.context)) as url,
            httpx.Client(base_url=url, timeout=30, event_hooks=front.hooks()) as http,
        ):
            given = {str(k): v for k, v in made.items()}
            world = World(url, front.context, clock, given, http, front)
            context.signals.listen(lambda change: world.changed.extend(change.accounts or [None]))
            yield world


@pytest.fixture
def running(backend: Backend, worlds: Callable[[Backend], World]) -> World:
    return worlds(backend)


@pytest.fixture
def world(running: World) -> Iterator[World]:
    running.clock.set(NOON)
    running.changed.clear()
    yield running
    running.clock.set(NOON)


@pytest.fixture
def account() -> str:
    """An account nobody used before."""
    return f"acct-{next(_numbers)}"


@pytest.fixture
def event(account: str) -> Callable[..., dict[str, Any]]:
    """Builds usage events of this test's account, each with its own id."""

    def build(**fields: Any) -> dict[str, Any]:
        base = {"id": f"e{next(_numbers)}", "account": account, "meter": "reports"}
        return {k: v for k, v in {**base, **fields}.items() if v is not ...}

    return build

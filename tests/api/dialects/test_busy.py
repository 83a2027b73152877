"""Too much at once: each dialect says so in its own words, and when to come again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from api.app import create
from engine.errors import TooMany
from service import keys
from service.context import Context
from service.secrets import Secrets
from store.database import Database
from store.migrations import migrate
from tests.api.conftest import NOON
from tests.fakes.clock import FakeClock
from tests.servers import serving


class Busy(Context):
    """A Segue that has no room left."""

    def policy(self, **_: object) -> NoReturn:
        """Nobody gets further than this."""
        raise TooMany("the queue is full", retry_after=3)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("busy")
    database = Database(f"sqlite:///{folder}/segue.db")
    migrate(database)
    context = Busy(
        database=database,
        clock=FakeClock(NOON),
        secrets=Secrets(["test"]),
        public_url="http://test",
    )
    key = {"Authorization": f"Bearer {keys.create(context, keys.Scope.INGEST)}"}
    with (
        serving(create(context)) as url,
        httpx.Client(base_url=url, headers=key, timeout=30) as http,
    ):
        yield http
    database.close()


CLOUD_EVENT = {"id": "1", "source": "s", "specversion": "1.0", "type": "t", "subject": "a"}
LAGO = {"transaction_id": "t", "external_subscription_id": "a", "code": "c"}
STRIPE = {"event_name": "e", "payload[stripe_customer_id]": "cus", "payload[value]": "1"}
CALLS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "cloudevents": ("/api/v1/events", {"json": CLOUD_EVENT}, {"type", "title", "status", "detail"}),
    "lago": ("/api/v1/events", {"json": {"event": LAGO}}, {"status", "error", "code"}),
    "lago batch": ("/api/v1/events/batch", {"json": {"events": [LAGO]}}, {"status", "error"}),
    "segment": ("/v1/batch", {"json": {"batch": [{"type": "track"}]}}, {"code", "message"}),
    "stripe": ("/v1/billing/meter_events", {"data": STRIPE}, {"error"}),
}


@pytest.mark.parametrize("name", CALLS)
def test_who_comes_too_fast_is_told_when_to_come_again(name: str, busy: httpx.Client) -> None:
    path, sent, said = CALLS[name]
    answer = busy.post(path, **sent)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "3"
    assert said <= answer.json().keys()
    if name.startswith("lago"):
        assert answer.headers["x-ratelimit-reset"] == "3"

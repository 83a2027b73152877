"""Walks the hot path of the real product once, from a usage event to what comes back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bench.shards.bound import Verdict, judged
from bench.shards.statements import Heard, listening
from service.checked import Names, check_all
from service.usage import Event, Rules
from service.writer import Writer
from tests.api.conftest import METERS
from tests.api.live import NOW, Live, live, policy
from tests.backends import Backend

_NOBODY = "http://127.0.0.1:9/segue"
"""Where events are sent to and nobody takes them: a try is written down all the same."""
_LATER = "2026-11-18T07:59:00Z"


@contextmanager
def walked(backend: Backend) -> Iterator[list[Verdict]]:
    """What every statement of the path binds."""
    with live(backend, milestone_days=3) as world:
        applied = world.http.put(
            "/v1/config",
            content=policy(milestone_days=3) + METERS,
            headers={"Authorization": f"Bearer {world.keys['admin']}"},
        )
        assert applied.is_success, applied.text
        told = world.admin("PUT", "/v1/webhooks/crm", {"url": _NOBODY})
        assert told.is_success, told.text
        account, other = world.account(), world.account(slack=False, usage={})
        database = world.runtime.context.database
        with listening(database) as heard:
            _walk(world, heard, account, other)
        with database.sqlalchemy.connect() as connection:
            yield judged(connection, heard.statements, (account, other, "never-seen"))


def _walk(world: Live, heard: Heard, account: str, other: str) -> None:
    steps: dict[str, Callable[[], Any]] = {
        "ingest": lambda: _ingest(world, account, other),
        "ingest after a restart": lambda: _restarted(world, account),
        "dialects": lambda: _dialects(world, account),
        "look and delivery": lambda: asyncio.run(_work(world)),
        "state": lambda: world.widget(account).state(),
        "feedback": lambda: _feedback(world, account),
        "the card after it": lambda: asyncio.run(_work(world)),
        "the next day": lambda: _next_day(world),
    }
    for step, take in steps.items():
        heard.step = step
        take()
        heard.step = ""


def _ingest(world: Live, account: str, other: str) -> None:
    sent: list[dict[str, Any]] = [
        {"id": "1", "account": account, "meter": "reports", "value": 2, "user": "mia"},
        {"id": "2", "account": other, "meter": "runs"},
        {"id": "3", "account": "never-seen", "meter": "runs"},
        {"id": "4", "account": account, "meter": "visitors", "value": "kim"},
        {"id": "5", "account": account, "meter": "peak", "value": 9},
        {"id": "6", "account": account, "meter": "peak", "total": 4, "at": _LATER,
         "correction": "counted twice"},
        {"id": "7", "account": account, "meter": "storage", "value": 70},
        {"id": "8", "account": other, "meter": "reports", "total": 12, "at": _LATER},
        {"id": "9", "account": account, "meter": "reports", "kind": "friction", "user": "mia",
         "at": _LATER},
    ]  # fmt: skip
    for _ in range(2):  # The second time all of them are known.
        _post(world, "/v1/usage", json=sent)
    _post(world, "/v1/usage", json={"id": "10", "account": other, "meter": "reports"})


def _restarted(world: Live, account: str) -> None:
    """A writer that knows of no fingerprint yet."""
    context = world.runtime.context
    rules = Rules(catalogue=context.policy().catalogue, now=context.clock.now())
    one = Event(id="11", account=account, meter="reports")
    Writer(context.database).do(check_all(rules, Names(), [one]), rules.now)


def _dialects(world: Live, account: str) -> None:
    cloud = {"specversion": "1.0", "id": "c1", "source": "x", "type": "reports", "subject": account}
    lago = {"transaction_id": "l1", "external_subscription_id": account, "code": "reports"}
    stripe = {"event_name": "reports", "payload[stripe_customer_id]": account, "identifier": "s1"}
    _post(world, "/api/v1/events", json=cloud)
    _post(world, "/api/v1/events/batch", json={"events": [lago]})
    _post(world, "/v1/billing/meter_events", data=stripe)
    _post(world, "/v1/group", json={"userId": "kim", "groupId": account})
    _post(world, "/v1/track", json={"userId": "kim", "event": "reports", "messageId": "m1"})


def _feedback(world: Live, account: str) -> None:
    visitor = world.widget(account)
    alert = visitor.alert()
    assert alert is not None, world.decision(account)
    for kind in ("seen", "useful", "snoozed"):
        said = visitor.post(alert["id"], "feedback", {"id": kind, "kind": kind})
        assert said.status_code == 200, said.text
    assert visitor.post(alert["id"], "undo", {"id": "snoozed"}).json()["undone"]
    sent = visitor.send(alert["id"], to="tomas").json()
    assert visitor.post(alert["id"], "undo", {"id": sent["forward"]}).json()["undone"]


def _next_day(world: Live) -> None:
    world.clock.set(NOW + timedelta(days=1))
    asyncio.run(_work(world))


async def _work(world: Live) -> None:
    """What the worker does all day; what it tidies up now and then is not on the path."""
    while await world.runtime.worker.step():
        pass


def _post(world: Live, path: str, **body: Any) -> None:
    key = {"Authorization": f"Bearer {world.keys['ingest']}"}
    answer = world.http.post(path, headers=key, **body)
    assert answer.is_success, answer.text

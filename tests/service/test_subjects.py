"""Nodes joined by NATS: an account's changes go to the nodes that hold a stream of it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from segue.subjects import Subjects
from segue.wiring import build
from service.context import Change, Context
from service.secrets import Secrets
from store.broker import Broker
from store.database import Database
from tests.api.live import live
from tests.api.test_widget_stream import opened, within
from tests.backends import Backend
from tests.fakes.clock import FakeClock
from tests.nats import Nats
from tests.postgres import Postgres


@dataclass
class Node:
    """A node that is joined to the others, and notes what it hears."""

    context: Context
    subjects: Subjects
    heard: list[Change] = field(default_factory=list)

    def names(self) -> list[str | None]:
        """The accounts heard of; None: any may have changed."""
        return [name for change in self.heard for name in change.accounts or [None]]


@contextmanager
def node(nats: Nats, *, works: bool = False) -> Iterator[Node]:
    broker = Broker(nats.url).open()
    context = Context(
        database=Database("sqlite:///nobody-asks-it.db"),
        clock=FakeClock(),
        secrets=Secrets(["k"]),
        public_url="http://test",
    )
    made = Node(context, Subjects(context, broker, works=works))
    made.subjects.start()
    context.signals.listen(made.heard.append)
    yield made
    made.subjects.stop()
    broker.close()


@pytest.fixture
def account() -> str:
    return f"acct {uuid4().hex[:6]} > ü.*"


def test_only_who_holds_a_stream_of_the_account_hears_of_it(nats: Nats, account: str) -> None:
    with node(nats) as one, node(nats) as holder, node(nats) as other:
        holder.subjects.begin(account)
        assert within(10, lambda: holder.names() == [account]), "what was missed until now"
        one.context.signals.changed(account)
        assert within(10, lambda: holder.names() == [account, account])
        assert holder.heard[-1].urgent
        holder.subjects.end(account)
        one.context.signals.changed(f"{account} another")
        one.context.signals.changed(None)
        assert within(10, lambda: other.names() == [None])
        assert holder.names() == [account, account, None]
        assert one.names() == [account, f"{account} another", None], "nobody hears an echo"


def test_usage_is_told_of_and_wakes_no_worker(nats: Nats, account: str) -> None:
    with node(nats) as one, node(nats) as holder, node(nats, works=True) as worker:
        holder.subjects.begin(account)
        assert within(10, lambda: holder.names() == [account])
        one.context.signals.reported([account], due=False)
        assert within(10, lambda: holder.names() == [account, account])
        assert not holder.heard[-1].urgent
        assert worker.heard == []
        one.context.signals.changed(account)
        assert within(10, lambda: [c.work for c in worker.heard] == [True])
        assert worker.heard[0].accounts == frozenset(), "streams are left alone"


def test_once_the_servers_are_back_everything_is_looked_at() -> None:
    alone = Nats.start(nodes=1)
    try:
        with node(alone) as one:
            (server,) = alone.nodes
            server.kill()
            server.start()
            assert within(30, lambda: None in one.names())
    finally:
        alone.stop()


def test_a_banner_reaches_a_page_that_another_node_serves(
    postgres: Postgres, nats: Nats, tmp_path: Path
) -> None:
    with live(Backend("jetstream", tmp_path, postgres, nats)) as world:
        second = build(world.runtime.settings, served_at=world.url, clock=world.clock)
        account = world.account()
        with ExitStack() as stack:
            for runtime in (world.runtime, second):
                assert runtime.subjects is not None
                runtime.subjects.start()
                stack.callback(runtime.subjects.stop)
            stream = stack.enter_context(opened(world, account))
            assert stream.events[-1][2]["alert"] is None
            asyncio.run(second.worker.until_idle())
            assert within(10, lambda: stream.events[-1][2]["alert"] is not None)
        second.close()

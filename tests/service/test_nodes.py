"""Several nodes on one PostgreSQL: each hears of the others, and nothing is said twice."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from segue.live import Nodes
from segue.wiring import Runtime, build
from service import evaluate
from service.context import Context
from service.secrets import Secrets
from store.database import Database
from tests.api.live import Live, live
from tests.api.test_widget_stream import opened, within
from tests.backends import Backend
from tests.fakes.clock import FakeClock
from tests.postgres import Postgres

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.migrated()
    yield made
    postgres.drop(made)


@contextmanager
def node(url: str, heard: list[str | None]) -> Iterator[Context]:
    """A node that is joined to the others and notes what changed."""
    made = Context(
        database=Database(url), clock=FakeClock(), secrets=Secrets(["k"]), public_url="http://test"
    )
    made.signals.listen(lambda change: heard.extend(change.accounts or [None]))
    nodes = Nodes(made)
    nodes.start()
    assert within(10, lambda: None in heard), "it looks at everything once it listens"
    heard.clear()
    yield made
    nodes.stop()
    made.database.close()


def test_what_changes_on_one_node_is_a_change_on_the_others(url: str) -> None:
    here: list[str | None] = []
    there: list[str | None] = []
    with node(url, here) as one, node(url, there) as other:
        here.clear()
        one.signals.changed("acme")
        assert within(5, lambda: there == ["acme"])
        other.signals.changed("globex")
        assert within(5, lambda: here == ["acme", "globex"])
        other.signals.changed(None)
        assert within(5, lambda: here[-1] is None)
        time.sleep(0.3)
        assert here == ["acme", "globex", None], "nobody hears an echo"
        assert there == ["acme", "globex", None]


def test_many_changes_are_told_together_and_very_many_as_all(url: str) -> None:
    here: list[str | None] = []
    there: list[str | None] = []
    names = [f"account {'ü' * 100} {n}" for n in range(150)]
    with node(url, here) as one, node(url, there):
        for name in names:
            one.signals.changed(name)
        assert within(10, lambda: sorted(map(str, there)) == sorted(names))
        for n in range(20_000):
            one.signals.changed(f"account number {n}")
        assert within(10, lambda: None in there)


def test_what_was_missed_is_made_up_for(url: str, postgres: Postgres) -> None:
    here: list[str | None] = []
    there: list[str | None] = []
    with node(url, here) as one, node(url, there):
        name = url.rpartition("/")[2]
        assert postgres.sql(f"{CUT} AND datname = '{name}'")
        assert within(20, lambda: None in there), "the connection is back: look at everything"
        there.clear()
        one.signals.changed("acme")
        assert within(20, lambda: "acme" in there)


@pytest.fixture(scope="module")
def running(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("nodes")
    with live(Backend("postgresql", folder, postgres)) as made:
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()


@pytest.fixture
def second(world: Live) -> Iterator[tuple[Runtime, FakeClock]]:
    """Another node with a clock of its own."""
    clock = FakeClock(world.clock.now())
    made = build(world.runtime.settings, served_at=world.url, clock=clock, background=False)
    yield made, clock
    made.close()


def test_a_banner_reaches_a_page_that_another_node_serves(
    world: Live, second: tuple[Runtime, FakeClock]
) -> None:
    account = world.account()
    with ExitStack() as stack:
        for context in (world.runtime.context, second[0].context):
            nodes = Nodes(context)
            nodes.start()
            stack.callback(nodes.stop)
        stream = stack.enter_context(opened(world, account))
        assert stream.events[-1][2]["alert"] is None
        asyncio.run(second[0].worker.until_idle())
        assert within(10, lambda: stream.events[-1][2]["alert"] is not None)


def together(*work: Callable[[], object]) -> None:
    """Run all at the same time; what goes wrong in one goes wrong here."""
    gate = threading.Barrier(len(work))
    wrong: list[BaseException] = []

    def one(step: Callable[[], object]) -> None:
        gate.wait(30)
        try:
            step()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=one, args=(step,)) for step in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not wrong, wrong


def steps(runtime: Runtime, times: int = 30) -> Callable[[], None]:
    """A node's background, for a while."""

    def run() -> None:
        for _ in range(times):
            asyncio.run(runtime.worker.step())

    return run


def test_two_nodes_that_race_say_everything_once(
    world: Live, second: tuple[Runtime, FakeClock]
) -> None:
    accounts = [world.account() for _ in range(12)]
    other, _ = second
    together(
        steps(world.runtime),
        steps(other),
        steps(world.runtime),
        steps(other),
        lambda: use(world, accounts),
    )
    asyncio.run(other.worker.until_idle())
    said_once(world, accounts)


def test_who_is_taken_for_dead_while_it_decides_says_nothing_twice(
    world: Live, second: tuple[Runtime, FakeClock]
) -> None:
    """The other's clock is ahead by more than a lease: it takes over what is under way here."""
    accounts = [world.account() for _ in range(12)]
    other, clock = second
    clock.set(world.clock.now() + timedelta(minutes=3))

    def decide() -> None:
        for _ in range(30):
            evaluate.run_due(other.context)

    together(steps(world.runtime), decide, decide, lambda: use(world, accounts))
    world.clock.set(clock.now())
    world.settle()
    said_once(world, accounts)


def use(world: Live, accounts: list[str]) -> None:
    """Each goes from 660 past its limit of 1,000."""
    for account in accounts:
        world.use(account, 400)


def said_once(world: Live, accounts: list[str]) -> None:
    """Each account was told of its limit, asked once at most, and no message went out twice."""
    for account in accounts:
        alerts = world.alerts(account)
        said = Counter((a["moment"], a["class"]) for a in alerts)
        assert set(said.values()) == {1}, said
        assert said["at_limit", "notice"] == 1
        assert sum(n for (_, kind), n in said.items() if kind == "ask") <= 1, said
        sent = [d for a in alerts for d in a["deliveries"]]
        assert {d["state"] for d in sent} <= {"sent", "expired", "cancelled"}
    posted = Counter((m["channel"], m["text"], str(m["blocks"])) for m in world.sink.messages)
    assert set(posted.values()) == {1}, "no message twice"

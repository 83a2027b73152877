"""Usage in front of the database: taken in without it, counted once, or put aside."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlmodel import func, select
from typer.testing import CliRunner

from api import auth
from api.app import create
from engine.errors import Invalid, TooMany, Unavailable
from segue import settings
from segue.cli import app
from service import configure, dead_letters, keys, rejects
from service.checked import Checked, Names, check_all
from service.context import Context
from service.front import Front
from service.ingest import ingest
from service.merge import Merger
from service.secrets import Secrets
from service.usage import Rules
from store import accounts, buried, jetstream, tables
from store.broker import Broker
from store.database import Database
from store.migrations import migrate
from store.partitions import Shares
from store.rejects import Wanted
from tests.api.conftest import NOON, POLICY
from tests.api.test_widget_stream import within
from tests.backends import Drain
from tests.fakes.clock import FakeClock
from tests.nats import Nats
from tests.postgres import Postgres
from tests.servers import serving

KEY = "a-key-that-every-node-has"


@dataclass
class Node:
    """A product with servers in front of its database, and what counts the usage there."""

    context: Context
    broker: Broker
    drain: Drain
    tag: str = field(default_factory=lambda: uuid4().hex[:6])

    def report(self, *ids: str, account: str = "acme", **more: object) -> int:
        """Report an event for each id; how many were accepted."""
        # The servers know a parcel again, whichever database it was for.
        each = [{"id": f"{self.tag} {i}", "account": account, "meter": "runs", **more} for i in ids]
        return ingest(self.context, [msgspec.Raw(msgspec.json.encode(e)) for e in each]).accepted

    def used(self) -> int:
        """How many events were counted in all."""
        with self.context.database.read() as session:
            query = select(func.coalesce(func.sum(tables.DayBucket.events), 0))
            return int(session.exec(query).one())

    def dead(self) -> list[int]:
        """The numbers of the parcels put aside."""
        listed = dead_letters.listed(self.context, self.broker, limit=100)
        return [letter.number for letter in listed[1]]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.migrated()
    yield made
    postgres.drop(made)


@pytest.fixture
def node(url: str, nats: Nats) -> Iterator[Node]:
    with opened(url, nats) as made:
        yield made


@contextmanager
def opened(url: str, nats: Nats) -> Iterator[Node]:
    broker = jetstream.opened(nats.url)
    database = Database(url)
    context = Context(
        database=database,
        clock=FakeClock(NOON),
        secrets=Secrets([KEY]),
        public_url="http://test",
        intake=Front(database, broker),
    )
    configure.apply(context, POLICY, "test")
    made = Node(context, broker, Drain(broker, Merger(context, broker)))
    yield made
    for number in made.dead():
        broker.run(buried.forget(broker, number))
    broker.close()
    database.close()


def test_what_is_acknowledged_waits_until_it_is_counted(node: Node) -> None:
    assert node.report("1", "2", "3") == 3
    assert node.used() == 0
    assert node.drain() == 1
    assert node.used() == 3
    assert node.broker.run(jetstream.waiting(node.broker)) == {}


def test_a_resend_counts_once_known_or_not(node: Node) -> None:
    assert node.report("1", "2") == 2
    assert node.report("2", "3") == 2, "what waits is not known to be a resend"
    node.drain()
    assert node.used() == 3
    assert node.report("3", "4") == 1
    node.drain()
    assert node.used() == 4


def test_an_id_used_otherwise_meanwhile_is_a_reject_that_admins_see(node: Node) -> None:
    node.report("1", value=2)
    assert node.report("1", value=5) == 1
    node.drain()
    (reject,) = rejects.listed(node.context, Wanted()).rejects
    assert (reject.code, reject.account, reject.name) == ("id_conflict", "acme", "runs")
    assert node.used() == 1


def test_a_meter_that_is_gone_by_now_is_a_reject(node: Node) -> None:
    node.report("1")
    without = "\n\n".join(p for p in POLICY.split("\n\n") if 'key = "runs"' not in p)
    configure.apply(node.context, without, "test")
    node.context.policy()
    node.drain()
    (reject,) = rejects.listed(node.context, Wanted()).rejects
    assert (reject.code, reject.count) == ("unknown_meter", 1)
    assert "'runs' was removed" in reject.detail


def test_much_is_split_into_parcels_that_the_servers_take(node: Node) -> None:
    users = ["ü" * 199 + str(n) for n in range(10)]
    for n in range(8):
        node.report(*(f"{n}-{i}" * 20 for i in range(500)), user=users[n])
    assert node.drain() >= 8
    assert node.used() == 4_000


def test_nobody_waits_in_line_without_end(node: Node) -> None:
    front = Front(node.context.database, node.broker, waiting=10)
    tight = Context(
        database=node.context.database,
        clock=node.context.clock,
        secrets=node.context.secrets,
        public_url="http://test",
        intake=front,
    )
    crowd = Node(tight, node.broker, node.drain)

    put, done = list[int](), list[object]()

    def rush() -> None:
        for n in range(1_000):
            front.put(loaded(crowd, n), NOON, done.append)
            put.append(n)

    with pytest.raises(TooMany):
        rush()
    assert within(30, lambda: len(done) == len(put)), "who was let in is served"
    assert within(5, lambda: crowd.report("later") == 1)
    node.drain()


def loaded(node: Node, number: int) -> Checked:
    event = {"id": f"crowd-{number}", "account": "acme", "meter": "runs"}
    rules = Rules(catalogue=node.context.policy(within=60).catalogue, now=NOON)
    return check_all(rules, Names(), [msgspec.Raw(msgspec.json.encode(event))])


def test_where_there_is_no_room_it_says_come_again(url: str) -> None:
    small = Nats.start(nodes=1, room="2MB")
    try:
        with opened(url, small) as node:

            def pour() -> None:
                for n in range(60):
                    node.report(*(f"{n}-{i}" for i in range(800)), user="u" * 200)

            with pytest.raises(TooMany) as refused:
                pour()
            assert refused.value.retry_after == 5
            assert node.drain() > 0
            assert node.report("later") == 1
    finally:
        small.stop()


def test_what_can_not_be_read_is_put_aside_and_holds_up_nobody(
    node: Node, url: str, nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.broker.run(jetstream.publish(node.broker, 3, b"nobody packed this"))
    node.report("1", "2")
    node.drain()
    assert node.used() == 2
    monkeypatch.setenv("SEGUE_DATABASE_URL", url)
    monkeypatch.setenv("SEGUE_SECRET_KEYS", KEY)
    monkeypatch.setenv("SEGUE_NATS_URL", nats.url)
    (number,) = node.dead()
    listed = said("list")
    assert listed.strip().startswith(f"{number}  unreadable: not a parcel of usage")
    assert "18 bytes" in said("show", str(number))
    assert "1 waits to be counted again" in said("replay", str(number))
    assert said("list") == "Nothing was put aside.\n"
    node.drain()
    (back,) = node.dead()
    assert "Nothing was changed" in said("drop", str(back), "--dry-run")
    assert "never be counted" in said("drop", str(back))
    assert said("list") == "Nothing was put aside.\n"
    gone = CliRunner().invoke(app, ["dead-letters", "show", str(back)])
    assert "nothing of number" in str(gone.exception)


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["dead-letters", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_mended_version_counts_what_was_put_aside(node: Node) -> None:
    node.report("1", "2")
    partition = next(iter(node.broker.run(jetstream.waiting(node.broker))))
    pull = node.broker.run(jetstream.pull(node.broker, partition))
    (parcel,) = node.broker.run(pull.next(5))
    node.broker.run(buried.bury(node.broker, parcel, "a fault of ours"))
    node.broker.run(pull.close())
    assert node.drain() == 0
    (letter,) = dead_letters.listed(node.context, node.broker, limit=9)[1]
    assert (letter.events, letter.accounts, letter.meters) == (2, ("acme",), ("runs",))
    assert dead_letters.replay(node.broker, None) == 1
    node.drain()
    assert node.used() == 2


def test_usage_is_taken_in_while_the_database_is_away(
    nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Postgres.start()
    url = server.database()
    migrate(Database(url))
    with opened(url, nats) as node:
        key = keys.create(node.context, keys.Scope.INGEST)
        headers = {"Authorization": f"Bearer {key}"}

        def post(id: str, given: str = key) -> int:
            event = {"id": f"{node.tag} {id}", "account": "acme", "meter": "runs"}
            auth = {"Authorization": f"Bearer {given}"}
            return httpx.post(f"{base}/v1/usage", json=event, headers=auth, timeout=60).status_code

        with serving(create(node.context)) as base:
            assert post("1") == 200
            server.kill()
            assert post("2") == 200
            assert post("3", "segue_ingest_nobody") == 503
            monkeypatch.setattr(auth, "REMEMBERED", 0.0)
            monkeypatch.setattr(auth, "LATELY", 1.0)
            accepted = 2 + sum(1 for _ in takewhile(lambda n: post(f"more {n}") == 200, range(99)))
            assert accepted < 90, "how long a key is believed begins with the database's own word"
            assert httpx.get(f"{base}/v1/accounts/acme/usage", headers=headers).status_code == 503
            ready = httpx.get(f"{base}/readyz", timeout=60).json()
            assert ready["ready"]
            assert ready["notes"] == ["usage is taken in and waits: the database does not answer"]
            server.restart()
            node.drain()
            assert node.used() == accepted
    server.stop()


def test_without_a_quorum_nobody_is_told_that_usage_is_taken_in(url: str) -> None:
    servers = Nats.start()
    try:
        with opened(url, servers) as node, serving(create(node.context)) as base:
            assert httpx.get(f"{base}/readyz", timeout=60).json()["ready"]
            for gone in servers.nodes[1:]:
                gone.kill()
            # Whoever led goes on believing so for some seconds.
            assert within(60, lambda: not httpx.get(f"{base}/readyz", timeout=60).is_success)
            problems = httpx.get(f"{base}/readyz", timeout=60).json()["problems"]
            assert "usage can't be taken in now" in problems[0]
            with pytest.raises(Unavailable):
                node.report("1")
            for back in servers.nodes[1:]:
                back.start()
            servers.settle()
            assert within(60, lambda: httpx.get(f"{base}/readyz", timeout=60).is_success)
            assert node.report("1") == 1
    finally:
        servers.stop()


def test_where_no_server_answers_it_says_so() -> None:
    with pytest.raises(Unavailable, match="no NATS server answers"):
        Broker("nats://127.0.0.1:1").open()


def test_workers_share_the_partitions_and_take_over(url: str) -> None:
    one, two = Shares(Database(url), 16), Shares(Database(url), 16)
    assert one.held() == set(range(16))
    assert two.held() == set()
    assert len(one.held()) == 8
    assert two.held() == set(range(16)) - one.held()
    one.close()  # The server lets go of its locks a moment later.
    assert within(60, lambda: two.held() == set(range(16)))
    two.close()


def test_it_stands_before_postgresql_alone() -> None:
    with pytest.raises(Invalid, match="it stands before PostgreSQL"):
        settings.load({"SEGUE_NATS_URL": "nats://127.0.0.1:4222"})


def test_what_is_being_counted_holds_up_nobody_who_asks(node: Node) -> None:
    """Whoever takes usage in only looks: a unit of work that holds the account is no trouble."""
    node.report("1")
    node.drain()
    with node.context.database.write() as session:
        accounts.hold(session, "acme")
        assert node.report("1", "2") == 1, "known, so it was asked"
    node.drain()
    assert node.used() == 2


def test_a_worker_ends_though_a_cancellation_is_lost(
    url: str, nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `wait_for` loses one before Python 3.12, where its answer comes at that instant."""

    class Deaf:
        async def next(self) -> list[jetstream.Delivered]:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost.append(True)
            return []

        async def close(self) -> None:
            """Nothing to give back."""

    async def pull(*_: object) -> Deaf:
        pulled.append(True)
        return Deaf()

    lost: list[bool] = []
    pulled: list[bool] = []
    monkeypatch.setattr(jetstream, "pull", pull)
    with opened(url, nats) as made:
        merger = Merger(made.context, made.broker)
        merger.start()
        while len(pulled) < jetstream.PARTITIONS:
            time.sleep(0.01)
        merger.stop()
    assert len(lost) == jetstream.PARTITIONS

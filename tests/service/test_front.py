"""Usage in front of the database: taken in without it, counted once, or put aside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

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
from store.database import Database
from store.jetstream import JetStream
from store.migrations import migrate
from store.partitions import Shares
from store.rejects import Wanted
from tests.api.conftest import NOON, POLICY
from tests.api.test_widget_stream import within
from tests.fakes.clock import FakeClock
from tests.nats import Nats
from tests.postgres import Postgres
from tests.servers import serving

KEY = "a-key-that-every-node-has"


@dataclass
class Node:
    """A product with servers in front of its database, and what counts the usage there."""

    context: Context
    servers: JetStream
    merger: Merger
    tag: str = field(default_factory=lambda: uuid4().hex[:6])

    def report(self, *ids: str, account: str = "acme", **more: object) -> int:
        """Report an event for each id; how many were accepted."""
        # The servers know a parcel again, whichever database it was for.
        each = [{"id": f"{self.tag} {i}", "account": account, "meter": "runs", **more} for i in ids]
        return ingest(self.context, [msgspec.Raw(msgspec.json.encode(e)) for e in each]).accepted

    def used(self, meter: str = "runs") -> int:
        """What was counted in all."""
        with self.context.database.read() as session:
            query = "SELECT coalesce(sum(events), 0) FROM day_bucket WHERE meter = '" + meter + "'"
            return int(session.connection().exec_driver_sql(query).scalar_one())


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
    servers = JetStream(nats.url).open()
    database = Database(url)
    context = Context(
        database=database,
        clock=FakeClock(NOON),
        secrets=Secrets([KEY]),
        public_url="http://test",
        intake=Front(database, servers),
    )
    if not servers.run(servers.dead()):
        configure.apply(context, POLICY, "test")
    yield Node(context, servers, Merger(context, servers))
    for number in servers.run(servers.dead()):
        servers.run(servers.forget(number))
    servers.close()
    database.close()


def test_what_is_acknowledged_waits_until_it_is_counted(node: Node) -> None:
    assert node.report("1", "2", "3") == 3
    assert node.used() == 0
    assert node.merger.drain() == 1
    assert node.used() == 3
    assert node.servers.run(node.servers.waiting()) == {}


def test_a_resend_counts_once_known_or_not(node: Node) -> None:
    assert node.report("1", "2") == 2
    assert node.report("2", "3") == 2, "what waits is not known to be a resend"
    node.merger.drain()
    assert node.used() == 3
    assert node.report("3", "4") == 1
    node.merger.drain()
    assert node.used() == 4


def test_an_id_used_otherwise_meanwhile_is_a_reject_that_admins_see(node: Node) -> None:
    node.report("1", value=2)
    assert node.report("1", value=5) == 1
    node.merger.drain()
    (reject,) = rejects.listed(node.context, Wanted()).rejects
    assert (reject.code, reject.account, reject.name) == ("id_conflict", "acme", "runs")
    assert node.used() == 1


def test_a_meter_that_is_gone_by_now_is_a_reject(node: Node) -> None:
    node.report("1")
    without = "\n\n".join(p for p in POLICY.split("\n\n") if 'key = "runs"' not in p)
    configure.apply(node.context, without, "test")
    node.context.policy()
    node.merger.drain()
    (reject,) = rejects.listed(node.context, Wanted()).rejects
    assert (reject.code, reject.count) == ("unknown_meter", 1)
    assert "'runs' was removed" in reject.detail


def test_much_is_split_into_parcels_that_the_servers_take(node: Node) -> None:
    users = ["ü" * 199 + str(n) for n in range(10)]
    for n in range(8):
        node.report(*(f"{n}-{i}" * 20 for i in range(500)), user=users[n])
    assert node.merger.drain() >= 8
    assert node.used() == 4_000


def test_nobody_waits_in_line_without_end(node: Node) -> None:
    front = Front(node.context.database, node.servers, waiting=10)
    tight = Context(
        database=node.context.database,
        clock=node.context.clock,
        secrets=node.context.secrets,
        public_url="http://test",
        intake=front,
    )
    crowd = Node(tight, node.servers, node.merger)

    put, done = list[int](), list[object]()

    def rush() -> None:
        for n in range(1_000):
            front.put(loaded(crowd, n), NOON, done.append)
            put.append(n)

    with pytest.raises(TooMany):
        rush()
    assert within(30, lambda: len(done) == len(put)), "who was let in is served"
    assert within(5, lambda: crowd.report("later") == 1)
    node.merger.drain()


def loaded(node: Node, number: int) -> Checked:
    event = {"id": f"crowd-{number}", "account": "acme", "meter": "runs"}
    rules = Rules(catalogue=node.context.policy(within=60).catalogue, now=NOON)
    return check_all(rules, Names(), [msgspec.Raw(msgspec.json.encode(event))])


def test_what_can_not_be_read_is_put_aside_and_holds_up_nobody(
    node: Node, url: str, nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.servers.run(node.servers.publish(3, b"nobody packed this"))
    node.report("1", "2")
    node.merger.drain()
    assert node.used() == 2
    monkeypatch.setenv("SEGUE_DATABASE_URL", url)
    monkeypatch.setenv("SEGUE_SECRET_KEYS", KEY)
    monkeypatch.setenv("SEGUE_NATS_URL", nats.url)
    (number,) = node.servers.run(node.servers.dead())
    listed = said("list")
    assert listed.strip().startswith(f"{number}  unreadable: not a parcel of usage")
    assert "18 bytes" in said("show", str(number))
    assert "1 waits to be counted again" in said("replay", str(number))
    assert said("list") == "Nothing was put aside.\n"
    node.merger.drain()
    (back,) = node.servers.run(node.servers.dead())
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
    partition = next(iter(node.servers.run(node.servers.waiting())))
    pull = node.servers.run(node.servers.pull(partition))
    (parcel,) = node.servers.run(pull.next(5))
    node.servers.run(node.servers.bury(parcel, "a fault of ours"))
    node.servers.run(pull.close())
    assert node.merger.drain() == 0
    (letter,) = dead_letters.listed(node.context, node.servers, limit=9)[1]
    assert (letter.events, letter.accounts, letter.meters) == (2, ("acme",), ("runs",))
    assert dead_letters.replay(node.servers, None) == 1
    node.merger.drain()
    assert node.used() == 2


def test_usage_is_taken_in_while_the_database_is_away(nats: Nats) -> None:
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
            assert httpx.get(f"{base}/v1/accounts/acme/usage", headers=headers).status_code == 503
            ready = httpx.get(f"{base}/readyz", timeout=60).json()
            assert ready["ready"]
            assert ready["notes"] == ["usage is taken in and waits: the database does not answer"]
            server.restart()
            node.merger.drain()
            assert node.used() == 2
    server.stop()


def test_without_a_quorum_nobody_is_told_that_usage_is_taken_in(url: str) -> None:
    servers = Nats.start()
    try:
        with opened(url, servers) as node, serving(create(node.context)) as base:
            assert httpx.get(f"{base}/readyz", timeout=60).json()["ready"]
            for gone in servers.nodes[1:]:
                gone.kill()
            answer = httpx.get(f"{base}/readyz", timeout=60)
            assert answer.status_code == 503
            assert "usage can't be taken in now" in answer.json()["problems"][0]
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
        JetStream("nats://127.0.0.1:1").open()


def test_workers_share_the_partitions_and_take_over(url: str) -> None:
    one, two = Shares(Database(url), 16), Shares(Database(url), 16)
    assert one.held() == set(range(16))
    assert two.held() == set()
    assert len(one.held()) == 8
    assert two.held() == set(range(16)) - one.held()
    one.close()
    assert two.held() == set(range(16))
    two.close()


def test_it_stands_before_postgresql_alone() -> None:
    with pytest.raises(Invalid, match="it stands before PostgreSQL"):
        settings.load({"SEGUE_NATS_URL": "nats://127.0.0.1:4222"})

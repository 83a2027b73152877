"""Usage that comes at the same time goes in one commit, is never unbounded, and never half told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import func, select

from engine.errors import TooMany, Unavailable
from service import configure
from service.checked import Checked, Names, check_all
from service.context import Context
from service.secrets import Secrets
from service.usage import Rejection, Rules
from service.writer import Writer, Written
from store import tables
from store.database import Database
from store.migrations import migrate
from tests.api.conftest import NOON, POLICY
from tests.backends import Backend, hearing, opened
from tests.fakes.clock import FakeClock

PATIENCE = 30


def context_of(database: Database) -> Context:
    """A product on this database."""
    clock, secrets = FakeClock(NOON), Secrets(["test"])
    made = Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
    configure.apply(made, POLICY, "test")
    return made


@pytest.fixture
def context(backend: Backend) -> Iterator[Context]:
    with opened(backend) as database:
        yield context_of(database)


def load(context: Context, *ids: str, whole: bool = False, **more: Any) -> Checked:
    """A request with an event for each id."""
    events = [
        msgspec.Raw(msgspec.json.encode({"account": "acme", "meter": "reports", **more, "id": i}))
        for i in ids
    ]
    rules = Rules(catalogue=context.policy().catalogue, now=NOON)
    return check_all(rules, Names(), events, whole=whole)


class Waiting:
    """What the writer says, when it says it."""

    def __init__(self) -> None:
        self.said: list[Written | BaseException] = []
        self._event = threading.Event()

    def __call__(self, result: Written | BaseException) -> None:
        self.said.append(result)
        self._event.set()

    def wait(self) -> Written | BaseException:
        assert self._event.wait(PATIENCE)
        return self.said[0]


@contextmanager
def held(context: Context) -> Iterator[None]:
    """Somebody else writes, for a while."""
    with context.database.write() as session:
        if context.database.sqlalchemy.dialect.name == "postgresql":
            session.connection().exec_driver_sql("LOCK TABLE account IN EXCLUSIVE MODE")
        yield


def used(context: Context) -> int:
    """What the account's meter adds up to."""
    with context.database.read() as session:
        return session.exec(select(func.coalesce(func.sum(tables.DayBucket.units), 0))).one()


def test_who_waits_meanwhile_goes_together(context: Context) -> None:
    commits: list[str] = []
    writer = Writer(context.database)
    writer.do(load(context, "first"), NOON)
    told = [Waiting() for _ in range(20)]
    with hearing(context.database, "commit", lambda _: commits.append("one")):
        with held(context):
            for n, waiting in enumerate(told):
                writer.put(load(context, f"e{n}"), NOON, waiting)
        assert all(waiting.wait() == Written([True], ["acme"]) for waiting in told)
    assert used(context) == 21
    assert len(commits) <= 3, "the one who held it, the first in line, and all the others"


def flood(context: Context, writer: Writer, told: list[Waiting]) -> None:
    """Requests without end."""
    for n in range(1000):
        waiting = Waiting()
        writer.put(load(context, f"e{n}a", f"e{n}b"), NOON, waiting)
        told.append(waiting)


def test_a_full_queue_says_come_again_and_keeps_what_it_took(context: Context) -> None:
    writer, told = Writer(context.database, waiting=3), list[Waiting]()
    with held(context):
        with pytest.raises(TooMany) as full:
            flood(context, writer, told)
        assert full.value.retry_after >= 1
        assert 1 <= len(told) <= 3
    assert all(isinstance(waiting.wait(), Written) for waiting in told)
    assert used(context) == 2 * len(told)
    assert writer.do(load(context, "later"), NOON).fates == [True]


def test_a_request_larger_than_the_queue_is_taken_when_it_is_alone(context: Context) -> None:
    writer = Writer(context.database, waiting=3)
    fates = writer.do(load(context, *(f"e{n}" for n in range(9))), NOON).fates
    assert fates == [True] * 9


def test_one_that_fails_spoils_nobody_elses(context: Context) -> None:
    """A statement that fails for a reason of one request's own."""

    def fail(*call: Any) -> None:
        if "INSERT INTO friction" in call[2]:
            raise RuntimeError("bad row")

    writer = Writer(context.database)
    writer.do(load(context, "first"), NOON)
    good, bad, other = Waiting(), Waiting(), Waiting()
    with hearing(context.database, "before_cursor_execute", fail):
        with held(context):
            writer.put(load(context, "good"), NOON, good)
            friction = {"kind": "friction", "user": "u", "at": NOON.isoformat()}
            writer.put(load(context, "bad", **friction), NOON, bad)
            writer.put(load(context, "other"), NOON, other)
        assert isinstance(bad.wait(), RuntimeError)
    assert good.wait() == other.wait() == Written([True], ["acme"])
    assert used(context) == 3


def test_what_is_to_be_kept_whole_is_not_kept_where_a_conflict_came_meanwhile(
    context: Context,
) -> None:
    """Those who go along with it are kept, and it is kept as soon as nothing is against it."""
    writer = Writer(context.database)
    writer.do(load(context, "known"), NOON)
    before, whole, after = Waiting(), Waiting(), Waiting()
    with held(context):
        writer.put(load(context, "same", value=2), NOON, before)
        writer.put(load(context, "new", "same", "known", whole=True), NOON, whole)
        writer.put(load(context, "other"), NOON, after)
    said = whole.wait()
    assert isinstance(said, Written)
    new, same, known = said.fates
    assert isinstance(same, Rejection)
    assert same.code == "id_conflict"
    assert (new, known) == (None, False), "it would have been kept; it was kept before"
    assert before.wait() == after.wait() == Written([True], ["acme"])
    assert used(context) == 1 + 2 + 1
    assert writer.do(load(context, "new", "known", whole=True), NOON).fates == [True, False]
    assert used(context) == 5


def test_an_account_is_not_made_for_what_is_not_kept(context: Context) -> None:
    writer = Writer(context.database)
    twice = [*load(context, "a", account="other", whole=True).rows]
    both = load(context, "a", account="other", value=2, whole=True)
    both.rows[:0] = twice
    assert [type(fate) for fate in writer.do(both, NOON).fates] == [type(None), Rejection]
    with context.database.read() as session:
        assert session.get(tables.Account, "other") is None


def fill(context: Context, writer: Writer) -> None:
    """Usage without end."""
    for n in range(1000):
        writer.do(load(context, *(f"{n}-{i}" for i in range(900))), NOON)


def test_a_full_disk_is_told_as_such_and_passes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/segue.db")
    migrate(database)
    context = context_of(database)
    writer = Writer(context.database)
    writer.do(load(context, "first"), NOON)
    with context.database.sqlalchemy.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def few_pages(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with hearing(context.database, "begin", few_pages), pytest.raises(Unavailable) as full:
        fill(context, writer)
    assert full.value.retry_after >= 1
    before = used(context)
    with context.database.write() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count=1000000")
    assert writer.do(load(context, "after"), NOON).fates == [True]
    assert used(context) == before + 1
    database.close()

"""Looking at many accounts together is looking at each of them, and nobody is in another's way."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import Session, SQLModel

from engine.alert import FeedbackKind
from engine.snapshot import BlockerKind, Role, Snapshot
from service import accounts, configure, evaluate, frozen, pause, plans, roster, snapshot
from service.context import Clock, Context
from service.ingest import ingest
from service.secrets import Secrets
from service.shapes import Account, Blocker, Plan
from store import accounts as stored
from store import decisions, due, feedback, pauses, tables
from store.database import Database
from store.migrations import migrate
from store.past import EVERYONE
from store.rows import table
from tests.backends import Backend
from tests.fakes.clock import FakeClock
from tests.service.drawn import BEGIN, NOW, World, policy

Act = Callable[[], object]
_numbers = count(1)
_LEFT_OUT = {"id", "alert", "story", "snapshot", "digest"}
"""Columns that hold what was drawn by chance, or the order of two alerts of one instant."""


class Interrupted(Database):
    """Lets a test do something right before this process writes for the n-th time."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.then: dict[int, Act] = {}
        self.writes = 0

    def before(self, write: int, act: Act) -> None:
        """Do this before the n-th write from now on."""
        self.writes, self.then = 0, {write: act}

    @contextmanager
    def write(self) -> Iterator[Session]:
        self.writes += 1
        if act := self.then.pop(self.writes, None):
            act()
        with super().write() as session:
            yield session


class Hurried:
    """A clock that is a claim's lease later each time somebody looks at it."""

    def __init__(self, at: datetime) -> None:
        self._looks, self._at = count(), at

    def now(self) -> datetime:
        return self._at + next(self._looks) * due.LEASE


@contextmanager
def opened(
    url: str, kind: type[Database] = Database, clock: Clock | None = None
) -> Iterator[Context]:
    database = kind(url)
    migrate(database)
    yield Context(
        database=database,
        clock=clock or FakeClock(BEGIN),
        secrets=Secrets(["a-secret-of-these-tests"]),
        public_url="http://test",
        channels=("slack", "email"),
    )
    database.close()


@contextmanager
def new(backend: Backend) -> Iterator[Context]:
    """A context on a database that nobody used before."""
    url = backend.url()
    with opened(url) as context:
        yield context
    backend.drop(url)


@pytest.fixture(scope="module")
def drawn(backend: Backend) -> Iterator[World]:
    with new(backend) as context:
        yield World(context)


@pytest.fixture
def url(backend: Backend) -> Iterator[str]:
    made = backend.url()
    yield made
    backend.drop(made)


@pytest.fixture
def own(url: str) -> Iterator[Context]:
    """A world of a test's own, in which something may come in between."""
    with opened(url, Interrupted) as context:
        set_clock(context, BEGIN)
        configure.apply(context, policy(), "test")
        set_clock(context, NOW)
        yield context


def names(number: int) -> list[str]:
    return [f"a{next(_numbers)}" for _ in range(number)]


def set_clock(context: Context, at: datetime) -> None:
    assert isinstance(context.clock, FakeClock)
    context.clock.set(at)


def later(context: Context, **delta: float) -> None:
    set_clock(context, context.clock.now() + timedelta(**delta))


def between(context: Context, act: Act, *, claimed: bool = True) -> None:
    """Do this right before the next look is written; or before it is claimed."""
    assert isinstance(context.database, Interrupted)
    context.database.before(2 if claimed else 1, act)


def settle(context: Context, *, limit: int = evaluate.TOGETHER) -> None:
    """Look until nobody is due, which must come to an end."""
    assert any(not evaluate.run_due(context, limit=limit) for _ in range(200))


def use(context: Context, account: str, value: Any, meter: str = "reports") -> None:
    at = context.clock.now().isoformat()
    sent = {
        "id": f"u{next(_numbers)}",
        "account": account,
        "meter": meter,
        "value": value,
        "at": at,
    }
    assert ingest(context, [msgspec.Raw(msgspec.json.encode(sent))]).accepted == 1


def full(context: Context, *, used: float = 1200) -> str:
    """An account that uses so much of a limit of 1,000: its owner is told, whatever else is."""
    [name] = names(1)
    now = context.clock.now()
    set_clock(context, BEGIN)
    accounts.put(context, name, Account(plan="team", since=BEGIN.date()), "test")
    set_clock(context, now)
    use(context, name, used)
    return name


def rows(context: Context, model: type[SQLModel], *accounts: str) -> list[dict[str, Any]]:
    """All there is in a table (of some accounts), but for what is drawn by chance."""
    columns = [c for c in table(model).c if c.name not in _LEFT_OUT or model is tables.Account]
    with context.database.read() as session:
        found = [dict(row) for row in session.execute(select(*columns)).mappings()]
    for row in found:
        row.get("body", {}).pop("digest", None)
    mine = [row for row in found if not accounts or row.get("account", row.get("id")) in accounts]
    return sorted(mine, key=str)


def newest(context: Context, account: str) -> Snapshot:
    """What the newest decision rests on."""
    with context.database.read() as session:
        found = decisions.latest(session, account)
    assert found is not None
    assert found.snapshot is not None
    return frozen.unpack(found.snapshot)


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32), st.integers(0, 3))
def test_the_facts_of_many_are_those_of_each(drawn: World, seed: int, hours: int) -> None:
    some = names(4)
    drawn.draw(seed, some)
    context, now = drawn.context, NOW + timedelta(hours=7 * hours)
    applied = context.policy()
    with context.database.read() as session:
        together = snapshot.load_all(context, session, [*some, "nobody"], now, applied)
        for name in some:
            assert snapshot.load(context, session, name, now, applied) == together[name]
    assert list(together) == sorted(some)


def test_looking_together_is_looking_one_by_one(backend: Backend) -> None:
    """What is decided, foreseen, raised, sent and noted is the same, on three days in a row."""
    some = names(24)
    with new(backend) as together, new(backend) as alone:
        for context in (together, alone):
            World(context).draw(7, some)
            for days in range(3):
                set_clock(context, NOW + timedelta(days=days, hours=20))
                for name in some[::3]:
                    use(context, name, 90 * (days + 1))
                settle(context, limit=evaluate.TOGETHER if context is together else 1)
        for model in SQLModel.__subclasses__():
            if "account" in model.__table__.c and "id" not in model.__table__.c:
                assert rows(together, model) == rows(alone, model), model
        for model in (tables.Account, tables.Alert, tables.Delivery):
            assert rows(together, model) == rows(alone, model), model
        decided = {row["outcome"] for row in rows(together, tables.Decision)}
        assert {"silent", "notice"} < decided
        for model in (tables.Alert, tables.Forecast, tables.Arm, tables.Delivery):
            assert rows(together, model), model
        assert any(row["until"] for row in rows(together, tables.Decision))


def test_one_accounts_trouble_is_its_own(own: Context, caplog: pytest.LogCaptureFixture) -> None:
    accounts_of = [full(own) for _ in range(7)]
    ill = accounts_of[2]
    with own.database.write() as session:
        a = table(tables.Account)
        session.execute(update(a).where(a.c.id == ill).values(time_zone="No/Where"))
    with caplog.at_level(logging.ERROR):
        settle(own)
    assert [r.getMessage().split()[0] for r in caplog.records] == [ill]
    told = {row["account"] for row in rows(own, tables.Alert)}
    assert told == set(accounts_of) - {ill}
    later(own, minutes=1)
    assert evaluate.run_due(own) == 0
    with own.database.write() as session:
        session.execute(update(a).where(a.c.id == ill).values(time_zone="Europe/Berlin"))
    later(own, minutes=2)
    settle(own)
    assert len(rows(own, tables.Alert, ill)) == 1


def test_a_row_that_can_not_be_written_is_one_accounts_trouble(
    own: Context, caplog: pytest.LogCaptureFixture
) -> None:
    some = sorted(full(own) for _ in range(5))
    refuse = f"ALTER TABLE decision ADD CONSTRAINT no CHECK (account <> '{some[1]}')"
    if not own.database.is_postgres:
        refuse = (
            f"CREATE TRIGGER no BEFORE INSERT ON decision WHEN new.account = '{some[1]}' "
            "BEGIN SELECT raise(ABORT, 'no'); END"
        )
    with own.database.write() as session:
        session.connection().exec_driver_sql(refuse)
    settle(own)
    assert {row["account"] for row in rows(own, tables.Alert)} == {some[0], *some[2:]}
    assert (
        len(
            [
                r
                for r in caplog.records
                if r.name.startswith("service.") and r.levelno >= logging.ERROR
            ]
        )
        == 1
    )
    assert rows(own, tables.Forecast, some[1]) == []


def test_two_who_claim_never_share_an_account(own: Context, url: str) -> None:
    some = {full(own) for _ in range(5)}
    with opened(url) as other:
        taken = []
        for context in (own, other, own):
            with context.database.write() as session:
                taken.append(due.claim(session, NOW, daily=False, limit=2))
    assert [len(claims) for claims in taken] == [2, 2, 1]
    assert {claim.account for claims in taken for claim in claims} == some


def test_who_is_slow_and_overtaken_writes_nothing(own: Context, url: str) -> None:
    account = full(own)
    with opened(url) as other:

        def overtaken() -> None:
            set_clock(other, NOW + due.LEASE)
            use(other, account, 1)
            settle(other)

        between(own, overtaken)
        settle(own)
    [decision] = rows(own, tables.Decision, account)
    assert decision["at"] == NOW + due.LEASE
    assert len(rows(own, tables.Alert, account)) == 1
    assert rows(own, tables.Due) == []


def test_who_overtake_each_other_all_the_time_say_everything_once(own: Context, url: str) -> None:
    """Every claim has run out by the time that anybody else claims."""
    some = sorted(full(own) for _ in range(12))
    failed = list[Exception]()

    def work(context: Context) -> None:
        try:
            for _ in range(25):
                evaluate.run_due(context, limit=4)
        except Exception as error:
            failed.append(error)

    with ExitStack() as stack:
        clock = Hurried(NOW)
        contexts = [stack.enter_context(opened(url, clock=clock)) for _ in range(3)]
        workers = [threading.Thread(target=work, args=[context]) for context in contexts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert failed == []
    assert [row["account"] for row in rows(own, tables.Alert)] == some
    assert {row["account"] for row in rows(own, tables.Decision)} == set(some)


def test_who_dies_before_writing_loses_nothing(own: Context) -> None:
    account = full(own)

    def die() -> None:
        raise SystemExit

    between(own, die)
    with pytest.raises(SystemExit):
        evaluate.run_due(own)
    assert rows(own, tables.Decision) == rows(own, tables.Alert) == []
    assert evaluate.run_due(own) == 0
    set_clock(own, NOW + due.LEASE)
    settle(own)
    assert len(rows(own, tables.Alert, account)) == 1


def test_what_comes_in_meanwhile_is_looked_at_next(own: Context) -> None:
    account = full(own, used=900)
    between(own, lambda: use(own, account, 300))
    assert evaluate.run_due(own) == 1
    assert newest(own, account).meters[0].used == 900
    assert [row["claimed_until"] for row in rows(own, tables.Due)] == [None]
    later(own, seconds=1)
    settle(own)
    assert newest(own, account).meters[0].used == 1200


def turned_off(context: Context, account: str) -> None:
    configure.apply(context, policy(more='mode = "off"\n'), "test")


def upgraded(context: Context, account: str) -> None:
    plans.change(context, account, Plan(plan="business"), "test")


def limited(context: Context, account: str) -> None:
    accounts.put(context, account, Account(plan="team", limits={"reports": 9000}), "test")


@pytest.mark.parametrize(
    ("change", "claimed"),
    [(turned_off, True), (turned_off, False), (upgraded, True), (limited, True)],
)
def test_nothing_is_said_that_people_have_made_untrue_meanwhile(
    own: Context, change: Callable[[Context, str], object], claimed: bool
) -> None:
    account = full(own)
    between(own, lambda: change(own, account), claimed=claimed)
    evaluate.run_due(own)
    assert rows(own, tables.Decision) == rows(own, tables.Alert) == []
    settle(own)
    assert rows(own, tables.Alert) == []
    assert [row["outcome"] for row in rows(own, tables.Decision)] == ["silent"]


def answered(context: Context, account: str) -> None:
    """In the widget, to an alert of another day."""
    with context.database.write() as session:
        stored.hold(session, account)
        given = feedback.StoredFeedback(
            account=account,
            id="fb",
            alert="none-such",
            person="ada",
            role=Role.CHAMPION,
            kind=FeedbackKind.MUTED,
            at=NOW,
            channel="widget",
            whole_account=True,
        )
        feedback.add(session, given)


def blocked(context: Context, account: str) -> None:
    roster.put_blocker(context, account, "b", Blocker(kind=BlockerKind.TICKET), "test")


def blocked_for_all(context: Context, account: str) -> None:
    roster.put_blocker(context, EVERYONE, "b", Blocker(kind=BlockerKind.INCIDENT), "test")


def paused(context: Context, account: str) -> None:
    with context.database.write() as session:
        pauses.begin(session, since=NOW, why=pause.HARM, evidence={"found": []})


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (answered, lambda facts: facts.answers),
        (blocked, lambda facts: facts.blockers),
        (blocked_for_all, lambda facts: facts.blockers),
        (paused, lambda facts: facts.paused),
    ],
)
def test_what_is_kept_rests_on_what_people_said_meanwhile(
    own: Context, change: Callable[[Context, str], object], known: Callable[[Snapshot], Any]
) -> None:
    account, other = full(own), full(own)
    between(own, lambda: change(own, account))
    evaluate.run_due(own)
    assert rows(own, tables.Decision, account) == []
    settle(own)
    assert known(newest(own, account))
    if change in (answered, blocked):
        assert not known(newest(own, other))


def test_usage_that_could_change_nothing_is_no_reason_to_look(own: Context) -> None:
    account = full(own, used=300)
    settle(own)
    later(own, hours=1)
    use(own, account, 1)
    before = {model: rows(own, model) for model in SQLModel.__subclasses__()}
    assert before[tables.Due] == []
    assert evaluate.run_due(own) == 0
    assert before == {model: rows(own, model) for model in before}
    use(own, account, 700)
    settle(own)
    assert newest(own, account).meters[0].used == 1001


def test_what_waits_at_its_bar_is_looked_at_once(own: Context) -> None:
    """An account that may use nothing, and has not; and one that is a billionth short."""
    none, short = full(own, used=0), full(own, used=0)
    accounts.put(own, none, Account(plan="team", limits={"reports": 0}), "test")
    accounts.put(own, short, Account(plan="team", limits={"reports": 10**12}), "test")
    use(own, short, 10**12 - 1)
    assert evaluate.run_due(own) == 2
    assert evaluate.run_due(own) == 0
    use(own, short, 1)
    assert evaluate.run_due(own) == 1


def seen_at(context: Context, account: str) -> datetime:
    """When the account was last decided about."""
    with context.database.read() as session:
        found = decisions.latest(session, account)
    assert found is not None
    return found.until or found.at


def test_a_meter_is_watched_in_its_own_way(own: Context) -> None:
    """One that never resets, and one that counts things."""
    account = full(own, used=1)
    limits: dict[str, Any] = {"visitors": 2, "seats": 5}
    accounts.put(own, account, Account(plan="weekly", since=BEGIN.date(), limits=limits), "test")
    use(own, account, 3, "seats")
    use(own, account, "somebody", "visitors")
    settle(own)
    for value, meter, worth in (
        (0.5, "seats", False),
        ("somebody", "visitors", False),
        ("somebody else", "visitors", True),
        (0.5, "seats", True),
    ):
        later(own, minutes=1)
        use(own, account, value, meter)
        settle(own)
        assert (seen_at(own, account) == own.clock.now()) is worth, (value, meter)


def test_a_new_period_begins_with_nothing_used(own: Context) -> None:
    """Its first usage is worth a look, and from there on it is watched anew."""
    account = full(own, used=300)
    accounts.put(own, account, Account(plan="weekly", since=BEGIN.date()), "test")
    set_clock(own, datetime(2026, 11, 22, 4, tzinfo=UTC))
    settle(own)
    set_clock(own, datetime(2026, 11, 22, 18, 45, tzinfo=UTC))  # Half past midnight there.
    for value, worth in ((550, True), (10, False), (40, True)):
        later(own, minutes=1)
        use(own, account, value)
        settle(own)
        assert (seen_at(own, account) == own.clock.now()) is worth, value


def test_what_is_of_the_next_period_is_watched_in_it(own: Context) -> None:
    """A clock that goes ahead reports it before midnight."""
    account = full(own, used=700)
    accounts.put(own, account, Account(plan="weekly", since=BEGIN.date()), "test")
    settle(own)
    set_clock(own, datetime(2026, 11, 22, 18, 13, tzinfo=UTC))  # Two minutes before it.
    sent = {"id": "ahead", "account": account, "meter": "reports", "value": 100}
    sent |= {"at": (own.clock.now() + timedelta(minutes=4)).isoformat()}
    assert ingest(own, [msgspec.Raw(msgspec.json.encode(sent))]).accepted == 1
    settle(own)
    for minutes, value in ((10, 480), (1, 20)):
        later(own, minutes=minutes)
        use(own, account, value)
        settle(own)
        assert seen_at(own, account) == own.clock.now()
    assert newest(own, account).meters[0].used == 600


def test_a_longer_period_is_watched_from_its_own_start(own: Context) -> None:
    account = full(own, used=1)
    stated: dict[str, Any] = {"since": BEGIN.date(), "limits": {"reports": 100}}
    accounts.put(own, account, Account(plan="weekly", **stated), "test")
    settle(own)
    accounts.put(own, account, Account(plan="team", **stated), "test")
    settle(own)
    later(own, minutes=1)
    use(own, account, 60)
    settle(own)
    assert seen_at(own, account) == own.clock.now()


def test_who_is_waiting_for_the_day_lets_others_go_first(own: Context) -> None:
    some = [full(own, used=100) for _ in range(6)]
    settle(own)
    later(own, days=1)
    use(own, some[4], 2000)
    assert evaluate.run_due(own, limit=2) == 3
    looked = [name for name in some if seen_at(own, name) > NOW]
    assert some[4] in looked
    assert len(looked) == 3
    settle(own, limit=2)
    assert all(seen_at(own, name) > NOW for name in some)


def test_an_account_that_is_gone_is_due_no_more(own: Context) -> None:
    account, other = full(own), full(own)
    between(own, lambda: accounts.forget(own, account, "test"))
    settle(own)
    assert rows(own, tables.Due) == []
    assert {row["account"] for row in rows(own, tables.Alert)} == {other}

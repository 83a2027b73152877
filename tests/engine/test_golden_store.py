"""The scenarios' usage tables mean what the store makes of the same usage, reported as events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, islice

import msgspec
import pytest

from engine.snapshot import Snapshot
from engine.usage import Aggregation, MeterUse
from service import accounts, configure
from service.context import Context
from service.ingest import ingest
from service.secrets import Secrets
from service.shapes import Account
from store import facts
from store.database import Database
from store.migrations import migrate
from tests.engine.scenarios import GOLDEN, Scenario, scenario
from tests.engine.scenarios_usage import Line
from tests.fakes.clock import FakeClock

_LIKE = (
    "moments/pace_ask",
    "edges/exactly_the_limit",
    "edges/corrected_below_the_limit",
    "edges/meter_cumulative",
    "edges/meter_cumulative_sum",
    "edges/meter_max",
    "edges/meter_peak",
    "edges/meter_unique",
    "edges/no_plan_nothing_due",
    "edges/period_weekly",
    "edges/period_yearly",
    "edges/period_anniversary_on_the_31st",
    "edges/period_none",
    "edges/zero_limit_unused",
    "edges/zone_pago_pago",
    "stages/adopted",
)


@pytest.fixture
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('golden')}/segue.db")
    migrate(database)
    yield Context(
        database=database,
        clock=FakeClock(datetime(2025, 1, 1, tzinfo=UTC)),
        secrets=Secrets(["test"]),
        public_url="http://test",
    )
    database.close()


@pytest.mark.parametrize("name", _LIKE)
def test_the_store_knows_the_same(name: str, context: Context) -> None:
    told = scenario(GOLDEN / f"{name}.toml")
    stored, wanted = loaded(told, context), told.snapshot()
    assert stored.account.since == wanted.account.since
    assert stored.user_days == wanted.user_days
    for one, two in zip(stored.meters, wanted.meters, strict=True):
        assert comparable(one) == comparable(two), one.key


def test_an_own_limit_that_was_raised_is_known_to_have_changed(context: Context) -> None:
    told = scenario(GOLDEN / "edges/exactly_the_limit.toml")
    loaded(told, context)
    clock = context.clock
    assert isinstance(clock, FakeClock)
    since = []
    for limits in ({"reports": 700}, {"reports": 700}, {"reports": 1000}, {}, {}):
        clock.advance(hours=1)
        accounts.put(context, "acme", Account(plan="team", limits=limits), "test")
        with context.database.read() as session:
            found = facts.load(session, "acme", told.now, told.applied.catalogue)
        assert found is not None
        since.append(found.meters[0].limit_since)
    hours = [clock.now() - timedelta(hours=back) for back in (4, 4, 2, 1, 1)]
    assert since == hours


def comparable(meter: MeterUse) -> dict[str, object]:
    """A meter as it can be known from imported history, which marks its days."""
    names = [n for n in MeterUse.__slots__ if n not in ("backfilled", "last_at", "limit_since")]
    return {name: getattr(meter, name) for name in names}


def loaded(told: Scenario, context: Context) -> Snapshot:
    """Report everything a scenario's tables say, event by event, and load what came of it."""
    configure.apply(context, told.applied.text, "test")
    said, clock = told.said["account"], context.clock
    assert isinstance(clock, FakeClock)
    clock.set(told.now.astimezone(UTC))
    limits = {k: None if v == "none" else v for k, v in said.get("limits", {}).items()}
    fields = {k: said[k] for k in ("plan", "seats", "since", "time_zone", "anchor") if k in said}
    accounts.put(context, "acme", Account(**fields, limits=limits), "test")
    events = iter(reported(told))
    while some := list(islice(events, 1000)):
        receipt = ingest(context, some, imported=True)
        assert not receipt.rejected, receipt.rejected[:3]
    with context.database.read() as session:
        found = facts.load(session, "acme", told.now, told.applied.catalogue)
    assert found is not None
    return found


def reported(told: Scenario) -> Iterator[msgspec.Raw]:
    """Events that come to what a scenario's tables say, each user's own among them."""
    number = count(1)
    for key, table in told.usage.items():
        aggregation = told.applied.catalogue.meters[key].aggregation
        for line in table:
            shares = _shares(line, aggregation)
            for day in line.days:
                at = datetime(day.year, day.month, day.day, 8, tzinfo=told.zone)
                for (user, amount), n in zip(shares, number, strict=False):
                    thing = f"client {n}" if aggregation is Aggregation.UNIQUE else float(amount)
                    event = {"id": f"e{n}", "account": "acme", "meter": key, "value": thing}
                    event |= (
                        {"at": at.isoformat(), "user": user} if user else {"at": at.isoformat()}
                    )
                    event |= {"correction": "counted twice"} if amount < 0 else {}
                    yield msgspec.Raw(msgspec.json.encode(event))


def _shares(line: Line, aggregation: Aggregation) -> list[tuple[str | None, Decimal]]:
    """Who reports how much of one day: of a sum the first has all but the others' crumbs."""
    users: list[str | None] = list(line.users) or [None]
    if aggregation is Aggregation.UNIQUE:
        return [(users[n % len(users)], Decimal(1)) for n in range(int(line.amount))]
    if aggregation in (Aggregation.MAX, Aggregation.LATEST):
        return [(user, line.amount) for user in users]
    crumb = Decimal("0.01")
    return [(users[0], line.amount - crumb * (len(users) - 1)), *((u, crumb) for u in users[1:])]

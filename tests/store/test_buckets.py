"""What is made of stored days at once is what one would add up day by day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from engine.usage import Aggregation, MeterKind
from store import buckets
from store.database import Database
from store.days import NONE, Days, spans
from store.migrations import migrate
from store.rows import table
from store.tables import DayBucket, UniqueValue
from tests.backends import Backend, opened

TODAY = date(2026, 3, 18)
HUGE = 9 * 10**18
ACCOUNTS = ("acme", "bolt", "ünï,\"cörn'", "zeta")
METERS = ("reports", "seats")


@pytest.fixture(scope="module")
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


_AMOUNTS = st.tuples(
    st.one_of(st.integers(0, 40), st.integers(-(10**15), 10**15), st.sampled_from([HUGE, -HUGE])),
    st.sampled_from([0, 0, 0, 1, 500_000, 999_999, 2_000_001]),
)
_OFFSETS = st.one_of(st.integers(-3, 40), st.integers(300, 1000))
_STORED = st.dictionaries(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(METERS), _OFFSETS), _AMOUNTS, max_size=40
)
_SPANS = st.lists(st.tuples(_OFFSETS, st.integers(0, 400)), min_size=1, max_size=5)


def day(back: int) -> date:
    return TODAY - timedelta(days=back)


def kept(database: Database, stored: dict[tuple[str, str, int], tuple[int, int]]) -> None:
    rows = [
        {
            "account": account,
            "meter": meter,
            "day": day(back),
            "units": units,
            "micros": micros,
            "events": 1,
            "last_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=-back),
            "backfilled": back % 3 == 0,
        }
        for (account, meter, back), (units, micros) in stored.items()
    ]
    with database.write() as session:
        session.execute(delete(table(DayBucket)))
        if rows:
            session.execute(insert(table(DayBucket)), rows)


def told(kind: MeterKind, how: Aggregation, inside: list[Decimal], until: list[Decimal]) -> Decimal:
    """What the limit is held against, of the days of a span, and of all days until its end."""
    levels = how in (Aggregation.MAX, Aggregation.LATEST)
    if kind is MeterKind.CUMULATIVE:
        return until[-1] if levels and until else Decimal(0) if levels else sum(until, Decimal(0))
    if kind is MeterKind.PEAK or how is Aggregation.MAX:
        return max(inside, default=Decimal(0))
    if how is Aggregation.LATEST:
        return inside[-1] if inside else Decimal(0)
    return sum(inside, Decimal(0))


@settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_STORED, _SPANS)
def test_every_use_is_what_its_days_come_to(
    database: Database,
    stored: dict[tuple[str, str, int], tuple[int, int]],
    stretches: list[tuple[int, int]],
) -> None:
    kept(database, stored)
    with database.read() as session:
        found = buckets.load(session, ACCOUNTS, TODAY)
    over = [(day(back + length), day(back)) for back, length in stretches]
    amounts: dict[tuple[str, str], dict[date, Decimal]] = {}
    for (account, meter, back), (units, micros) in stored.items():
        if back >= 0:
            amount = Decimal(units) + Decimal(micros).scaleb(-6)
            amounts.setdefault((account, meter), {})[day(back)] = amount
    assert found.keys() == amounts.keys()
    for line, of in amounts.items():
        days, ordered = found[line], dict(sorted(of.items()))
        assert days.first == min(of)
        assert days.days.tolist() == [d.toordinal() for d in ordered]
        assert days.floats().tolist() == [float(amount) for amount in ordered.values()]
        assert days.backfilled == {d for d in of if (TODAY - d).days % 3 == 0}
        assert days.last_at == datetime(2026, 1, 1, tzinfo=UTC) - (TODAY - max(of))
        assert days.total(TODAY) == sum((a for d, a in of.items() if d < TODAY), Decimal(0))
        for kind in MeterKind:
            for how in Aggregation:
                wanted = [
                    told(
                        kind,
                        how,
                        [a for d, a in ordered.items() if first <= d <= last],
                        [a for d, a in ordered.items() if d <= last],
                    )
                    for first, last in over
                ]
                assert days.used(kind, how, spans(over)) == wanted, (kind, how)


def test_days_outside_what_is_asked_for_are_not_read(database: Database) -> None:
    kept(database, {("acme", "reports", back): (1, 0) for back in (-1, 0, 5, 6)})
    with database.read() as session:
        found = buckets.load(session, ["acme", "nobody"], day(5))
    assert list(found) == [("acme", "reports")]
    assert found["acme", "reports"].days.tolist() == [day(6).toordinal(), day(5).toordinal()]


def test_of_nobody_and_nothing_there_is_nothing(database: Database) -> None:
    with database.read() as session:
        assert buckets.load(session, [], TODAY) == {}
        assert buckets.new_in_periods(session, []) == {}
    assert (NONE.first, NONE.total(TODAY), NONE.floats().tolist()) == (None, 0, [])
    for kind in MeterKind:
        for how in Aggregation:
            assert NONE.used(kind, how, spans([(day(9), TODAY)])) == [0]


def test_a_thing_counts_once_in_each_period(database: Database) -> None:
    seen = [("acme", 1, b"x"), ("acme", 2, b"x"), ("acme", 2, b"y"), ("bolt", 2, b"x")]
    seen += [("acme", 40, b"x"), ("acme", 30, b"z"), ("acme", -1, b"w")]
    rows = [{"account": a, "meter": "visitors", "day": day(n), "value": v * 16} for a, n, v in seen]
    with database.write() as session:
        session.execute(insert(table(UniqueValue)), rows)
    line, other = ("acme", "visitors"), ("bolt", "visitors")
    now, before = (day(17), TODAY), (day(45), day(18))
    with database.read() as session:
        found = buckets.new_in_periods(session, [(line, now), (line, before), (other, now)])
    assert found == {
        line: {day(40): 1, day(30): 1, day(2): 2},
        other: {day(2): 1},
    }
    like = Days(days=NONE.days, amounts=NONE.amounts, last_at=datetime(2026, 3, 1, tzinfo=UTC))
    counted = buckets.counted(found[line], like)
    assert counted.used(MeterKind.RESET, Aggregation.UNIQUE, spans([now, before])) == [2, 2]
    assert counted.last_at == like.last_at


def test_the_days_of_a_meter_lie_side_by_side(tmp_path: Path) -> None:
    """Else a look would seek each of 400 days on a page of its own."""
    made = Database(f"sqlite:///{tmp_path}/segue.db")
    migrate(made)
    with made.read() as session:
        [kept_as] = session.connection().exec_driver_sql(
            "SELECT wr FROM pragma_table_list WHERE name = 'day_bucket'"
        )
    made.close()
    assert kept_as == (1,)

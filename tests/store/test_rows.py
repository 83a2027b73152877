"""Many rows in one statement arrive as they were, whatever is in them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from store import usage, watch
from store.database import Database
from store.rows import table
from store.tables import UserDay, Watch
from store.usage import How
from tests.backends import Backend, opened

NOW = datetime(2026, 3, 18, 12, 0, 0, 123_456, tzinfo=UTC)
_SEVERAL = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00") | st.sampled_from("\x1e\x1f{},\"\\' "),
    max_size=6,
)


@pytest.fixture(scope="module")
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


@given(st.sets(st.tuples(_TEXTS, _TEXTS, st.dates(date(1, 1, 1))), max_size=40))
@example({("a", "", date(2026, 3, 1) + timedelta(n)) for n in range(20)})
@example({("\x1f", "\x1e", date(2026, 3, 1) + timedelta(n)) for n in range(20)})
@_SEVERAL
def test_any_text_and_any_day(database: Database, days: set[tuple[str, str, date]]) -> None:
    u = table(UserDay)
    with database.write() as session:
        session.execute(delete(u))
        usage.add_user_days(session, list(days))
    with database.read() as session:
        assert {
            tuple(row) for row in session.execute(select(u.c.account, u.c.user, u.c.day))
        } == days


@given(
    st.lists(
        st.tuples(
            st.floats(-1e15, 1e15),
            st.none() | st.integers(0, 10**12).map(lambda n: NOW + timedelta(microseconds=n)),
        ),
        max_size=40,
    )
)
@example([(0.1 + n, None) for n in range(20)])
@_SEVERAL
def test_any_number_and_instant_or_none(
    database: Database, gains: list[tuple[float, datetime | None]]
) -> None:
    w = table(Watch)
    with database.write() as session:
        session.execute(delete(w))
        watch.add(
            session,
            How.ADD,
            [(f"a{n:02}", "reports", NOW.date(), *gain) for n, gain in enumerate(gains)],
        )
    with database.read() as session:
        found = session.execute(select(w.c.used, w.c.told_at, w.c.guard).order_by(w.c.account))
        assert [tuple(row) for row in found] == [(*gain, None) for gain in gains]

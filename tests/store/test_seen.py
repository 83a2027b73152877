"""Each event counts once, however parts are rolled, processes restarted and others write along."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store.database import Database
from store.fingerprint import account_part, content, id_part
from store.seen import Raced, Seen
from tests.backends import Backend, opened, without_fingerprints

NOW = datetime(2026, 3, 18, tzinfo=UTC)


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


def seen(database: Database, capacity: int | None = None) -> Seen:
    """The fingerprints, as a process that has just started sees them."""
    return Seen(database.sqlalchemy.dialect.name, capacity=capacity)


def key(n: int) -> bytes:
    """The key of event number n."""
    return account_part(f"account-{n % 3}") + id_part(str(n))


def said(text: str) -> bytes:
    """The content of an event that says this."""
    return content(text)


def keep(database: Database, mine: Seen, events: dict[int, str]) -> dict[int, bytes]:
    """Keep those that are new, as the writer does; the others with what they said before."""
    if mine.full:
        with database.write() as session:
            mine.roll(session, NOW)
    numbers = list(events)
    try:
        with database.write() as session:
            found = mine.known(session, [key(n) for n in numbers])
            new = [n for place, n in enumerate(numbers) if place not in found]
            mine.add(session, [key(n) for n in new], [said(events[n]) for n in new], NOW)
    except BaseException:
        mine.lost()
        raise
    mine.kept()
    return {numbers[place]: before for place, before in found.items()}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("mine", "other", "restart", "power cut")),
        st.dictionaries(st.integers(0, 60), st.sampled_from(("a", "b")), max_size=12),
    ),
    max_size=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_as_a_dictionary_would(database: Database, steps: list[tuple[str, dict[int, str]]]) -> None:
    with database.write() as session:
        without_fingerprints(session)
    mine, other = seen(database, 7), seen(database, 7)
    model: dict[int, bytes] = {}
    for who, events in steps:
        if who == "restart":
            mine = seen(database, 7)
        if who == "power cut":
            cut(database, mine, events)
            continue
        found = keep(database, other if who == "other" else mine, events)
        assert found == {n: model[n] for n in events if n in model}
        model = {n: said(what) for n, what in events.items()} | model


class PowerCut(Exception):
    """Nothing of the unit of work stays."""


def cut(database: Database, mine: Seen, events: dict[int, str]) -> None:
    """Keep events, and lose the commit."""
    with contextlib.suppress(PowerCut), database.write() as session:
        if not mine.full:
            found = mine.known(session, [key(n) for n in events])
            new = [n for place, n in enumerate(events) if place not in found]
            mine.add(session, [key(n) for n in new], [said(events[n]) for n in new], NOW)
        raise PowerCut
    mine.lost()


def test_a_key_that_another_kept_meanwhile_is_noticed(database: Database) -> None:
    mine, other = seen(database), seen(database)
    keep(database, mine, {1: "a"})
    keep(database, other, {2: "a"})
    with pytest.raises(Raced), database.write() as session:
        mine.add(session, [key(2)], [said("a")], NOW)
    mine.lost()
    assert keep(database, mine, {2: "b"}) == {2: said("a")}


def test_parts_are_few_and_full(database: Database) -> None:
    mine = seen(database, 50)
    for start in range(0, 400, 10):
        keep(database, mine, dict.fromkeys(range(start, start + 10), "a"))
    with database.read() as session:
        rows = session.execute(text("SELECT part, keys FROM seen_count ORDER BY part")).all()
    assert [keys for _, keys in rows] == [50] * 8

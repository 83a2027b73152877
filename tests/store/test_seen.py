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
from store.migrations import migrate
from store.seen import Raced, Seen

NOW = datetime(2026, 3, 18, tzinfo=UTC)


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('seen')}/segue.db")
    migrate(made)
    yield made
    made.close()


def key(n: int) -> bytes:
    """The key of event number n."""
    return account_part(f"account-{n % 3}") + id_part(str(n))


def said(text: str) -> bytes:
    """The content of an event that says this."""
    return content(text)


def keep(database: Database, seen: Seen, events: dict[int, str]) -> dict[int, bytes]:
    """Keep those that are new, as the writer does; the others with what they said before."""
    if seen.full:
        with database.write() as session:
            seen.roll(session, NOW)
    numbers = list(events)
    try:
        with database.write() as session:
            found = seen.known(session, [key(n) for n in numbers])
            new = [n for place, n in enumerate(numbers) if place not in found]
            seen.add(session, [key(n) for n in new], [said(events[n]) for n in new], NOW)
    except BaseException:
        seen.lost()
        raise
    seen.kept()
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
        for (name,) in session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'seen_*'")
        ).all():
            session.execute(
                text(f"DROP TABLE {name}" if name[5].isdigit() else f"DELETE FROM {name}")
            )
    mine, other = Seen("sqlite", capacity=7), Seen("sqlite", capacity=7)
    model: dict[int, bytes] = {}
    for who, events in steps:
        if who == "restart":
            mine = Seen("sqlite", capacity=7)
        if who == "power cut":
            cut(database, mine, events)
            continue
        found = keep(database, other if who == "other" else mine, events)
        assert found == {n: model[n] for n in events if n in model}
        model = {n: said(what) for n, what in events.items()} | model


class PowerCut(Exception):
    """Nothing of the unit of work stays."""


def cut(database: Database, seen: Seen, events: dict[int, str]) -> None:
    """Keep events, and lose the commit."""
    with contextlib.suppress(PowerCut), database.write() as session:
        if not seen.full:
            found = seen.known(session, [key(n) for n in events])
            new = [n for place, n in enumerate(events) if place not in found]
            seen.add(session, [key(n) for n in new], [said(events[n]) for n in new], NOW)
        raise PowerCut
    seen.lost()


def test_a_key_that_another_kept_meanwhile_is_noticed(database: Database) -> None:
    mine, other = Seen("sqlite"), Seen("sqlite")
    keep(database, mine, {1: "a"})
    keep(database, other, {2: "a"})
    with pytest.raises(Raced), database.write() as session:
        mine.add(session, [key(2)], [said("a")], NOW)
    mine.lost()
    assert keep(database, mine, {2: "b"}) == {2: said("a")}


def test_parts_are_few_and_full(database: Database) -> None:
    seen = Seen("sqlite", capacity=50)
    for start in range(0, 400, 10):
        keep(database, seen, dict.fromkeys(range(start, start + 10), "a"))
    with database.read() as session:
        rows = session.execute(text("SELECT part, keys FROM seen_count ORDER BY part")).all()
    assert [keys for _, keys in rows] == [50] * 8

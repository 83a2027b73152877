"""Each event counts once, however parts are rolled, processes restarted and others write along."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from service import pack
from store import packing
from store.database import Database
from store.fingerprint import WIDTH, account_part, content, id_part
from store.retention import forget_events, parts_before
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
        st.sampled_from(("mine", "other", "restart", "power cut", "pack", "erase")),
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
        if who == "pack":
            pack.run(database, packed=15)
        if who == "erase":
            gone = min(events, default=0) % 3
            with database.write() as session:
                forget_events(session, f"account-{gone}", NOW)
            model = {n: what for n, what in model.items() if n % 3 != gone}
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


def test_as_many_that_came_do_not_hide_as_many_that_were_erased(database: Database) -> None:
    mine, other = seen(database), seen(database)
    keep(database, mine, {0: "a", 3: "a"})
    with database.write() as session:
        forget_events(session, "account-0", NOW)
    keep(database, other, {1: "a", 2: "a"})
    assert keep(database, mine, {1: "b"}) == {1: said("a")}
    assert keep(database, mine, {0: "b"}) == {}


def test_parts_are_few_and_full(database: Database) -> None:
    mine = seen(database, 50)
    for start in range(0, 400, 10):
        keep(database, mine, dict.fromkeys(range(start, start + 10), "a"))
    with database.read() as session:
        rows = session.execute(text("SELECT part, keys FROM seen_count ORDER BY part")).all()
    assert [keys for _, keys in rows] == [50] * 8


def filled(database: Database, keys: int) -> Seen:
    """So many keys, in full parts of ten."""
    mine = seen(database, 10)
    for start in range(0, keys, 10):
        keep(database, mine, dict.fromkeys(range(start, start + 10), "a"))
    return mine


def tables_of(database: Database) -> set[str]:
    """The tables that hold keys."""
    names = inspect(database.sqlalchemy).get_table_names()
    return {name for name in names if name.startswith("seen_") and name[5].isdigit()}


def begun(database: Database) -> packing.Group:
    """A packing of the first ten of 21 parts, of which nothing is copied yet."""
    filled(database, 210)
    with database.read() as session:
        group = packing.group(session, 100)
    assert group is not None
    with database.write() as session:
        packing.begin(session)
    return group


def test_small_parts_become_a_large_one_and_every_key_is_known(database: Database) -> None:
    mine = filled(database, 400)
    assert pack.run(database, packed=100) == 30, "the newest is not full yet, and nine are too few"
    assert len(tables_of(database)) == 3 + 10
    asked = dict.fromkeys(range(500), "b")
    for who in (mine, seen(database, 10)):
        with database.write() as session:
            known = who.known(session, [key(n) for n in asked])
        assert known == {n: said("a") for n in range(400)}


def test_a_packing_that_was_broken_off_is_begun_anew(database: Database) -> None:
    group = begun(database)
    with database.write() as session:
        packing.copied(session, group, 0)
    assert pack.run(database, packed=100) == 20
    assert tables_of(database) == {"seen_1", "seen_11", "seen_21"}


def test_who_is_erased_while_parts_are_packed_is_not_known_after_it(database: Database) -> None:
    group = begun(database)
    with database.write() as session:
        for stretch in range(len(group.cuts) - 1):
            packing.copied(session, group, stretch)
    with database.write() as session:
        forget_events(session, "account-1", NOW)
    with database.write() as session:
        assert not packing.end(session, group, b"")
    assert pack.run(database, packed=60) == 18
    with database.write() as session:
        known = seen(database, 10).known(session, [key(n) for n in range(210)])
    assert set(known) == {n for n in range(210) if n % 3 != 1}


def test_a_packed_part_goes_once_its_newest_key_is_old(database: Database) -> None:
    filled(database, 110)
    pack.run(database, packed=100)
    with database.read() as session:
        assert parts_before(session, NOW + timedelta(days=1)) == [1]
        assert parts_before(session, NOW) == []


def test_many_keys_are_copied_in_stretches_of_like_size(database: Database) -> None:
    mine = seen(database, 2000)
    for start in range(0, 100_000, 4000):
        keep(database, mine, dict.fromkeys(range(start, start + 4000), "a"))
    keep(database, mine, {-1: "a"})
    with database.read() as session:
        group = packing.group(session, 100_000)
    assert group is not None
    with database.write() as session:
        packing.begin(session)
        stretches = range(len(group.cuts) - 1)
        sizes = [len(packing.copied(session, group, n)) // WIDTH for n in stretches]
    assert sum(sizes) == 100_000
    assert max(sizes) < 50_000


def test_packing_waits_while_usage_presses_but_not_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(database, 210)
    assert pack.run(database, packed=100, pressed=lambda: True) == 0
    monkeypatch.setattr(pack, "MANY", 15)
    assert pack.run(database, packed=100, pressed=lambda: True) == 10, "then ten are left"
    assert pack.run(database, packed=100) == 10

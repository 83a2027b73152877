"""The migrations and the tables say the same, so nobody has to guess which one is right."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from store import exposures, identities, migrations, outbox, overview, tables
from store.database import Database
from store.migrations import migrate, pending
from tests.backends import Backend, hearing, plan_of


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    made = Database(backend.empty())
    yield made
    made.close()
    backend.drop(made.url)


def test_migrations_make_exactly_the_tables(database: Database) -> None:
    assert pending(database)
    migrate(database)
    assert not pending(database)
    with database.sqlalchemy.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_migrating_twice_keeps_what_is_there(database: Database) -> None:
    migrate(database)
    with database.write() as session:
        session.add(tables.Address(account="a", person="dana", channel="slack", address="T1/U1"))
    migrate(database)
    with database.read() as session:
        assert session.get(tables.Address, ("a", "dana", "slack")) is not None


ADMIN_TABLES = {
    "config_version",
    "configversion",
    "api_key",
    "install",
    "callback",
    "inbound",
    "lane",
    "audit",
    "backtest",
    "calibration",
    "pause",
    "chat_admin",
    "room",
    "webhook",
    "seen_part",
    "seen_count",
    "leader",
    # Looked up by what another system says, before anybody knows the account.
    "identity",
    "external_id",
    "stripe_object",
    # Counts for admins, over all accounts.
    "reject",
    # Files of many accounts.
    "import_run",
}


def test_every_table_of_account_data_is_keyed_by_account_first() -> None:
    """So that it shards by account without a redesign."""
    for name, table in SQLModel.metadata.tables.items():
        first = next(iter(table.primary_key.columns)).name
        keyed = first == "account" or (name == "account" and first == "id")
        assert keyed or name in ADMIN_TABLES, f"{name} is keyed by {first} first"


def test_sqlite_is_opened_durable_and_strict(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/segue.db")
    with database.sqlalchemy.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_who_was_exposed_is_found_by_its_index(database: Database) -> None:
    migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    with hearing(database, "before_cursor_execute", note), database.read() as session:
        exposures.firsts(session)
    statement, values = next(one for one in asked if "min(decision.at)" in one[0])
    with database.sqlalchemy.connect() as connection:
        assert "decision_exposed" in plan_of(connection, statement, values)


WEEK = (datetime(2026, 3, 1, tzinfo=UTC),)


@pytest.mark.parametrize(
    ("ask", "found", "indexes"),
    [
        (lambda s: overview.raised(s, *WEEK), "alert.raised_at >=", {"alert_raised"}),
        (
            lambda s: overview.held_back(s, *WEEK),
            "decision.until >=",
            {"decision_at", "decision_until"},
        ),
        (
            lambda s: overview.growing(s, *WEEK, p=0.5),
            "decision.until >=",
            {"decision_at", "decision_until"},
        ),
    ],
    ids=["raised", "held_back", "growing"],
)
def test_a_week_over_all_accounts_is_found_by_time(
    database: Database, ask: Any, found: str, indexes: set[str]
) -> None:
    migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    with hearing(database, "before_cursor_execute", note), database.read() as session:
        ask(session)
    statement, values = next(one for one in asked if found in one[0])
    with database.sqlalchemy.connect() as connection:
        plan = plan_of(connection, statement, values)
    assert {name for name in indexes if name in plan} == indexes, plan


def test_what_stands_before_a_delivery_is_looked_for_at_its_own_account(tmp_path: Path) -> None:
    """Not among all that is due: with thousands of those, SQLite would take seconds for a claim.

    PostgreSQL joins them as a whole.
    """
    database = Database(f"sqlite:///{tmp_path / 'segue.db'}")
    migrate(database)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        asked.append((statement, values))

    with hearing(database, "before_cursor_execute", note), database.write() as session:
        outbox.claim(session, *WEEK)
    statement, values = next(one for one in asked if "EXISTS" in one[0])
    with database.sqlalchemy.connect() as connection:
        plan = plan_of(connection, statement, values)
    assert plan.count("delivery_waits") == 2, plan


def test_external_ids_that_were_stated_before_can_be_looked_up(database: Database) -> None:
    migrate(database, "0007")
    stated = {"stripe": "cus_1", "lago": "sub_1"}
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with database.write() as session:
        session.add(tables.Account(id="a", external_ids=stated, created_at=at, next_daily=at))
        session.add(tables.Account(id="b", created_at=at, next_daily=at))
    migrate(database)
    with database.read() as session:
        assert identities.owners(session, "stripe", ["cus_1", "cus_2"]) == {"cus_1": "a"}
        assert identities.owners(session, "lago", ["sub_1"]) == {"sub_1": "a"}


def test_files_are_named_after_their_revisions_in_order() -> None:
    """By their names Segue knows, without Alembic, whether there is anything to do."""
    scripts = list(ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions())
    named = sorted(Path(script.path).stem.split("_")[0] for script in scripts)
    assert named == [script.revision for script in reversed(scripts)]

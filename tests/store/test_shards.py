"""Every statement on the hot path binds the account, so that accounts can be spread over shards."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from bench.shards.across import ACROSS, SHARED
from bench.shards.bound import Verdict, judged, key_of
from bench.shards.path import walked
from bench.shards.statements import listening
from store.database import Database
from store.rows import as_list
from tests.backends import Backend, opened

WALKED = {
    "ingest", "ingest after a restart", "dialects", "look and delivery", "state", "feedback",
    "the card after it", "the next day",
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(backend: Backend) -> Iterator[list[Verdict]]:
    with walked(backend) as found:
        yield found


def test_every_statement_of_the_hot_path_binds_the_account(verdicts: list[Verdict]) -> None:
    assert {one.statement.step for one in verdicts} == WALKED
    assert not [f"{v.statement.where}: {', '.join(v.free)}" for v in verdicts if v.free]
    assert all(v.binds or v.excused for v in verdicts)


def test_the_path_writes_and_reads_what_accounts_are_made_of(verdicts: list[Verdict]) -> None:
    touched = {name for one in verdicts for name in one.tables if one.binds}
    assert {
        "account", "day_bucket", "hour_bucket", "watch", "unique_value", "reported_total",
        "user_day", "friction", "due", "decision", "alert", "delivery", "attempt", "feedback",
        "forward", "case", "forecast", "person", "seen_1", "webhook_delivery", "webhook_attempt",
    } <= touched  # fmt: skip


def test_no_exception_is_listed_that_nobody_needs(verdicts: list[Verdict]) -> None:
    asked = {one.statement.where for one in verdicts if one.excused}
    assert ACROSS.keys() <= asked


@pytest.mark.parametrize("name", sorted(SQLModel.metadata.tables))
def test_a_table_is_kept_by_account_or_says_why_not(name: str) -> None:
    first = next(iter(SQLModel.metadata.tables[name].primary_key)).name
    assert (first == key_of(name)) is not (name in SHARED)


@pytest.fixture(scope="module")
def database(backend: Backend) -> Iterator[Database]:
    with opened(backend) as made:
        yield made


def listed(dialect: str) -> str:
    """The first texts of listed rows, as the store's own statements read them."""
    if dialect == "sqlite":
        return "SELECT value ->> 0 FROM json_each(:listed)"
    return "SELECT value ->> 0 FROM json_array_elements(CAST(:listed AS JSON)) AS value"


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("SELECT units FROM day_bucket WHERE account = :a AND meter = :m", False),
        ("SELECT units FROM day_bucket WHERE account IN ({listed})", False),
        ("SELECT units FROM day_bucket WHERE day >= '2026-01-01'", True),
        ("SELECT units FROM day_bucket WHERE meter = :a", True),
        ("SELECT count(*) FROM account WHERE plan = :m", True),
        ("SELECT a.id FROM alert a WHERE a.closed_at IS NULL AND a.person = :a", True),
        ("SELECT w.used FROM watch w JOIN day_bucket d ON d.account = w.account"
         " WHERE w.account = :a", False),
        ("SELECT w.used FROM watch w JOIN day_bucket d ON d.meter = w.meter"
         " WHERE w.account = :a", True),
        ("UPDATE delivery SET state = :m WHERE account = :a AND alert = :m", False),
        ("UPDATE delivery SET state = :m WHERE state = :m", True),
        ("DELETE FROM friction WHERE user = :m AND meter = :a", True),
        ("INSERT INTO due (account, since, mark) VALUES (:a, CURRENT_TIMESTAMP, 1)", False),
        ("INSERT INTO due (account, since, mark) SELECT id, CURRENT_TIMESTAMP, 1 FROM account",
         True),
        ("SELECT count(*) FROM configversion", False),
    ],
)  # fmt: skip
def test_a_statement_that_asks_across_accounts_is_found(
    text: str, free: bool, database: Database
) -> None:
    dialect = database.sqlalchemy.dialect.name
    whole = text.replace("{listed}", listed(dialect))
    given = {"a": "acct-1", "m": "reports", **as_list([["acct-1"]])}
    with listening(database) as heard, database.sqlalchemy.connect() as connection:
        heard.step = "test"
        wanted = {k: v for k, v in given.items() if f":{k}" in whole}
        connection.execute(sql(whole), wanted)
        heard.step = ""
        connection.rollback()
        (verdict,) = judged(connection, heard.statements, ["acct-1"])
    assert bool(verdict.free) is free, verdict

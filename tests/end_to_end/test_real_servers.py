"""The servers that other tests rest on do what these believe."""

from pathlib import Path

import pytest

from tests.postgres import Postgres, found_in


def test_every_database_begins_like_its_template(postgres: Postgres) -> None:
    one, other = postgres.migrated(), postgres.migrated()
    assert one != other
    postgres.drop(one)
    postgres.drop(other)
    assert postgres.sql("SHOW synchronous_commit") == [("on",)]


def test_a_missing_server_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make setup") as missing:
        found_in([tmp_path])
    assert "\n" not in str(missing.value)

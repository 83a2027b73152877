"""The command line and `segue serve` on PostgreSQL: nothing is changed unasked, nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.errors import SegueError
from segue import settings
from segue.opening import context_of
from tests.api.conftest import POLICY
from tests.postgres import Postgres
from tests.servers import refused, segue, segue_serve

KEYS = {"SEGUE_SECRET_KEYS": "a-key-that-every-node-has"}


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.database()
    yield made
    postgres.drop(made)


def test_tables_change_by_migrate_alone(url: str, tmp_path: Path) -> None:
    address = {"SEGUE_DATABASE_URL": url}
    assert "run `segue migrate`" in refused(tmp_path, "serve", environment=address | KEYS)
    assert "revision" in segue(tmp_path, "migrate", environment=address)
    assert "SEGUE_SECRET_KEYS" in refused(tmp_path, "serve", environment=address)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"SEGUE_DATABASE_URL": "mysql://db/segue"}, "use sqlite:///FILE or postgresql://"),
        ({"SEGUE_DATABASE_DIRECT_URL": "postgresql://db/segue"}, "set SEGUE_DATABASE_URL too"),
        (
            {"SEGUE_DATABASE_URL": "postgresql://db/s", "SEGUE_DATABASE_DIRECT_URL": "db:5432"},
            "past the pooler",
        ),
        ({"SEGUE_DATABASE_URL": "postgresql://127.0.0.1:1/segue"}, "PostgreSQL does not answer"),
        ({"SEGUE_DATABASE_URL": "postgresql://h/d?nonsense=1"}, "not an address of PostgreSQL"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SegueError) as refusal:
        context_of(settings.load(environment | KEYS))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_whole_node_serves_and_ends(url: str, tmp_path: Path) -> None:
    environment = {"SEGUE_DATABASE_URL": url, **KEYS}
    (tmp_path / "segue.toml").write_text(POLICY)
    segue(tmp_path, "migrate", environment=environment)
    segue(tmp_path, "config", "apply", "segue.toml", environment=environment)
    key = segue(tmp_path, "keys", "create", "--scope", "admin", environment=environment).strip()
    with segue_serve(tmp_path, environment=environment) as served:
        headers = {"Authorization": f"Bearer {key}"}
        event = {"id": "1", "account": "acme", "meter": "reports"}
        answer = httpx.post(f"{served.url}/v1/usage", json=event, headers=headers, timeout=30)
        assert answer.json()["accepted"] == 1
        assert httpx.get(f"{served.url}/readyz", timeout=30).json()["ready"]
        assert served.stop() == 0

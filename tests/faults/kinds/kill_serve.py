"""kill -9 of the process that takes usage, while usage pours in."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.ready import SILENT
from tests.faults.scene import Scene, postgres, sqlite
from tests.postgres import Postgres

PAUSE, BETWEEN = 0.5, 1.0
"""Seconds until the process is looked for, and for which it is back before it is killed again."""


@contextmanager
def _once(scene: Scene) -> Iterator[None]:
    """Somebody cuts the power of the first node."""
    scene.nodes[0].kill()
    yield


@contextmanager
def _twice(scene: Scene) -> Iterator[None]:
    """And again, soon after it is back."""
    scene.nodes[0].kill()
    time.sleep(PAUSE)
    scene.nodes[0].wait()
    time.sleep(BETWEEN)
    scene.nodes[0].kill()
    yield


@contextmanager
def _on_postgres() -> Iterator[Scene]:
    with closing(Postgres.start()) as server, postgres(server) as scene:
        yield scene


ON_SQLITE = Fault(
    name="kill -9 of serve, SQLite",
    scene=sqlite,
    strike=_once,
    says=SILENT,
    kills=1,
    short=True,
)
ON_SQLITE_TWICE = Fault(
    name="kill -9 of serve, twice, SQLite", scene=sqlite, strike=_twice, says=SILENT, kills=2
)
ON_POSTGRES = Fault(
    name="kill -9 of serve, twice, PostgreSQL",
    scene=_on_postgres,
    strike=_twice,
    says=SILENT,
    kills=2,
)

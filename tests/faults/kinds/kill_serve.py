"""kill -9 of the process that takes usage, twice, while usage pours in."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.scene import Scene, postgres, sqlite
from tests.postgres import Postgres

TIMES = 2
APART = 4.0
"""Seconds between two kills: the process is back and takes usage by then."""


@contextmanager
def killed(scene: Scene) -> Iterator[None]:
    """Somebody cuts the power of the first node, again and again."""
    for turn in range(TIMES):
        if turn:
            time.sleep(APART)
        scene.nodes[0].kill()
    yield


@contextmanager
def _on_postgres() -> Iterator[Scene]:
    with closing(Postgres.start()) as server, postgres(server) as scene:
        yield scene


ON_SQLITE = Fault(
    name="kill -9 of serve, SQLite", scene=sqlite, strike=killed, kills=TIMES, short=True
)
ON_POSTGRES = Fault(
    name="kill -9 of serve, PostgreSQL", scene=_on_postgres, strike=killed, kills=TIMES
)

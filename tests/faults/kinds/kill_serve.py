"""kill -9 of the process that takes usage, twice, while usage pours in."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.ready import SILENT
from tests.faults.scene import Scene, postgres, sqlite
from tests.postgres import Postgres

TIMES = 2
PAUSE, BETWEEN = 0.5, 1.0
"""Seconds until the process is looked for, and for which it is back before it is killed again."""


@contextmanager
def killed(scene: Scene) -> Iterator[None]:
    """Somebody cuts the power of the first node, again and again."""
    for turn in range(TIMES):
        if turn:
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
    strike=killed,
    says=SILENT,
    kills=TIMES,
    short=True,
)
ON_POSTGRES = Fault(
    name="kill -9 of serve, PostgreSQL", scene=_on_postgres, strike=killed, says=SILENT, kills=TIMES
)

"""PostgreSQL ends at once and comes back: an immediate restart, and kill -9."""

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.scene import Scene, postgres
from tests.postgres import Postgres

AWAY = 3.0
"""Seconds without a server."""


@contextmanager
def _alone() -> Iterator[Scene]:
    with closing(Postgres.start()) as server, postgres(server) as scene:
        yield scene


@contextmanager
def _apart() -> Iterator[Scene]:
    with (
        closing(Postgres.start()) as server,
        postgres(server, roles=("api", "worker")) as scene,
    ):
        yield scene


@contextmanager
def _restarted(scene: Scene) -> Iterator[None]:
    """`pg_ctl restart --mode immediate`: no farewell to clients, recovery at the start."""
    assert scene.server is not None
    scene.server.halt(signal.SIGQUIT)
    yield
    scene.server.restart()


@contextmanager
def _killed(scene: Scene) -> Iterator[None]:
    assert scene.server is not None
    scene.server.kill()
    yield
    scene.server.restart()


RESTART = Fault(
    name="restart of PostgreSQL",
    scene=_alone,
    strike=_restarted,
    says="the database does not answer",
    lasts=AWAY,
    short=True,
)
KILL = Fault(
    name="kill -9 of PostgreSQL",
    scene=_apart,
    strike=_killed,
    says="the database does not answer",
    lasts=AWAY,
)

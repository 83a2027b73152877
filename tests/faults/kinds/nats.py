"""With three NATS servers in front: one of them dies, or what is behind them does."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.ready import READY
from tests.faults.scene import Scene, postgres
from tests.nats import Nats, leading
from tests.postgres import Postgres

AWAY = 8.0
"""Seconds without what is gone: longer than another server needs to lead."""


@contextmanager
def _scene() -> Iterator[Scene]:
    with (
        closing(Nats.start(durable=True)) as servers,
        closing(Postgres.start()) as server,
        postgres(server, roles=("api", "worker", "worker"), nats=servers) as scene,
    ):
        yield scene


@contextmanager
def _one_killed(scene: Scene) -> Iterator[None]:
    """The one that leads the stream of usage: its death hurts most."""
    assert scene.nats is not None
    leader = scene.nats.node(leading(scene.nats))
    leader.kill()
    yield
    leader.start()


@contextmanager
def _database_killed(scene: Scene) -> Iterator[None]:
    assert scene.server is not None
    scene.server.kill()
    yield
    scene.server.restart()


@contextmanager
def _worker_killed(scene: Scene) -> Iterator[None]:
    """With parcels at hand: they come to another worker."""
    workers = [node for node in scene.nodes if node.role == "worker"]
    workers[0].kill()
    yield


ONE_OF_THREE = Fault(
    name="kill -9 of one of three NATS servers",
    scene=_scene,
    strike=_one_killed,
    says=READY,
    lasts=AWAY,
)
BEHIND = Fault(
    name="kill -9 of PostgreSQL behind NATS",
    scene=_scene,
    strike=_database_killed,
    says=READY,
    lasts=AWAY,
)
WORKER = Fault(
    name="kill -9 of a worker behind NATS",
    scene=_scene,
    strike=_worker_killed,
    says=READY,
    kills=1,
)

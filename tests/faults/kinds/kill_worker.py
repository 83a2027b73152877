"""kill -9 of workers while they raise alerts: another worker takes over what they held."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.ready import SILENT
from tests.faults.scene import Scene, postgres
from tests.postgres import Postgres

APART = 1.5


@contextmanager
def _scene() -> Iterator[Scene]:
    with (
        closing(Postgres.start()) as server,
        postgres(server, roles=("api", "worker", "worker")) as scene,
    ):
        yield scene


@contextmanager
def _killed(scene: Scene) -> Iterator[None]:
    """First one worker, then the other, then the first again: whoever leads is among them."""
    workers = [node for node in scene.nodes if node.role == "worker"]
    for worker in (workers[0], workers[1], workers[0]):
        worker.wait()
        worker.kill()
        time.sleep(APART)
    yield


FAULT = Fault(
    name="kill -9 of workers, PostgreSQL", scene=_scene, strike=_killed, says=SILENT, kills=3
)

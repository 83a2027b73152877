"""The primary dies for good and its standby is promoted; what was acknowledged is on both."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.scene import Scene, postgres
from tests.postgres import Postgres

NOTICED = 2.0
"""Seconds until whoever watches the servers promotes the standby."""


@contextmanager
def _scene() -> Iterator[Scene]:
    with closing(Postgres.start()) as first, closing(first.standby()) as second:
        name = first.database().rpartition("/")[2]
        first.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        first.sql("SELECT pg_reload_conf()")
        _until_synchronous(first)
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
        url = f"postgresql://segue@{hosts}/{name}?target_session_attrs=read-write"
        with postgres(first, roles=("api", "worker"), url=url) as scene:
            scene.standby = second
            yield scene


def _until_synchronous(first: Postgres) -> None:
    """A commit is acknowledged only when the standby has it too."""
    end = time.monotonic() + 30
    while first.sql("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
        assert time.monotonic() < end, "the standby does not follow"
        time.sleep(0.05)


@contextmanager
def _promoted(scene: Scene) -> Iterator[None]:
    assert scene.server is not None
    assert scene.standby is not None
    scene.server.kill()
    time.sleep(NOTICED)
    scene.standby.promote()
    yield


FAULT = Fault(
    name="fail-over to the standby",
    scene=_scene,
    strike=_promoted,
    says="the database does not answer",
)

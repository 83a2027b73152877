"""Another client takes every connection that PostgreSQL has, ours among them."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg

from tests.faults.fault import Fault
from tests.faults.scene import Scene, postgres
from tests.postgres import Postgres

ALL = "40"
LASTS = 6.0
OURS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = 'segue' AND pid <> pg_backend_pid()"
)


@contextmanager
def _scene() -> Iterator[Scene]:
    with (
        closing(Postgres.start(max_connections=ALL)) as server,
        postgres(server, roles=("api", "worker")) as scene,
    ):
        yield scene


@contextmanager
def _exhausted(scene: Scene) -> Iterator[None]:
    """Ours are ended and their places taken, until there is none left."""
    assert scene.server is not None
    with ExitStack() as taken:
        first = taken.enter_context(psycopg.connect(scene.server.url(), autocommit=True))
        end = time.monotonic() + 30
        while True:
            with_us = first.execute(OURS.encode()).fetchone()
            _take_all(scene.server.url(), taken)
            if with_us == (0,):
                break
            assert time.monotonic() < end, "ours are always quicker"
        yield


def _take_all(url: str, taken: ExitStack) -> None:
    while True:
        try:
            taken.enter_context(psycopg.connect(url, autocommit=True))
        except psycopg.OperationalError:
            return


FAULT = Fault(
    name="no connection left, PostgreSQL",
    scene=_scene,
    strike=_exhausted,
    says="the database does not answer",
    lasts=LASTS,
)

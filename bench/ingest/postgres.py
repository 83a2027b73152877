"""A real PostgreSQL for the run, durable as one would have it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.postgres import Postgres

_SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
"""As on a server that is there for this: its defaults are for a machine of long ago."""


@contextmanager
def postgres() -> Iterator[Callable[[str], str]]:
    """Makes an empty database for each name, and gives its URL."""
    server = Postgres.start(durable=True, **_SETTINGS)
    try:
        yield lambda _: server.database()
    finally:
        server.stop()

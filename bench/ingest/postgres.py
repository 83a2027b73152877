"""A real PostgreSQL for the run, durable as one would have it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.postgres import Postgres


@contextmanager
def postgres() -> Iterator[Callable[[str], str]]:
    """Makes an empty database for each name, and gives its URL."""
    server = Postgres.start(durable=True)
    try:
        yield lambda _: server.database()
    finally:
        server.stop()

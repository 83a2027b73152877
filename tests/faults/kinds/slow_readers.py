"""Those who read slowly, or never on: streams nobody empties, and a reader's open transaction."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

import jwt
import psycopg

from tests.faults.fault import Fault
from tests.faults.ready import READY
from tests.faults.scene import ACCOUNTS, WIDGET, Scene, postgres, sqlite
from tests.postgres import Postgres

STREAMS = 120
LASTS = 12.0


@contextmanager
def _on_postgres() -> Iterator[Scene]:
    with closing(Postgres.start()) as server, postgres(server) as scene:
        yield scene


@contextmanager
def _slow(scene: Scene) -> Iterator[None]:
    """They begin to read, and then do nothing."""
    with ExitStack() as stack:
        for number in range(STREAMS):
            stack.enter_context(_stream(scene.nodes[0].url, ACCOUNTS[number % len(ACCOUNTS)]))
        stack.enter_context(_reader(scene))
        yield


@contextmanager
def _stream(url: str, account: str) -> Iterator[None]:
    """A page with the widget, of which the first byte is never read."""
    now, parts = int(time.time()), urlsplit(url)
    claims = {"aud": "segue-widget", "account": account, "sub": "dana", "iat": now}
    token = jwt.encode({**claims, "exp": now + 3600}, WIDGET, algorithm="HS256")
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.connect((parts.hostname, parts.port))
        made.sendall(
            f"GET /v1/widget/stream HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        yield


@contextmanager
def _reader(scene: Scene) -> Iterator[None]:
    """A report that somebody began to read."""
    asked = "SELECT count(*) FROM hour_bucket"
    if scene.server is not None:
        with psycopg.connect(scene.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(asked)
            yield
        return
    with closing(sqlite3.connect(scene.url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN")
        other.execute(asked).fetchone()
        yield


ON_SQLITE = Fault(name="slow readers, SQLite", scene=sqlite, strike=_slow, says=READY, lasts=LASTS)
ON_POSTGRES = Fault(
    name="slow readers, PostgreSQL", scene=_on_postgres, strike=_slow, says=READY, lasts=LASTS
)

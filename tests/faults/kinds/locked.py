"""Another process holds SQLite's write lock for longer than anybody waits for it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.faults.fault import Fault
from tests.faults.scene import Scene, sqlite

LASTS = 22.0
"""Seconds; each who writes waits ten, one after the other: the worker too."""


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    file = scene.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


FAULT = Fault(
    name="SQLite locked",
    scene=sqlite,
    strike=_locked,
    says="the database keeps it waiting",
    lasts=LASTS,
    short=True,
)

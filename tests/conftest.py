"""What holds in every room: hypothesis is random at a desk, repeatable in CI; databases in turn."""

import os

import pytest
from hypothesis import settings

from tests.backends import BOTH, backend, nats, postgres  # noqa: F401  (fixtures of every room)

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


LONG = ("faults", "end_to_end", "bench")
"""Rooms whose files take long: begun first, so that no process waits for another at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first."""
    items.sort(key=lambda item: not any(room in item.path.parts for room in LONG))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run over each kind of database in turn, those that the module names."""
    if "backend" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "BACKENDS", BOTH)
        if "EVERYWHERE" in os.environ and len(kinds) == 1:
            kinds = BOTH
        metafunc.parametrize("backend", kinds, indirect=True, scope="session")

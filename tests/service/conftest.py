"""The whole product for the use cases; one that wants another one says so in its own file."""

from collections.abc import Iterator

import pytest

from tests.api.live import Live, live
from tests.backends import Backend


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()

"""The clock jumps some days ahead and back: the whole product in this process, by such a clock."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from segue.settings import load
from segue.wiring import build
from tests.fakes.clock import FakeClock
from tests.fakes.slack_sink import slack_sink
from tests.faults.fault import Fault
from tests.faults.ready import READY
from tests.faults.scene import Scene, environment, folder, prepared
from tests.servers import free_port, serving

JUMPS = (timedelta(days=5), timedelta(days=-2), timedelta(0))
"""How wrong it is, one after the other."""
BETWEEN = 3.0
BEGIN = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONG_AGO = timedelta(days=20)
"""When the accounts came."""


class JumpingClock:
    """Runs as others do, but `wrong` by so much."""

    def __init__(self) -> None:
        self.wrong = timedelta(0)
        self._begin = BEGIN
        self._since = time.monotonic()

    def now(self) -> datetime:
        """What it shows."""
        return self._begin + timedelta(seconds=time.monotonic() - self._since) + self.wrong


_CLOCK = JumpingClock()


@contextmanager
def _scene() -> Iterator[Scene]:
    with folder() as home, slack_sink() as sink:
        url, port = f"sqlite:///{home}/segue.db", free_port()
        address, key = f"http://127.0.0.1:{port}", prepared(url, FakeClock(BEGIN - LONG_AGO))
        runtime = build(load(environment(url, sink)), served_at=address, clock=_CLOCK)
        with closing(runtime), serving(runtime.app, port=port):
            yield Scene(url=url, sink=sink, key=key, here=address)


@contextmanager
def _jumps(scene: Scene) -> Iterator[None]:
    for wrong in JUMPS:
        _CLOCK.wrong = wrong
        time.sleep(BETWEEN)
    yield


FAULT = Fault(name="the clock jumps", scene=_scene, strike=_jumps, says=READY)

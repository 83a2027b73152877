"""Every fault there is, in the order in which they are run."""

from tests.faults.fault import Fault
from tests.faults.kinds import (
    clock,
    connections,
    disk,
    failover,
    kill_serve,
    kill_worker,
    locked,
    nats,
    postgres_ends,
    slow_readers,
)

FAULTS: tuple[Fault, ...] = (
    kill_serve.ON_SQLITE,
    kill_serve.ON_SQLITE_TWICE,
    kill_serve.ON_POSTGRES,
    kill_worker.FAULT,
    postgres_ends.RESTART,
    postgres_ends.KILL,
    failover.FAULT,
    connections.FAULT,
    disk.ON_SQLITE,
    disk.ON_POSTGRES,
    locked.FAULT,
    clock.FAULT,
    slow_readers.ON_SQLITE,
    slow_readers.ON_POSTGRES,
    nats.ONE_OF_THREE,
    nats.BEHIND,
    nats.WORKER,
)

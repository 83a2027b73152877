"""NATS JetStream before the database: a quorum of servers keeps usage until it is counted.

A parcel's subject names its slot, a hash of its accounts; the servers map slots to partitions, so
that an account's usage meets in the one process that owns its partition.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from engine.errors import TooMany, Unavailable
from store.broker import PATIENCE, Broker, answered, one_line

if TYPE_CHECKING:
    from nats.js.api import StreamConfig

USAGE, DEAD = "SEGUE_USAGE", "SEGUE_DEAD"
SLOTS = 64
"""Subjects that usage is published to."""
PARTITIONS = 16
"""Shares of the usage that workers own; the servers map slots to them."""
LARGEST = 512 * 1024
"""Bytes in one parcel; servers take 1 MiB unless told otherwise."""
ACK_WAIT = 20.0
"""Seconds until a parcel whose worker fell silent is given to another."""
TOGETHER = 256
"""Parcels fetched at once."""
_GATHER = 0.02
"""Seconds in which parcels are gathered after the first."""
_IDLE = 5.0
_TRY, _TRIES, _AGAIN = 3.0, 6, 0.25
"""Seconds for one answer, how often it is asked, the rest between; a leader's death takes six."""
_WINDOW = 600.0
"""Seconds for which the servers know a parcel again."""
_DEAD_KEPT = 30 * 86_400.0
_UNCLUSTERED = 10074
"""The servers' code for: one server keeps nothing three times."""
_FULL = (10047, 10077, 10023)
"""Their codes for: no room left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A parcel as a worker gets it; `number` is its place among all."""

    body: bytes
    number: int
    message: Any


def opened(url: str) -> Broker:
    """Connect to servers that keep usage, and make what is missing there.

    Raises:
        Unavailable: no server answers, or none keeps streams.
        Invalid: the client is not installed, or what is at the address is not for us.
    """
    broker = Broker(url).open()
    try:
        for config in (_usage(), _dead()):
            broker.run(_make(broker, config))
    except BaseException:
        broker.close()
        raise
    return broker


async def publish(broker: Broker, slot: int, body: bytes, *, again: int | None = None) -> None:
    """Have the servers keep a parcel; returns once a quorum has it.

    `again`: the number under which it was put aside before.

    Raises:
        TooMany: there is no room until workers have caught up.
        Unavailable: no quorum answered in time; whether it is kept is not known.
    """
    # The same parcel has the same id, so trying again keeps it once.
    name = blake2b(body, digest_size=16).hexdigest() if again is None else f"again-{again}"
    marks = {"Nats-Msg-Id": name}
    await published(broker, f"segue.usage.{slot}", body, marks)


async def pull(broker: Broker, partition: int) -> "Pull":
    """Parcels of a partition, for its owner.

    Raises:
        Unavailable: the servers don't answer.
    """
    from nats.js.api import AckPolicy, ConsumerConfig

    name = f"part-{partition}"
    config = ConsumerConfig(
        durable_name=name,
        filter_subject=f"segue.part.{partition}.*",
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_ack_pending=4 * TOGETHER,
    )
    await answered(broker.streams.add_consumer(USAGE, config))
    return Pull(await answered(broker.streams.pull_subscribe_bind(name, USAGE)))


async def done(parcel: Delivered) -> None:
    """It is counted: the servers may forget it."""
    await answered(parcel.message.ack_sync(timeout=PATIENCE))


async def again(parcel: Delivered, seconds: float) -> None:
    """It can't be counted yet."""
    await answered(parcel.message.nak(delay=seconds))


async def waiting(broker: Broker) -> dict[int, int]:
    """How many parcels are not counted yet, by partition; those without any are not named.

    Raises:
        Unavailable: the servers don't answer.
    """
    told = await answered(broker.streams.stream_info(USAGE, subjects_filter=">"))
    found = Counter[int]()
    for subject, number in (told.state.subjects or {}).items():
        found[int(subject.split(".")[2])] += number
    return dict(found)


async def copies(broker: Broker) -> int:
    """On how many servers each parcel is kept."""
    return int((await answered(broker.streams.stream_info(USAGE))).config.num_replicas or 1)


async def leader(broker: Broker) -> str:
    """The server that leads the stream of usage, empty where none does."""
    cluster = (await answered(broker.streams.stream_info(USAGE))).cluster
    return (cluster and cluster.leader) or ""


async def published(broker: Broker, subject: str, body: bytes, marks: Mapping[str, str]) -> None:
    """Have the servers keep something; tried again while a leader is missing.

    Raises:
        TooMany: there is no room.
        Unavailable: no quorum answered in time.
    """
    from nats.errors import Error
    from nats.js.errors import APIError

    for left in reversed(range(_TRIES)):
        try:
            await broker.streams.publish(subject, body, timeout=_TRY, headers=dict(marks))
            return
        except APIError as error:
            if error.err_code in _FULL:
                full = "much usage waits to be counted: come again"
                raise TooMany(full, retry_after=5) from None
            said: BaseException = error
        except (Error, OSError) as error:
            said = error
        if not left or broker.closing:
            raise Unavailable("no quorum of NATS servers answers: come again") from said
        await asyncio.sleep(_AGAIN)


async def _make(broker: Broker, config: "StreamConfig") -> None:
    """The stream, three times where there are servers for it."""
    from nats.js.errors import APIError, NotFoundError

    assert config.name is not None
    try:
        await answered(broker.streams.stream_info(config.name))
    except NotFoundError:
        try:
            await answered(broker.streams.add_stream(config, num_replicas=3))
        except APIError as error:
            if error.err_code != _UNCLUSTERED:
                raise Unavailable(f"NATS keeps no usage: {error.description}") from None
            await answered(broker.streams.add_stream(config, num_replicas=1))


class Pull:
    """Parcels of one partition, a handful at a time."""

    def __init__(self, subscription: Any) -> None:
        self._subscription = subscription

    async def next(self, seconds: float = _IDLE) -> list[Delivered]:
        """What waits, or what comes in these seconds; empty: nothing did.

        Raises:
            Unavailable: the servers don't answer.
        """
        first = await self._fetched(1, seconds)
        rest = await self._fetched(TOGETHER - 1, _GATHER) if first else []
        return [*first, *rest]

    async def close(self) -> None:
        """Take no more."""
        from nats.errors import Error

        try:
            await self._subscription.unsubscribe()
        except Error:  # The connection is gone, and with it the subscription.
            return

    async def _fetched(self, most: int, seconds: float) -> list[Delivered]:
        from nats.errors import Error
        from nats.js.errors import ServiceUnavailableError

        try:
            found = await self._subscription.fetch(most, timeout=seconds)
        except ServiceUnavailableError:  # A consumer that has no leader yet.
            await asyncio.sleep(_AGAIN)
            return []
        except TimeoutError:
            return []
        except (Error, OSError) as error:
            raise Unavailable(f"NATS does not answer: {one_line(str(error))}") from error
        return [
            Delivered(
                body=message.data,
                number=message.metadata.sequence.stream,
                message=message,
            )
            for message in found
        ]


def _usage() -> "StreamConfig":
    from nats.js.api import DiscardPolicy, RetentionPolicy, StreamConfig, SubjectTransform

    return StreamConfig(
        name=USAGE,
        description="usage that is acknowledged and not counted yet",
        subjects=["segue.usage.*"],
        subject_transform=SubjectTransform(
            src="segue.usage.*",
            dest=f"segue.part.{{{{partition({PARTITIONS},1)}}}}.{{{{wildcard(1)}}}}",
        ),
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.NEW,
        duplicate_window=_WINDOW,
    )


def _dead() -> "StreamConfig":
    from nats.js.api import StreamConfig

    return StreamConfig(
        name=DEAD,
        description="usage that could not be counted: see `segue dead-letters`",
        subjects=["segue.dead.*"],
        max_age=_DEAD_KEPT,
        duplicate_window=_WINDOW,
    )

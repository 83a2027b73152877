"""NATS JetStream before the database: a quorum of servers keeps usage until it is counted.

A parcel's subject names its slot, a hash of its accounts; the servers map slots to partitions, so
that an account's usage is counted in order by whoever owns its partition.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import Invalid, TooMany, Unavailable

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext
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
_REACHED = 10.0
"""Seconds until servers that don't answer are given up at the start."""
_TRY, _TRIES, _AGAIN = 3.0, 6, 0.25
"""Seconds for one answer, how often it is asked, the rest between; a leader's death takes six."""
_WINDOW = 600.0
"""Seconds for which the servers know a parcel again."""
_DEAD_KEPT = 30 * 86_400.0
_UNCLUSTERED = 10074
"""The servers' code for: one server keeps nothing three times."""
_FULL = (10047, 10077, 10023)
"""Their codes for: no room left."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A parcel as a worker gets it; `number` is its place among all, `tries` how often it came."""

    body: bytes
    number: int
    tries: int
    message: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A parcel that could not be counted, with the reason."""

    number: int
    body: bytes
    reason: str
    slot: int


class JetStream:
    """A connection to the servers. Coroutines run on its own loop, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        run = self._loop.run_forever
        self._thread = threading.Thread(target=run, name="jetstream", daemon=True)
        self._back: list[Callable[[], object]] = []
        self._client: Client
        self._streams: JetStreamContext
        self.closing = False

    def open(self) -> "JetStream":
        """Connect, and make what is missing there.

        Raises:
            Unavailable: no server answers, or none keeps streams.
            Invalid: the client is not installed, or what is at the address is not for us.
        """
        self._thread.start()
        try:
            self.run(self._open())
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End the connection."""
        self.closing = True
        if self._thread.is_alive():
            self.run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop, and wait for it; not from the loop itself."""
        return self.begin(work).result()

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Have something done on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def soon(self, call: Callable[[], object]) -> None:
        """Call something on the loop."""
        self._loop.call_soon_threadsafe(call)

    async def publish(self, slot: int, body: bytes, *, again: int | None = None) -> None:
        """Have the servers keep a parcel; returns once a quorum has it.

        `again`: the number under which it was put aside before.

        Raises:
            TooMany: there is no room until workers have caught up.
            Unavailable: no quorum answered in time; whether it is kept is not known.
        """
        # The same parcel has the same id, so trying again keeps it once.
        name = blake2b(body, digest_size=16).hexdigest() if again is None else f"again-{again}"
        marks = {"Nats-Msg-Id": name}
        await self._published(f"segue.usage.{slot}", body, marks)

    async def pull(self, partition: int) -> "Pull":
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
        await _answered(self._streams.add_consumer(USAGE, config))
        return Pull(await _answered(self._streams.pull_subscribe_bind(name, USAGE)))

    async def done(self, parcel: Delivered) -> None:
        """It is counted: the servers may forget it."""
        await _answered(parcel.message.ack_sync(timeout=_REACHED))

    async def again(self, parcel: Delivered, seconds: float) -> None:
        """It can't be counted yet."""
        await _answered(parcel.message.nak(delay=seconds))

    async def bury(self, parcel: Delivered, reason: str) -> None:
        """Put a parcel aside that can't be counted, so that those behind it can."""
        subject = parcel.message.subject
        slot = subject.rpartition(".")[2]
        marks = {"Nats-Msg-Id": f"dead-{parcel.number}", "Segue-Reason": _one_line(reason)}
        await self._published(f"segue.dead.{slot}", parcel.body, marks)
        await self.done(parcel)

    async def waiting(self) -> dict[int, int]:
        """How many parcels are not counted yet, by partition; those without any are not named.

        Raises:
            Unavailable: the servers don't answer.
        """
        told = await _answered(self._streams.stream_info(USAGE, subjects_filter=">"))
        found = Counter[int]()
        for subject, number in (told.state.subjects or {}).items():
            found[int(subject.split(".")[2])] += number
        return dict(found)

    async def copies(self) -> int:
        """On how many servers each parcel is kept."""
        return int((await _answered(self._streams.stream_info(USAGE))).config.num_replicas or 1)

    async def leader(self, stream: str = USAGE) -> str:
        """The server that leads a stream, empty where none does."""
        cluster = (await _answered(self._streams.stream_info(stream))).cluster
        return (cluster and cluster.leader) or ""

    async def dead(self) -> list[int]:
        """The numbers of the parcels put aside, oldest first."""
        state = (await _answered(self._streams.stream_info(DEAD))).state
        gone: set[int] = set()
        if state.num_deleted:
            told = await self._asked(f"STREAM.INFO.{DEAD}", {"deleted_details": True})
            gone = set(told["state"].get("deleted", ()))
        return [n for n in range(state.first_seq, state.last_seq + 1) if n not in gone][
            : state.messages
        ]

    async def buried(self, number: int) -> Dead | None:
        """A parcel put aside."""
        from nats.js.errors import NotFoundError

        try:
            found = await _answered(self._streams.get_msg(DEAD, number))
        except NotFoundError:
            return None
        assert found.subject is not None
        return Dead(
            number=number,
            body=found.data or b"",
            reason=(found.headers or {}).get("Segue-Reason", ""),
            slot=int(found.subject.rpartition(".")[2]),
        )

    async def forget(self, number: int) -> None:
        """Remove a parcel put aside."""
        await _answered(self._streams.delete_msg(DEAD, number))

    async def tell(self, subject: str, body: bytes) -> None:
        """Say something to whoever listens now.

        Raises:
            Unavailable: there is no connection.
        """
        await _answered(self._client.publish(subject, body))

    async def listen(
        self, subject: str, heard: Callable[[bytes], object]
    ) -> Callable[[], Awaitable[None]]:
        """Hear what is said on a subject from now on; returns how to stop."""

        async def take(message: Any) -> None:
            heard(message.data)

        made = await _answered(self._client.subscribe(subject, cb=take))

        async def stop() -> None:
            await _answered(made.unsubscribe())

        return stop

    def returned(self, call: Callable[[], object]) -> None:
        """Call something, on the loop, whenever the connection is back after it was lost."""
        self._back.append(call)

    async def _reconnected(self) -> None:
        for call in self._back:
            call()

    async def _open(self) -> None:
        try:
            import nats
        except ImportError:
            raise Invalid("install segue[cluster] for it", pointer="SEGUE_NATS_URL") from None
        servers = [one.strip() for one in self._url.split(",") if one.strip()]
        try:
            self._client = await asyncio.wait_for(
                nats.connect(
                    servers,
                    name="segue",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,
                    ping_interval=10,
                    max_outstanding_pings=2,
                    error_cb=_quiet,
                    reconnected_cb=self._reconnected,
                ),
                _REACHED,
            )
        except TimeoutError:
            raise Unavailable("no NATS server answers: see SEGUE_NATS_URL") from None
        except (nats.errors.Error, OSError, ValueError) as error:
            raise Invalid(_one_line(str(error)), pointer="SEGUE_NATS_URL") from None
        self._streams = self._client.jetstream(timeout=_REACHED)
        await self._make(_usage())
        await self._make(_dead())

    async def _make(self, config: "StreamConfig") -> None:
        """The stream, three times where there are servers for it."""
        from nats.js.errors import APIError, NotFoundError

        assert config.name is not None
        try:
            await _answered(self._streams.stream_info(config.name))
        except NotFoundError:
            try:
                await _answered(self._streams.add_stream(config, num_replicas=3))
            except APIError as error:
                if error.err_code != _UNCLUSTERED:
                    raise Unavailable(f"NATS keeps no usage: {error.description}") from None
                await _answered(self._streams.add_stream(config, num_replicas=1))

    async def _close(self) -> None:
        if hasattr(self, "_client"):
            await self._client.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _published(self, subject: str, body: bytes, marks: Mapping[str, str]) -> None:
        from nats.errors import Error
        from nats.js.errors import APIError

        for left in reversed(range(_TRIES)):
            try:
                await self._streams.publish(subject, body, timeout=_TRY, headers=dict(marks))
                return
            except APIError as error:
                if error.err_code in _FULL:
                    full = "much usage waits to be counted: come again"
                    raise TooMany(full, retry_after=5) from None
                said: BaseException = error
            except (Error, OSError) as error:
                said = error
            if not left or self.closing:
                raise Unavailable("no quorum of NATS servers answers: come again") from said
            await asyncio.sleep(_AGAIN)

    async def _asked(self, what: str, given: Mapping[str, object]) -> Any:
        answer = await _answered(
            self._client.request(f"$JS.API.{what}", json.dumps(given).encode(), timeout=_REACHED)
        )
        return json.loads(answer.data)


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
            raise Unavailable(f"NATS does not answer: {_one_line(str(error))}") from error
        return [
            Delivered(
                body=message.data,
                number=message.metadata.sequence.stream,
                tries=message.metadata.num_delivered,
                message=message,
            )
            for message in found
        ]


async def _answered(work: Awaitable[T]) -> T:
    """What the servers say; their silence in our words, their refusals in theirs."""
    from nats.errors import Error
    from nats.js.errors import APIError, ServiceUnavailableError

    try:
        return await work
    except (Error, OSError) as error:
        if isinstance(error, APIError) and not isinstance(error, ServiceUnavailableError):
            raise
        said = _one_line(str(error)) or type(error).__name__
        raise Unavailable(f"NATS does not answer: {said}") from error


async def _quiet(_: Exception) -> None:
    """Each call says itself what went wrong."""


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


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400]

"""A connection to NATS servers: they keep usage, and nodes tell each other there what changed.

Only `broker`, `jetstream` and `buried` speak with the servers.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

PATIENCE = 10.0
"""Seconds until servers that don't answer are given up."""
T = TypeVar("T")


class Broker:
    """Coroutines run on the connection's own loop, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        run = self._loop.run_forever
        self._thread = threading.Thread(target=run, name="nats", daemon=True)
        self._back: list[Callable[[], object]] = []
        self._client: Client
        self.streams: JetStreamContext
        self.closing = False

    def open(self) -> "Broker":
        """Connect.

        Raises:
            Unavailable: no server answers.
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

    async def tell(self, subject: str, body: bytes) -> None:
        """Say something to whoever listens now.

        Raises:
            Unavailable: there is no connection.
        """
        await answered(self._client.publish(subject, body))

    async def listen(
        self, subject: str, heard: Callable[[bytes], object]
    ) -> Callable[[], Awaitable[None]]:
        """Hear what is said on a subject from now on; returns how to stop."""

        async def take(message: Any) -> None:
            heard(message.data)

        made = await answered(self._client.subscribe(subject, cb=take))

        async def stop() -> None:
            await answered(made.unsubscribe())

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
                PATIENCE,
            )
        except TimeoutError:
            raise Unavailable("no NATS server answers: see SEGUE_NATS_URL") from None
        except (nats.errors.Error, OSError, ValueError) as error:
            raise Invalid(one_line(str(error)), pointer="SEGUE_NATS_URL") from None
        self.streams = self._client.jetstream(timeout=PATIENCE)

    async def _close(self) -> None:
        if hasattr(self, "_client"):
            await self._client.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def answered(work: Awaitable[T]) -> T:
    """What the servers say; their silence in our words, their refusals in theirs."""
    from nats.errors import Error
    from nats.js.errors import APIError, ServiceUnavailableError

    try:
        return await work
    except (Error, OSError) as error:
        if isinstance(error, APIError) and not isinstance(error, ServiceUnavailableError):
            raise
        said = one_line(str(error)) or type(error).__name__
        raise Unavailable(f"NATS does not answer: {said}") from error


async def _quiet(_: Exception) -> None:
    """Each call says itself what went wrong."""


def one_line(text: str) -> str:
    """What an error says, where a line holds it."""
    return " ".join(text.split())[:400]

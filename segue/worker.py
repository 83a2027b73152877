"""The background of a process: looks at due accounts, drains the outbox, and stops cleanly."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta

from engine.errors import Unavailable
from segue.jobs import Jobs
from service import calibrate, deliver, digests, evaluate, pack, pause, retention, tidy
from service.channel import Channel
from service.context import Change, Context
from service.retention import KEEP, Keep
from service.webhook_send import Post
from service.webhook_send import Sender as Hooks
from service.writer import writer_of
from store.leader import Leadership

log = logging.getLogger(__name__)
TICK = 1.0
"""Seconds between two looks at what is due by the clock; what comes in is looked at at once."""
SHARE = 4
"""While more comes in than is acknowledged, a step is followed by a rest of so many times its
length: what was acknowledged is looked at later, rather than the rest taken in slower."""
LONGEST_REST = 2.0
BACK = timedelta(minutes=1)
"""A clock that goes back by more was put back."""


class Worker:
    """Woken by changes, and by itself; every step can be repeated without harm."""

    def __init__(
        self,
        context: Context,
        channels: Mapping[str, Channel],
        keep: Keep = KEEP,
        *,
        more: Sequence[Callable[[], Awaitable[int]]] = (),
        post: Post | None = None,
    ) -> None:
        self._context, self._channels, self._keep, self._more = context, channels, keep, more
        self._wake = asyncio.Event()
        self._clock = context.clock.now()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._jobs: Jobs | None = None
        self._deaf: Callable[[], None] = _nothing
        holder = f"{socket.gethostname()}/{os.getpid()}"
        self._leadership = Leadership(context.database, holder)
        self._sender = deliver.Sender(context, channels, freed=self._wake.set)
        self._hooks = Hooks(context, post, freed=self._wake.set) if post else None

    async def step(self) -> int:
        """Everything that is owed or due now, to its end; says how much was due."""
        done = await self._step(lambda: deliver.run_due(self._context, self._channels))
        if self._hooks is not None:
            await self._hooks.settled()
        return done

    async def _step(self, send: Callable[[], Awaitable[int]]) -> int:
        await asyncio.to_thread(self._context.owed.pay)
        looked = await asyncio.to_thread(evaluate.run_due, self._context)
        told = await self._hooks.begin() if self._hooks is not None else 0
        return looked + told + await send() + sum([await more() for more in self._more])

    async def until_idle(self) -> None:
        """Steps until nothing is due at this instant."""
        await asyncio.to_thread(digests.run, self._context)
        while await self.step():
            pass
        await asyncio.to_thread(tidy.run, self._context)

    async def start(self) -> None:
        """Begin to work in the background."""
        loop = asyncio.get_running_loop()

        def changed(change: Change) -> None:
            if change.work and not self._wake.is_set():
                loop.call_soon_threadsafe(self._wake.set)

        self._deaf = self._context.signals.listen(changed)
        self._jobs = Jobs(
            tidy=lambda: tidy.run(self._led()),
            pack=self._pack,
            digests=lambda: digests.run(self._led()),
            nightly=lambda: night(self._led(), self._keep),
            lead=lambda: self._leadership.keep(self._context.clock.now()),
        )
        self._jobs.start()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is under way, then end."""
        self._stopping = True
        self._deaf()
        self._wake.set()
        if self._jobs is not None:
            self._jobs.stop()
        if self._task is not None:
            await self._task
        with suppress(Unavailable):  # Claims run out by themselves.
            await asyncio.to_thread(self._context.owed.pay)
        await asyncio.to_thread(self._leadership.resign)

    def _led(self) -> Context:
        """The context of the leader's jobs: they stop where another leads since."""
        return replace(self._context, database=self._leadership.fenced())

    def _pack(self) -> None:
        writer = writer_of(self._context.database)
        pack.run(self._leadership.fenced(), pressed=lambda: writer.pressed)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            self._see_the_clock()
            begun = time.monotonic()
            try:
                busy = await self._step(self._sender.begin)
            except Exception:
                # A locked or full database passes; a worker that ended would stay silent for good.
                log.exception("the worker's step failed; it is tried again")
                busy = 0
                await asyncio.sleep(TICK)
            if not busy and not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), TICK)
            elif writer_of(self._context.database).pressed and not self._stopping:
                await asyncio.sleep(min(SHARE * (time.monotonic() - begun), LONGEST_REST))
        await self._sender.settled()
        if self._hooks is not None:
            await self._hooks.settled()

    def _see_the_clock(self) -> None:
        now, before = self._context.clock.now(), self._clock
        self._clock = now
        if self._jobs is not None and now < before - BACK:
            log.warning("the clock was put back by %s", before - now)
            self._jobs.again()


def night(context: Context, keep: Keep = KEEP) -> None:
    """What a night is for: whether asks do harm, what forecasts teach, what is kept no longer."""
    with ExitStack() as rest:  # Trouble with one is no reason to leave the others.
        rest.callback(retention.run, context, keep)
        rest.callback(calibrate.nightly, context)
        rest.callback(digests.tidy, context)
        pause.watch(context)


def _nothing() -> None:
    """Nobody listens yet."""

"""Counts the usage that waits in front of the database: each worker its own partitions of it."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from engine.errors import Invalid, TooMany, Unavailable
from service import rejects
from service.checked import Checked
from service.context import Context
from service.intake import Written
from service.parcel import unpack
from service.rejects import Refusal
from service.usage import Rejection, Rules
from service.writer import writer_of
from store import jetstream
from store.broker import Broker
from store.buried import bury
from store.jetstream import PARTITIONS, Delivered
from store.partitions import Shares
from store.trouble import passing

log = logging.getLogger(__name__)
_EVERY = 5.0
"""Seconds between two looks at who owns what."""
_AGAIN = 1.0


class Merger:
    """Owns partitions, counts what they hold, and puts aside what can't be counted."""

    def __init__(self, context: Context, broker: Broker) -> None:
        self._context, self._broker = context, broker
        self._writer = writer_of(context.database)
        self._shares = Shares(context.database, PARTITIONS)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ending = asyncio.Event()
        self._running: Future[None] | None = None

    def start(self) -> None:
        """Begin to count."""
        self._running = self._broker.begin(self._run())

    def stop(self) -> None:
        """Finish what is at hand, and leave the partitions to others."""
        if self._running is not None:
            self._broker.soon(self._ending.set)
            self._running.result(30)
        self._shares.close()

    async def _run(self) -> None:
        while not self._ending.is_set():
            await self._own(await asyncio.to_thread(self._shares.held))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _EVERY)
        await self._own(set())

    async def _own(self, partitions: set[int]) -> None:
        """Begin with those that are new, and end with those that are not ours any more."""
        lost = [self._tasks.pop(n) for n in self._tasks.keys() - partitions]
        for task in lost:
            task.cancel()
        await asyncio.gather(*lost, return_exceptions=True)
        for n in partitions:
            if n not in self._tasks or self._tasks[n].done():
                self._tasks[n] = asyncio.create_task(self._keep_at(n))

    async def _keep_at(self, partition: int) -> None:
        # Asked each time, since before Python 3.12 `wait_for` may lose a cancellation.
        mine = asyncio.current_task()
        while self._tasks.get(partition) is mine:
            try:
                pull = await jetstream.pull(self._broker, partition)
                try:
                    while self._tasks.get(partition) is mine:
                        await _whole(self.count(await pull.next()))
                finally:
                    await pull.close()
            except Unavailable as error:
                log.warning("%s", error)
            except Exception:
                # Nobody else counts this partition: whoever gave up would leave its usage waiting.
                log.exception("usage of partition %d waits; it is tried again", partition)
            await asyncio.sleep(_AGAIN)

    async def count(self, parcels: Sequence[Delivered]) -> None:
        """Count each parcel; the writer makes one commit of those that wait."""
        if not parcels:
            return
        try:
            rules = await asyncio.to_thread(self._rules)
        except Unavailable:
            await asyncio.gather(*(jetstream.again(parcel, _AGAIN) for parcel in parcels))
            raise
        await asyncio.gather(*(self._one(parcel, rules) for parcel in parcels))

    async def _one(self, parcel: Delivered, rules: Rules) -> None:
        try:
            load = unpack(parcel.body, rules)
            written = await self._writer.take(load, rules.now) if load.rows else Written((), ())
        except Invalid as error:
            await self._bury(parcel, error.detail)
        except (TooMany, Unavailable):
            await jetstream.again(parcel, _AGAIN)
        except Exception as error:
            # A parcel that can't be counted may not hold up those behind it.
            if passing(error):
                await jetstream.again(parcel, _AGAIN)
            else:
                log.exception("a parcel of usage can't be counted; it is put aside")
                await self._bury(parcel, f"{type(error).__name__}: {error}")
        else:
            await self._tell(load, written)
            await jetstream.done(parcel)

    async def _bury(self, parcel: Delivered, reason: str) -> None:
        log.error("usage was put aside (see `segue dead-letters`): %s", reason)
        await bury(self._broker, parcel, reason)

    def _rules(self) -> Rules:
        catalogue = self._context.policy(within=1.0).catalogue
        return Rules(catalogue=catalogue, now=self._context.clock.now())

    async def _tell(self, load: Checked, written: Written) -> None:
        """Say whose usage changed, and note what was refused after it was acknowledged."""
        kept = zip(load.rows, written.fates, strict=True)
        changed = {row[3] for row, fate in kept if fate is True}
        if changed:
            self._context.signals.reported(changed, due=bool(written.due))
        if refused := [*load.rejections, *(f for f in written.fates if isinstance(f, Rejection))]:
            named = {row[0]: (row[3], row[4].key) for row in load.rows}
            found = [_refusal(one, named) for one in refused]
            await asyncio.to_thread(rejects.note, self._context, rejects.USAGE, found)


def _refusal(rejection: Rejection, named: dict[int, tuple[str, str]]) -> Refusal:
    account, meter = named.get(rejection.index, ("", ""))
    return Refusal(
        index=rejection.index,
        code=rejection.code,
        detail=rejection.detail,
        account=account,
        name=meter,
    )


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end, even where nobody wants to wait for it any more."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise

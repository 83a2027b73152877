"""Small writes of many requests at once, in few commits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from service.context import Context

Work = Callable[[Any], Any]


class Writes:
    """What waits is written together in the next commit; whoever waits is told what came of it."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")

    async def do(self, work: Work) -> Any:
        """Do this in the next commit, and say what came of it.

        Raises:
            Unavailable: the database does not take it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((work, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as error:  # Whoever waits is told.
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), value in zip(batch, found, strict=True):
                if not future.done():
                    future.set_result(value)

    def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> list[Any]:
        with self._database.write() as session:
            return [work(session) for work, _ in batch]

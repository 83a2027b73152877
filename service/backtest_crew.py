"""The processes that share a backtest's work; results come back in the order of the accounts."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from typing import TypeVar

from engine.errors import SegueError

T = TypeVar("T")
Task = Callable[[Sequence[str]], T]
_CHUNK = 32
"""Accounts a task has at most, read together; few, so that progress is seen and an end is near."""


class Crew:
    """Runs tasks over accounts, here or in other processes."""

    def __init__(self, pool: ProcessPoolExecutor | None, jobs: int) -> None:
        self._pool, self._jobs = pool, jobs

    def run(self, task: Task[T], accounts: Sequence[str]) -> Iterator[T]:
        """The task's result for each chunk of accounts, in their order.

        No more chunks are under way than the crew can soon work on, so results can't pile up.
        """
        chunks = _chunks(accounts, self._jobs)
        if self._pool is None:
            yield from map(task, chunks)
            return
        waiting = [self._pool.submit(task, chunk) for chunk in islice(chunks, 4 * self._jobs)]
        while waiting:
            done = waiting.pop(0).result()
            waiting += [self._pool.submit(task, chunk) for chunk in islice(chunks, 1)]
            yield done


class _Lost(SegueError):
    """A process of the crew is gone, for want of memory most likely: use fewer jobs."""


@contextmanager
def crew(jobs: int, prepare: Callable[..., None], *setting: object) -> Iterator[Crew]:
    """A crew of so many processes, each prepared once; one job works in this process.

    `prepare` and its arguments are sent to fresh processes, so the result can't depend on how many.
    """
    if jobs <= 1:
        prepare(*setting)
        yield Crew(None, 1)
        return
    begin = partial(_begin, prepare, *setting)
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=begin)
    try:
        yield Crew(pool, jobs)
    except BrokenProcessPool:
        raise _Lost("a process of the backtest was ended from outside; try fewer --jobs") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(prepare: Callable[..., None], *setting: object) -> None:
    """A worker dies of Ctrl-C without a word, and with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    follow_parent()
    prepare(*setting)


def follow_parent() -> None:
    """End this process when the one that started it does, however that comes about."""
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _chunks(accounts: Sequence[str], jobs: int) -> Iterator[Sequence[str]]:
    size = max(1, min(_CHUNK, len(accounts) // (4 * jobs)))
    waiting: Iterable[str] = iter(accounts)
    while chunk := list(islice(waiting, size)):
        yield chunk

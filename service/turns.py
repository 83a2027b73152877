"""Those who wait for the database at the same time go through together, in one commit.

Whoever gets the turn takes along all who wait; the others find their work done. No thread of its
own, no queue that outlives a request: a commit costs the same for one request as for twenty.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Job(Generic[T, R]):
    given: T
    weight: int
    results: list[R] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False


class Turns(Generic[T, R]):
    """Runs `work` for several at once; it must do all of it or raise.

    `work` takes what was given and returns one result for each; `most` bounds the weight of those
    that go together, `alike` says which may.
    """

    def __init__(
        self,
        work: Callable[[Sequence[T]], Sequence[R]],
        *,
        most: int,
        alike: Callable[[T, T], bool],
    ) -> None:
        self._work, self._most, self._alike = work, most, alike
        self._waiting: deque[_Job[T, R]] = deque()
        self._turn = threading.Lock()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def do(self, given: T, weight: int) -> R:
        """Have it done, alone or with others, and give its own result (or raise its own error)."""
        job = _Job[T, R](given, weight)
        self._waiting.append(job)
        while not job.done:
            with self._turn:
                if not job.done:
                    self._run(self._next())
        if job.error is not None:
            raise job.error
        return job.results[0]

    def _next(self) -> list[_Job[T, R]]:
        """The first who waits, and those behind who fit."""
        taken = [self._waiting.popleft()]
        weight = taken[0].weight
        while self._waiting:
            following = self._waiting[0]
            weight += following.weight
            if weight > self._most or not self._alike(taken[0].given, following.given):
                break
            taken.append(self._waiting.popleft())
        return taken

    def _run(self, jobs: Sequence[_Job[T, R]]) -> None:
        """Do it together; where that fails, each alone, so that one can't spoil the others."""
        try:
            for job, result in zip(jobs, self._work([j.given for j in jobs]), strict=True):
                job.results.append(result)
        except BaseException as error:
            if len(jobs) == 1:
                jobs[0].error = error
            else:
                for job in jobs:
                    self._run([job])
        for job in jobs:
            job.done = True

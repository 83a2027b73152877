"""The two passes over a data set, as `segue backtest` makes them: what is learned, what is said."""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bench.timing import work
from bench.timing.dataset import DataSet
from bench.timing.work import Ask, Asked, Told
from engine.alert import ReasonCode
from engine.calibration import learned
from engine.policy import Policy
from engine.reading import foreseen_from
from engine.record import Calibrations, Foreseen
from service.backtest_crew import Crew, crew

T = TypeVar("T")
Tell = Callable[[str, int, int], None]
"""Hears how far a step is: its name, accounts done, accounts in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A policy over a data set; `file`: where its calibrations lie for other processes."""

    policy: Policy
    foreseen: Sequence[Foreseen]
    calibrations: Calibrations
    file: Path
    told: Mapping[str, Told]

    @property
    def asks(self) -> list[Ask]:
        """Every ask, account by account."""
        return [ask for told in self.told.values() for ask in told.asks]


class Stand:
    """A data set with the processes that share the work on it."""

    def __init__(self, data: DataSet, hands: Crew, folder: Path, tell: Tell) -> None:
        self.data, self._hands, self._folder, self._tell = data, hands, folder, tell
        self._number = count()

    def rehearse(self, policy: Policy) -> Rehearsal:
        """Pass 1, every forecast and what it teaches; pass 2, every decision."""
        accounts = self.data.pressed(foreseen_from(policy))
        found = self._run("forecasts", partial(work.foresee, policy), accounts)
        foreseen = [one for chunk in found for one in chunk]
        calibrations = learned(foreseen, policy)
        file = self._folder / f"learned-{next(self._number)}"
        file.write_bytes(pickle.dumps(calibrations))
        return Rehearsal(
            policy=policy,
            foreseen=foreseen,
            calibrations=calibrations,
            file=file,
            told=self._replayed(policy, file, accounts),
        )

    def again(self, base: Rehearsal, policy: Policy, gates: frozenset[ReasonCode]) -> list[Ask]:
        """The asks of a policy that differs in these gates alone, or asks about less.

        Until its first other decision an account fares as before, and that decision is either an
        ask there was or something that only these gates held back: the others need no replay.
        """
        touched = [
            told.account
            for told in base.told.values()
            if told.asks or any(held <= gates for held in told.held)
        ]
        anew = {**base.told, **self._replayed(policy, base.file, touched)}
        return [ask for told in anew.values() for ask in told.asks]

    def baselines(self) -> dict[str, list[Asked]]:
        """The alerts of each of the benchmark's baselines."""
        said: dict[str, list[Asked]] = {}
        for chunk in self._run("baselines", work.baselines, list(self.data.accounts)):
            for name, alerts in chunk.items():
                said.setdefault(name, []).extend(alerts)
        return said

    def _replayed(self, policy: Policy, file: Path, accounts: Sequence[str]) -> dict[str, Told]:
        chunks = self._run("decisions", partial(work.replayed, policy, file), accounts)
        return {told.account: told for chunk in chunks for told in chunk}

    def _run(
        self, step: str, task: Callable[[Sequence[str]], T], accounts: Sequence[str]
    ) -> Iterator[T]:
        done = 0
        for chunk in self._hands.run(partial(_counted, task), accounts):
            size, found = chunk
            done += size
            self._tell(step, done, len(accounts))
            yield found


@contextmanager
def stand(data: DataSet, shared: Path, jobs: int, tell: Tell) -> Iterator[Stand]:
    """The data set, taken in by so many processes; how many changes nothing but the time."""
    with TemporaryDirectory() as folder, crew(jobs, work.prepare, data, shared) as hands:
        yield Stand(data, hands, Path(folder), tell)


def _counted(task: Callable[[Sequence[str]], T], accounts: Sequence[str]) -> tuple[int, T]:
    return len(accounts), task(accounts)

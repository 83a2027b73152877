"""The passes of a backtest over all accounts: forecasts, what they teach, and the replay."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from engine.calibration import learned
from engine.record import Foreseen
from service import backtest_work
from service.backtest_against import Difference
from service.backtest_choice import Chosen, Picker
from service.backtest_crew import Crew, crew
from service.backtest_reliability import reliability
from service.backtest_results import AccountResult, Reliability, Totals
from service.backtest_source import Origin
from service.backtest_work import Side
from templates.backtest_view import Timeline

Tell = Callable[[str, int, int, int], None]
"""Hears how far a step is: its name, accounts done, accounts in all, account-days done."""
Lines = Callable[[str, str], None]
"""Takes the lines of ALERTS and of D, account by account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one policy came to."""

    totals: Totals
    reliability: Reliability


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a backtest came to; `sides`: --config's, then --against's where it was given.

    `drawn`: the accounts worth looking at, with their timelines, where a report was wanted.
    """

    first: datetime
    end: datetime
    sides: tuple[Outcome, ...]
    differences: tuple[Difference, ...]
    drawn: tuple[tuple[Chosen, tuple[Timeline, ...]], ...] = ()


@dataclass(kw_only=True)
class _Run:
    """One backtest under way."""

    sides: Sequence[Side]
    accounts: Sequence[str]
    learned: Path
    tell: Tell
    crew: Crew
    totals: list[Totals] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    picker: Picker = field(default_factory=Picker)

    def foresee(self) -> list[Reliability]:
        """Pass 1: every forecast, what it came to, and the calibrations that follow from it."""
        seen: list[list[Foreseen]] = [[] for _ in self.sides]
        done = days = 0
        for found in self.crew.run(backtest_work.foresee, self.accounts):
            for mine, one in zip(seen, found.sides, strict=True):
                mine += one
            done, days = done + found.accounts, days + found.days
            self.tell("forecasts", done, len(self.accounts), days)
        pairs = list(zip(seen, self.sides, strict=True))
        calibrations = [learned(one, side.policy) for one, side in pairs]
        self.learned.write_bytes(pickle.dumps(calibrations))
        return [
            reliability(one, how, side.policy.forecast.calibrate_from)
            for (one, side), how in zip(pairs, calibrations, strict=True)
        ]

    def replay(self, lines: Lines) -> None:
        """Pass 2: every decision, one account after another in the order of their names."""
        self.totals = [Totals() for _ in self.sides]
        task = partial(backtest_work.replayed, self.learned)
        for chunk in self.crew.run(task, self.accounts):
            for one in chunk:
                lines(one.alerts, one.decisions)
                self._count(one.results, one.differences)
            totals = self.totals[0]
            self.tell("decisions", totals.accounts, len(self.accounts), totals.days)

    def draw(self) -> tuple[tuple[Chosen, tuple[Timeline, ...]], ...]:
        """A closer look at the accounts that are worth it."""
        chosen = self.picker.chosen()
        task = partial(backtest_work.closer, self.learned)
        found = [one for chunk in self.crew.run(task, [c.account for c in chosen]) for one in chunk]
        return tuple(zip(chosen, found, strict=True))

    def _count(self, results: Sequence[AccountResult], differences: Sequence[Difference]) -> None:
        for totals, result in zip(self.totals, results, strict=True):
            totals.add(result)
        self.picker.see(results[0])
        self.differences += differences


def run(
    origin: Origin,
    sides: Sequence[Side],
    *,
    jobs: int,
    folder: Path,
    lines: Lines,
    tell: Tell,
    draw: bool = False,
    only: Sequence[str] | None = None,
    days: int | None = None,
) -> Findings:
    """Replay recorded usage under each policy.

    `folder`: where what was learned is kept meanwhile; `draw`: look closer at some accounts;
    `only`: these accounts; `days`: tell of as many days at the end (all before are replayed too).
    """
    source = origin.open()
    first, end = source.span()
    accounts = source.names() if only is None else sorted(set(only) & set(source.names()))
    source.close()
    since = None if days is None else end - timedelta(days=days)
    jobs = max(1, min(jobs, len(accounts)))
    with crew(jobs, backtest_work.prepare, origin, tuple(sides), end, since) as hands:
        work = _Run(
            sides=sides, accounts=accounts, learned=folder / "learned", tell=tell, crew=hands
        )
        scores = work.foresee()
        work.replay(lines)
        drawn = work.draw() if draw else ()
    backtest_work.finish()
    return Findings(
        first=max(first, since or first),
        end=end,
        sides=tuple(
            Outcome(totals=totals, reliability=score)
            for totals, score in zip(work.totals, scores, strict=True)
        ),
        differences=tuple(work.differences),
        drawn=drawn,
    )

"""How true the probabilities are: their Brier score beside the run-rate's, on the same days.

A look is at nine o'clock (UTC) of each day of a month that is over, with 30 to 100 % of the limit
used and p known. Run-rate: what was used so far this month, over the part of it that has passed,
goes on to its end. Its p is a step (1 where that meets the limit, else 0); the fitted run-rate is
the best logistic of log(projection / limit), fitted in hindsight on the very days it is scored on,
so that nobody can say the rule was given a poor scale.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.world.account import Account, Month, midnight
from bench.world.foresee import Forecasts

_AT = timedelta(hours=9)
_USED = (0.3, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One day's forecast of one account, the run-rate's, and what came of it."""

    p: float
    run_rate: float
    crossed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Brier scores on the same looks; `base`: always saying how many crossed."""

    looks: int
    p: float
    step: float
    fitted: float
    base: float

    @property
    def below(self) -> float:
        """By how much p's is below the step's, as a share."""
        return 1 - self.p / self.step if self.step else float("nan")


def looks(account: Account, months: Iterable[Month], forecasts: Forecasts) -> Iterator[Look]:
    """Every look at the account that counts."""
    days = [(month, at) for month in months for at in _mornings(month, account)]
    rated = [(month, at, rate) for month, at in days if (rate := projected(account, month, at))]
    said = forecasts(account, [at for _, at, _ in rated])
    for (month, _, rate), p in zip(rated, said, strict=True):
        if p is not None:
            yield Look(p=p, run_rate=rate, crossed=month.crossed is not None)


def decided(
    account: Account, months: Iterable[Month], said: Iterable[tuple[datetime, float]]
) -> Iterator[Look]:
    """The same for the instants at which the backtest's decisions told a p."""
    given = list(said)
    for month in months:
        for at, p in given:
            if month.start <= at < month.end and (rate := projected(account, month, at)):
                yield Look(p=p, run_rate=rate, crossed=month.crossed is not None)


def projected(account: Account, month: Month, at: datetime) -> float | None:
    """Where the run-rate ends the month, in limits; None where the day does not count."""
    first, last = np.searchsorted(account.at, (month.start.timestamp(), at.timestamp()))
    used = float(account.value[first:last].sum()) / account.limit
    if not _USED[0] <= used < _USED[1]:
        return None
    began = max(month.start, midnight(account.since))
    passed = max((at - began) / timedelta(days=1), 0.5)
    return used * ((month.end - began) / timedelta(days=1)) / passed


def scores(seen: Iterable[Look]) -> Scores:
    """Brier scores of p and of the run-rate."""
    rows = np.array([(look.p, look.run_rate, look.crossed) for look in seen], dtype=np.float64)
    if not len(rows):
        nothing = float("nan")
        return Scores(looks=0, p=nothing, step=nothing, fitted=nothing, base=nothing)
    p, rate, crossed = rows.T
    return Scores(
        looks=len(rows),
        p=_brier(p, crossed),
        step=_brier((rate >= 1).astype(np.float64), crossed),
        fitted=_brier(_fitted(np.log(rate), crossed), crossed),
        base=_brier(np.full(len(rows), crossed.mean()), crossed),
    )


def reliability(seen: Iterable[Look], edges: Iterable[float]) -> Iterator[tuple[int, float, float]]:
    """Per range of p: how many looks, what was said on average, and what happened."""
    rows = np.array([(look.p, look.crossed) for look in seen], dtype=np.float64).reshape(-1, 2)
    for low, high in pairwise(edges):
        inside = rows[(rows[:, 0] >= low) & (rows[:, 0] < high)]
        if len(inside):
            yield len(inside), float(inside[:, 0].mean()), float(inside[:, 1].mean())


def _mornings(month: Month, account: Account) -> Iterator[datetime]:
    at = max(month.start, midnight(account.since)) + _AT
    while at < month.end:
        yield at
        at += timedelta(days=1)


def _brier(p: NDArray[np.float64], happened: NDArray[np.float64]) -> float:
    return float(np.mean((p - happened) ** 2))


def _fitted(x: NDArray[np.float64], happened: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression on one feature by Newton's steps, hardly held back."""
    features = np.column_stack((np.ones(len(x)), x))
    weights = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (happened - p) - 1e-3 * weights
        curve = (features * (p * (1 - p))[:, None]).T @ features + 1e-3 * np.eye(2)
        weights += np.linalg.solve(curve, slope)
    fitted: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
    return fitted

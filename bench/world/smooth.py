"""The smooth generator: a level that grows, a shape of the week, noise that lingers, some trouble.

Every day has its own mean, and what was used is drawn around it. About 45 % of the
account-months cross.
"""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.world.account import DAY, HOUR, Account, midnight

_LADDER = np.outer(10.0 ** np.arange(1, 7), (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)).ravel()
_HEADROOM = 0.05
"""The limit people chose lies about so much above a typical month, on the log scale."""


def account(rng: np.random.Generator, name: str, start: date, days: int) -> Account:
    """One account of `days` days from `start` on; nearly half of them sign up later."""
    begins = 0 if rng.random() < 0.55 else int(rng.integers(1, max(days * 6 // 10, 2)))
    first, size = start + timedelta(days=begins), days - begins
    mean = _mean(rng, first, size)
    amounts = _late(rng, rng.poisson(mean * _bursts(rng, size)))
    typical = 30.4 * float(mean.mean())
    wanted = typical * np.exp(rng.normal(_HEADROOM, 0.22))
    limit = int(_LADDER[np.abs(np.log(_LADDER / wanted)).argmin()])
    at, value = _spread(rng, first, amounts)
    return Account(name=name, since=first, limit=limit, at=at, value=value)


def _mean(rng: np.random.Generator, first: date, size: int) -> NDArray[np.float64]:
    """Level, growth, the week's shape, lingering noise, a change of regime, and silent days."""
    level = np.exp(rng.normal(3.4, 0.8))
    growth = rng.normal(0.02, 0.03) / 30 * np.arange(size)
    week = np.exp(rng.normal(0, 0.08, 7))
    week[5:] *= rng.uniform(0.05, 0.4) if rng.random() < 0.75 else rng.uniform(0.8, 1.1)
    shape = week[(first.weekday() + np.arange(size)) % 7]
    mean: NDArray[np.float64] = level * np.exp(growth + _lingering(rng, size)) * shape
    if size and rng.random() < 0.25:
        mean[int(rng.integers(size)) :] *= np.exp(rng.normal(0.1, 0.4))
    if rng.random() < 0.20:
        works = rng.uniform(0.25, 0.55)
        mean *= (rng.random(size) < works) / works
    return mean


def _lingering(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    noise, last = np.zeros(size), 0.0
    for day, shock in enumerate(rng.normal(0, 0.2, size)):
        last = 0.6 * last + shock
        noise[day] = last
    return noise


def _bursts(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Now and then a day or two of several times as much."""
    factor = np.ones(size)
    for _ in range(rng.poisson(size / 150)):
        day = int(rng.integers(size))
        factor[day : day + int(rng.integers(1, 3))] *= rng.uniform(3, 6)
    return factor


def _late(rng: np.random.Generator, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Backfills: some days come in together on the day after."""
    amounts = amounts.copy()
    for _ in range(rng.poisson(len(amounts) / 200)):
        day, span = int(rng.integers(len(amounts))), int(rng.integers(2, 5))
        if day + span < len(amounts):
            amounts[day + span] += amounts[day : day + span].sum()
            amounts[day : day + span] = 0
    return amounts


def _spread(
    rng: np.random.Generator, first: date, amounts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each day's amount over three of its working hours."""
    hours = np.sort(rng.integers(8, 20, (len(amounts), 3)), axis=1)
    parts = rng.multinomial(amounts, (0.3, 0.4, 0.3)).astype(np.int64)
    days = int(midnight(first).timestamp()) + DAY * np.arange(len(amounts))[:, None]
    at, value = (days + HOUR * hours).ravel(), parts.ravel()
    return at[value > 0], value[value > 0]

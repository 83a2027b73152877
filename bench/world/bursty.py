"""The bursty generator: people who switch on and off, orders that come in lumps, monthly closings.

No level and no mean: events come from seats, orders or a closing calendar, and silence is the
normal state. About 15 % of the account-months cross.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from bench.world.account import HOUR, Account, following, midnight

Happening: TypeAlias = tuple[int, int]
"""An epoch second and an amount."""

_STEP = 1.6
"""The plans' limits: 40, and each so many times the one before."""


def account(rng: np.random.Generator, name: str, start: date, days: int) -> Account:
    """One account: a team (half of them), a buyer of lumps, or a monthly closing."""
    end = start + timedelta(days=days)
    since = min(start + timedelta(days=int(rng.exponential(days / 5))), end - timedelta(days=1))
    kind = (_team, _buyer, _closing)[int(rng.choice(3, p=(0.5, 0.3, 0.2)))]
    events = sorted(kind(rng, since, end)) or [(_second(since, 12), 1)]
    at = np.array([second for second, _ in events], dtype=np.int64)
    value = np.array([amount for _, amount in events], dtype=np.int64)
    busy = max(float(value.sum()) / max((end - since).days / 30.4, 1.0), 1.0)
    chosen = np.log(busy * rng.uniform(0.75, 1.6) / 40) / np.log(_STEP)
    limit = round(40 * _STEP ** max(np.ceil(chosen), 0))
    return Account(name=name, since=since, limit=limit, at=at, value=value)


def _team(rng: np.random.Generator, since: date, end: date) -> Iterator[Happening]:
    """Seats switch between spells of work and idleness; hires come in groups, rarely one leaves."""
    hired, begins, ends = int(rng.integers(2, 9)), rng.uniform(0.08, 0.3), rng.uniform(0.06, 0.25)
    busy = rng.random(hired) < begins / (begins + ends)
    rate, closes = rng.uniform(1.5, 7), rng.uniform(1, 4)
    away = since + timedelta(days=int(rng.integers(0, 365)))
    for day in _days(since, end):
        if rng.random() < 1 / 80:
            busy = np.append(busy, rng.random(1 + rng.geometric(0.5)) < 0.5)
        if len(busy) > 1 and rng.random() < 1 / 150:
            busy = busy[:-1]
        busy = np.where(busy, rng.random(len(busy)) >= ends, rng.random(len(busy)) < begins)
        works = _season(day) * (0.03 if day.weekday() > 4 else 1.0)
        works *= 0.1 if away <= day < away + timedelta(days=9) else 1.0
        works *= closes if _last_working_days(day) else 1.0
        for _ in range(int(rng.binomial(busy.sum(), min(works, 1.0)))):
            amount = int(rng.negative_binomial(2, 2 / (2 + rate * max(works, 1.0))))
            if amount:
                yield _second(day, int(rng.integers(7, 22))), amount


def _buyer(rng: np.random.Generator, since: date, end: date) -> Iterator[Happening]:
    """Orders of many lines within hours, then silence for days or weeks; sometimes a small one."""
    quiet, size = rng.uniform(6, 24), np.exp(rng.normal(4, 0.7))
    day = since
    while day < end:
        hour = int(rng.integers(6, 18))
        for late in range(int(rng.integers(1, 4))):
            amount = size * np.exp(rng.normal(0, 0.6)) * _season(day)
            yield _second(day, hour + late), 1 + int(amount)
        gap = 3 + int(rng.gamma(2, quiet / 2))
        if gap > 9 and rng.random() < 0.3:
            small = day + timedelta(days=int(rng.integers(3, gap)))
            if small < end:
                yield _second(small, 11), 1 + int(size / 15)
        day += timedelta(days=gap)


def _closing(rng: np.random.Generator, since: date, end: date) -> Iterator[Happening]:
    """Nearly everything within a few days of each month, the rest of it almost nothing."""
    opens, span, size = int(rng.integers(1, 25)), int(rng.integers(2, 6)), rng.lognormal(4.5, 0.6)
    for day in _days(since, end):
        if opens <= day.day < opens + span:
            yield _second(day, int(rng.integers(8, 20))), 1 + int(size * rng.lognormal(0, 0.45))
        elif rng.random() < 0.04:
            yield _second(day, 15), 1 + int(rng.integers(0, 4))


def _season(day: date) -> float:
    """Little at the turn of the year, half in August."""
    if (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 2):
        return 0.12
    return 0.5 if day.month == 8 and 4 <= day.day <= 24 else 1.0


def _last_working_days(day: date) -> bool:
    left = (following(midnight(day)).date() - day).days
    return left <= (4 if day.weekday() in (3, 4) else 2)


def _days(since: date, end: date) -> Iterator[date]:
    return (since + timedelta(days=n) for n in range((end - since).days))


def _second(day: date, hour: int) -> int:
    return int(midnight(day).timestamp()) + hour * HOUR

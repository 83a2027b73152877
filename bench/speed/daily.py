"""The daily pass: one decision for each of many accounts, from snapshots as the store loads them.

Every account has two meters with a long history and four people with days of their own. Levels,
growth, weekends, silent days and headroom are drawn; about one account in four has used 80 % or
more of a limit on the day.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.speed.clock import Clock
from engine.alert import Outcome
from engine.decide import decide_all
from engine.policy import Policy
from engine.snapshot import AccountFacts, Person, Role, Snapshot, UserDays
from engine.usage import (
    Aggregation,
    AtLimit,
    ClosedPeriod,
    MeterKind,
    MeterUse,
    Period,
    PeriodKind,
    period_of,
)

_TODAY = date(2025, 11, 20)
_NOW = datetime.combine(_TODAY, time(9), UTC)
_BATCH, _SEED = 500, 1
_PEOPLE = 4
_METERS = ("reports", "exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a daily pass took; `pressed`: accounts with 80 % or more of a limit used."""

    accounts: int
    history: int
    pressed: int
    outcomes: Counter[Outcome]
    clock: Clock


def daily_pass(accounts: int, history: int) -> Pass:
    """Decide for all of them; making the snapshots is not counted."""
    clock, outcomes, policy = Clock(), Counter[Outcome](), Policy()
    pressed = 0
    for number, size in enumerate(_sizes(accounts)):
        batch = snapshots(number=number, size=size, history=history)
        with clock.running():
            decisions = decide_all(batch, policy, _NOW)
        outcomes.update(decision.outcome for decision in decisions)
        pressed += sum(any(m.used * 10 >= (m.limit or 0) * 8 for m in s.meters) for s in batch)
    return Pass(accounts=accounts, history=history, pressed=pressed, outcomes=outcomes, clock=clock)


def _sizes(accounts: int) -> Iterator[int]:
    for first in range(0, accounts, _BATCH):
        yield min(_BATCH, accounts - first)


def snapshots(*, number: int, size: int, history: int) -> list[Snapshot]:
    """The batch of that number, the same at every run."""
    rng = np.random.default_rng((_SEED, history, number))
    return list(_snapshots(rng, number * _BATCH, size, history))


def _snapshots(rng: np.random.Generator, first: int, size: int, history: int) -> Iterator[Snapshot]:
    amounts = [_amounts(rng, size, history) for _ in _METERS]
    periods = list(_periods(history))
    spread = [np.exp(rng.normal(0.35, 0.35, size)) for _ in _METERS]
    begin = _TODAY - timedelta(history - 1)
    days = [begin + timedelta(n) for n in range(history)]
    works = rng.random((size, _PEOPLE, history)) < rng.uniform(0.1, 0.6, (size, _PEOPLE, 1))
    for n in range(size):
        meters = tuple(
            _meter(key, of_meter[n], float(factor[n]), periods)
            for key, of_meter, factor in zip(_METERS, amounts, spread, strict=True)
        )
        busy = meters[0].daily
        yield Snapshot(
            account=AccountFacts(
                id=f"a{first + n:06d}",
                name=f"Account {first + n}",
                plan="base",
                next_plan="larger",
                time_zone="UTC",
                locale="en",
                currency="EUR",
                seats=_PEOPLE,
                since=begin,
            ),
            meters=meters,
            people=tuple(
                Person(id=f"p{p}", role=Role.USER if p else Role.CHAMPION, reachable=("email",))
                for p in range(_PEOPLE)
            ),
            user_days=tuple(
                UserDays(
                    user=f"p{p}",
                    days=tuple(days[d] for d in np.flatnonzero(works[n, p]).tolist() if busy[d]),
                )
                for p in range(_PEOPLE)
            ),
            live_since=datetime.combine(begin, time(), UTC),
        )


def _amounts(rng: np.random.Generator, size: int, history: int) -> NDArray[np.float64]:
    """Whole units a day, a row each account."""
    day = np.arange(history)
    weekday = (_TODAY.toordinal() - history + 1 + day - 1) % 7
    level = np.exp(rng.normal(3.0, 1.0, (size, 1)))
    growth = np.exp(rng.normal(0.0007, 0.001, (size, 1)) * (day - history))
    week = np.where(weekday >= 5, rng.uniform(0.0, 1.0, (size, 1)), 1.0)
    noise = rng.gamma(2.0, 0.5, (size, history))
    awake = rng.random((size, history)) < rng.uniform(0.2, 1.0, (size, 1))
    return rng.poisson(level * growth * week * noise * awake).astype(np.float64)


def _periods(history: int) -> Iterator[tuple[Period, int]]:
    """The calendar months of the history with the index of each one's first day; oldest first."""
    begin = _TODAY - timedelta(history - 1)
    day = begin.replace(day=1)
    while day <= _TODAY:
        period = period_of(PeriodKind.MONTH, day)
        yield period, max((period.start - begin).days, 0)
        assert period.end is not None
        day = period.end


def _meter(
    key: str, amounts: NDArray[np.float64], headroom: float, periods: list[tuple[Period, int]]
) -> MeterUse:
    limit = Decimal(max(round(30 * float(amounts[-90:].mean()) * headroom), 10))
    running = np.concatenate(([0.0], np.cumsum(amounts)))
    closed = [
        ClosedPeriod(
            start=period.start,
            end=following.start,
            used=Decimal(int(running[end] - running[start])),
            limit=limit,
        )
        for (period, start), (following, end) in pairwise(periods)
    ]
    current, start = periods[-1]
    return MeterUse(
        key=key,
        name_one=key[:-1],
        name_other=key,
        value="delivered",
        kind=MeterKind.RESET,
        aggregation=Aggregation.SUM,
        meaningful=True,
        at_limit=AtLimit.CONTINUES,
        period=current,
        used=Decimal(int(running[-1] - running[start])),
        limit=limit,
        limit_known=True,
        next_limit=limit * 2,
        first_day=_TODAY - timedelta(len(amounts) - 1),
        daily=tuple(amounts.tolist()),
        closed=tuple(closed),
    )

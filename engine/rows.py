"""Looks at one series or at many, laid end to end, so that they are read together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.chance import Outlooks
from engine.history import Flags, Floats, Ints
from engine.policy import ForecastPolicy, Policy
from engine.series import Looks, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A row each look. `days`, `usable`: of all series, each after a stretch of empty ones.

    Indexes into them: `at`, the day of the look; `base`, the first of its series; `begin`, of its
    first use; `start`, of the period. `day`: the look's ordinal. `used`, `so_far`, `ahead`, `flow`
    and `limit` as in `Looks` and `Series`.
    """

    days: Floats
    usable: Flags
    at: Ints
    base: Ints
    begin: Ints
    start: Ints
    day: Ints
    used: Floats
    so_far: Floats
    ahead: Ints
    flow: Flags
    limit: Floats

    def of(self, which: Flags | Ints | slice) -> "Rows":
        """Some of the looks."""
        return replace(self, **{name: getattr(self, name)[which] for name in _BY_ROW})


_BY_ROW = ("at", "base", "begin", "start", "day", "used", "so_far", "ahead", "flow", "limit")


def rows(parts: Sequence[tuple[Series, Looks]], policy: ForecastPolicy) -> Rows:
    """Lay the series end to end; their looks follow in the same order."""
    empty = max(policy.memory_days, policy.history_days)
    bases, end = [], 0
    for series, _ in parts:
        bases.append(end + empty)
        end += empty + len(series.days)
    days, usable = np.zeros(end), np.zeros(end, dtype=np.bool_)
    for low, (series, _) in zip(bases, parts, strict=True):
        days[low : low + len(series.days)] = series.days
        usable[low : low + len(series.days)] = series.usable
    count = [len(looks.index) for _, looks in parts]

    def each(values: Sequence[float]) -> Floats:
        return np.repeat(np.array(values), count)

    def all_of(name: str) -> Floats:
        return np.concatenate([getattr(looks, name) for _, looks in parts])

    base = np.repeat(np.array(bases, dtype=np.int64), count)
    index = all_of("index").astype(np.int64)
    first = np.repeat(np.array([series.first for series, _ in parts], dtype=np.int64), count)
    begin = np.repeat(np.array([series.begin for series, _ in parts], dtype=np.int64), count)
    return Rows(
        days=days,
        usable=usable,
        at=base + index,
        base=base,
        begin=base + begin,
        start=base + all_of("start").astype(np.int64),
        day=first + index,
        used=all_of("used"),
        so_far=all_of("so_far"),
        ahead=all_of("ahead").astype(np.int64),
        flow=each([series.flow for series, _ in parts]).astype(np.bool_),
        limit=each([series.limit for series, _ in parts]),
    )


def enough(looks: Rows, policy: ForecastPolicy, *, back: int = 0) -> Flags:
    """Where there is the history a forecast needs; `back`: as many days earlier."""
    known = np.concatenate(([0], np.cumsum(looks.usable)))
    at = looks.at - back
    some: Flags = known[at] - known[at - policy.history_days] >= policy.min_days
    return some


def outlooks(looks: Rows, policy: Policy, *, skip: Ints | None = None, back: int = 0) -> Outlooks:
    """What each look knows; `skip`: a day left out, `back`: as many days earlier."""
    memory = policy.forecast.memory_days
    at = looks.at - back
    kept = sliding_window_view(looks.usable, memory)[at - memory]
    before, so_far = looks.used - looks.so_far, looks.so_far
    if back:
        before, so_far = before - looks.days[at], np.zeros(len(at))
    if skip is not None:
        earlier = skip < looks.at
        before = before - np.where(earlier, looks.days[skip], 0.0)
        so_far = np.where(earlier, so_far, 0.0)
        column = skip - at + memory
        inside = earlier & (column >= 0)
        kept[np.flatnonzero(inside), column[inside]] = False
    return Outlooks(
        days=sliding_window_view(looks.days, memory)[at - memory],
        kept=kept,
        day=looks.day - back,
        so_far=so_far,
        missing=looks.limit - before,
        ahead=looks.ahead + back,
        damped=looks.at - looks.begin >= policy.stage.onboarding_days,
    )


def top_days(looks: Rows, policy: ForecastPolicy) -> tuple[Ints, Flags]:
    """The highest day of each look's period (-1: none), and whether it alone carries it."""
    last, used = looks.at, looks.used
    # A level has no period of its own, and what an account began with is no spike.
    of_level = np.maximum(last + 1 - policy.history_days, looks.begin + 1)
    begin = np.where(looks.flow, looks.start, of_level)
    top, carries = np.full(len(last), -1), np.zeros(len(last), dtype=np.bool_)
    some = np.flatnonzero((begin <= last) & (used > 0))
    if not len(some):
        return top, carries
    begin, last = begin[some], last[some]
    best = _highest(looks.days, begin, last)
    amount = np.where(best < last, looks.days[best], 0.0)
    today = (best == last) | (looks.so_far[some] > amount)
    top[some] = np.where(today, last, best)
    share = np.where(today, looks.so_far[some], amount) / used[some]
    carries[some] = share >= policy.one_off_share
    return top, carries


def _highest(days: Floats, begin: Ints, end: Ints) -> Ints:
    """The first of the highest days in each [begin, end); `end` where there is none."""
    best = end.copy()
    some = np.flatnonzero(begin < end)
    if not len(some):
        return best
    width = int((end - begin).max())
    day = begin[some, None] + np.arange(width)
    inside = day < end[some, None]
    amounts = np.where(inside, days[np.minimum(day, len(days) - 1)], -np.inf)
    best[some] = begin[some] + amounts.argmax(axis=1)
    return best

"""Whether a limit will be met, and around when, read from the account's own days.

Only complete days are learned from; what came in today so far counts as used, so that more of it
can only bring the crossing nearer. Looks at one meter are made together: all days of a replay, or
today alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.chance import Outlooks, chances, crossing_days
from engine.decision import Forecast
from engine.history import Flags, Floats, Ints, changes, is_flow
from engine.policy import ForecastPolicy, Policy
from engine.snapshot import Calibration
from engine.usage import MeterKind, MeterUse, Period

_LIKELY = 0.5
"""Crossing dates are given from this probability on: below, there is nothing to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One meter's days, from the ordinal `first` on, and what they are held against.

    `days`: what each day added; `usable`: days a forecast may learn from. `begin`: index of the
    first day of use. `flow`: days add up to a period; else what is gained stays.
    """

    meter: str
    first: int
    days: Floats
    usable: Flags
    begin: int
    flow: bool
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Days of a series that are looked at: `index` of each, what was used and came in that day.

    `start`: index of the period's first day; `ahead`: days to the reset, the day itself included.
    """

    index: Ints
    used: Floats
    so_far: Floats
    start: Ints
    ahead: Ints

    def of(self, which: Flags | Ints) -> "Looks":
        """Some of them."""
        return Looks(
            index=self.index[which],
            used=self.used[which],
            so_far=self.so_far[which],
            start=self.start[which],
            ahead=self.ahead[which],
        )


def foresee(
    meter: MeterUse, today: date, policy: Policy, calibration: Calibration | None
) -> Forecast:
    """Forecast one meter today; `known` False where it can't be told."""
    series = series_of(meter, today)
    if series is None:
        young = _young(changes(meter, today), policy)
        return Forecast(meter=meter.key, known=False, ramp=young)
    looks = _look(meter, series, today, policy.forecast)
    return foresee_all(series, looks, policy, (calibration,))[0]


def foresee_all(
    series: Series, looks: Looks, policy: Policy, calibrations: Sequence[Calibration | None]
) -> list[Forecast]:
    """Forecast one meter on several days; `calibrations`: the one in force on each."""
    met = looks.used >= series.limit
    open_now = _enough(series, looks, policy.forecast) & ~met & (looks.ahead > 0)
    raw = np.where(met, 1.0, np.nan)
    raw[open_now] = _chances(series, looks.of(open_now), policy)
    p = np.array([calibrated(r, c) for r, c in zip(raw.tolist(), calibrations, strict=True)])
    p[met] = 1.0
    top, carries = _top_days(series, looks, policy.forecast)
    one_off = carries.copy()
    doubt = np.flatnonzero(~carries & (p >= policy.forecast.one_off_p) & (top >= 0))
    without = _chances_without(series, looks.of(doubt), policy, top[doubt])
    # One day is too much where without it nothing was to be foreseen at all: a raw question.
    one_off[doubt] = without < policy.forecast.one_off_p
    bars = np.array([bar(policy, c) for c in calibrations])
    pressing = np.flatnonzero(open_now & (p >= bars))
    before = np.full(len(p), np.nan)
    before[pressing] = _chances_before(series, looks.of(pressing), policy)
    dated = np.flatnonzero(open_now & (p >= _LIKELY))
    days = np.full((len(p), 3), -1)
    if len(dated):
        days[dated] = crossing_days(_outlooks(series, looks.of(dated), policy), policy.forecast)
    enough = _enough(series, looks, policy.forecast)
    return [
        Forecast(
            meter=series.meter,
            known=bool(enough[i]) and not np.isnan(raw[i]),
            p_raw=None if np.isnan(raw[i]) else float(raw[i]),
            p=None if np.isnan(raw[i]) else float(p[i]),
            **_dates(series.first + int(looks.index[i]), days[i]),
            one_off=bool(one_off[i]),
            ramp=int(looks.index[i]) - series.begin < policy.stage.onboarding_days,
            p_previous=None
            if np.isnan(before[i])
            else calibrated(float(before[i]), calibrations[i]),
        )
        for i in range(len(p))
    ]


def raw_chances(series: Series, looks: Looks, policy: Policy) -> Floats:
    """The uncalibrated probability at each look; not a number where it can't be told."""
    raw = np.full(len(looks.index), np.nan)
    can = _enough(series, looks, policy.forecast) & (looks.used < series.limit) & (looks.ahead > 0)
    raw[can] = _chances(series, looks.of(can), policy)
    return raw


def bar(policy: Policy, calibration: Calibration | None) -> float:
    """The probability from which pace speaks, on the scale in force."""
    return policy.pace.p if calibration is None else policy.pace.p_calibrated


def calibrated(raw: float, calibration: Calibration | None) -> float:
    """What happened where `raw` was said; `raw` itself before there is a calibration."""
    if calibration is None or not calibration.raw:
        return raw
    return float(np.interp(raw, calibration.raw, calibration.happened))


def history_days(meter: MeterUse, today: date, policy: ForecastPolicy) -> int:
    """Complete days a forecast could rest on: since first use, without backfills, lately."""
    days = changes(meter, today)
    usable, _ = _usable(meter, days, today)
    return int(usable[: len(days) - 1][-policy.history_days :].sum())


def foreseeable(meter: MeterUse) -> bool:
    """Whether the meter's days say when its limit is met: they add up, or stay once gained."""
    return is_flow(meter) or meter.kind is MeterKind.CUMULATIVE


def series_of(meter: MeterUse, today: date) -> Series | None:
    """The meter's days as a series; None where there is no limit or nothing to foresee."""
    if meter.limit is None or not meter.limit_known or not foreseeable(meter):
        return None
    days = changes(meter, today)
    if not len(days):
        return None
    usable, begin = _usable(meter, days, today)
    return Series(
        meter=meter.key,
        first=today.toordinal() - len(days) + 1,
        days=days,
        usable=usable,
        begin=begin,
        flow=is_flow(meter),
        limit=float(meter.limit),
    )


def _usable(meter: MeterUse, days: Floats, today: date) -> tuple[Flags, int]:
    """Days since first use without backfilled ones, and the index of the first use."""
    used = np.flatnonzero(days)
    begin = int(used[0]) if len(used) else len(days)
    usable = np.zeros(len(days), dtype=np.bool_)
    # What an account with a level began with is where it starts from, not growth.
    usable[begin + (0 if is_flow(meter) else 1) :] = True
    last = len(days) - 1
    for day in meter.backfilled:
        index = last - (today - day).days
        if 0 <= index <= last:
            usable[index] = False
    return usable, begin


def _young(days: Floats, policy: Policy) -> bool:
    used = np.flatnonzero(days)
    age = len(days) - 1 - int(used[0]) if len(used) else 0
    return age < policy.stage.onboarding_days


def _look(meter: MeterUse, series: Series, today: date, policy: ForecastPolicy) -> Looks:
    last = len(series.days) - 1
    start = last - (today - meter.period.start).days if series.flow else 0
    return Looks(
        index=np.array([last]),
        used=np.array([float(meter.used)]),
        so_far=series.days[-1:],
        start=np.array([max(start, 0)]),
        ahead=np.array([days_ahead(series.flow, meter.period, today, policy)]),
    )


def days_ahead(flow: bool, period: Period, today: date, policy: ForecastPolicy) -> int:
    """How many days a crossing may take: to the reset, or to the horizon where there is none."""
    if flow and period.end is not None:
        return (period.end - today).days
    return policy.horizon_days


def _enough(series: Series, looks: Looks, policy: ForecastPolicy) -> Flags:
    """Where there is the history a forecast needs."""
    known = np.concatenate(([0], np.cumsum(series.usable)))
    low = np.maximum(looks.index - policy.history_days, 0)
    enough: Flags = known[looks.index] - known[low] >= policy.min_days
    return enough


def _outlooks(
    series: Series, looks: Looks, policy: Policy, *, skip: Ints | None = None, back: int = 0
) -> Outlooks:
    """What each look knows; `skip`: a day left out, `back`: as many days earlier."""
    memory = policy.forecast.memory_days
    at = looks.index - back
    rows = np.concatenate((np.zeros(memory), series.days))
    may = np.concatenate((np.zeros(memory, dtype=np.bool_), series.usable))
    kept = sliding_window_view(may, memory)[at]
    before, so_far = looks.used - looks.so_far, looks.so_far
    if back:
        before, so_far = before - series.days[at], np.zeros(len(at))
    if skip is not None:
        earlier = skip < looks.index
        before = before - np.where(earlier, series.days[skip], 0.0)
        so_far = np.where(earlier, so_far, 0.0)
        column = skip - at + memory
        inside = earlier & (column >= 0)
        kept = kept.copy()
        kept[np.flatnonzero(inside), column[inside]] = False
    return Outlooks(
        days=sliding_window_view(rows, memory)[at],
        kept=kept,
        day=series.first + at,
        so_far=so_far,
        missing=series.limit - before,
        ahead=looks.ahead + back,
        damped=looks.index - series.begin >= policy.stage.onboarding_days,
    )


def _chances(series: Series, looks: Looks, policy: Policy) -> Floats:
    return chances(_outlooks(series, looks, policy), policy.forecast)


def _chances_without(series: Series, looks: Looks, policy: Policy, top: Ints) -> Floats:
    """The probability had the highest day not been; a level stays, whatever brought it."""
    if not series.flow:
        return np.ones(len(top))
    outlooks = _outlooks(series, looks, policy, skip=top)
    chance = chances(outlooks, policy.forecast)
    return np.where(outlooks.kept.any(axis=1) & (looks.ahead > 0), chance, 0.0)


def _chances_before(series: Series, looks: Looks, policy: Policy) -> Floats:
    """The probability a day earlier, before that day had come in; the same period only."""
    chance = np.full(len(looks.index), np.nan)
    earlier = looks.of(np.flatnonzero(looks.index > 0))
    back = Looks(
        index=earlier.index - 1,
        used=earlier.used,
        so_far=earlier.so_far,
        start=earlier.start,
        ahead=earlier.ahead,
    )
    same = _enough(series, back, policy.forecast) & (
        (earlier.index > earlier.start) | (not series.flow)
    )
    if same.any():
        said = chances(_outlooks(series, earlier.of(same), policy, back=1), policy.forecast)
        chance[np.flatnonzero(looks.index > 0)[same]] = said
    return chance


def _top_days(series: Series, looks: Looks, policy: ForecastPolicy) -> tuple[Ints, Flags]:
    """The highest day of each look's period (-1: none), and whether it alone carries it."""
    top = np.full(len(looks.index), -1)
    carries = np.zeros(len(looks.index), dtype=np.bool_)
    for row, (last, start) in enumerate(zip(looks.index, looks.start, strict=True)):
        # A level has no period of its own, and what an account began with is no spike.
        begin = start if series.flow else max(last + 1 - policy.history_days, series.begin + 1)
        used = float(looks.used[row])
        if begin > last or used <= 0:
            continue
        days = series.days[begin:last]
        best = int(begin) + int(np.argmax(days)) if len(days) else int(last)
        amount = float(series.days[best]) if best < last else 0.0
        if best == last or looks.so_far[row] > amount:
            best, amount = int(last), float(looks.so_far[row])
        top[row], carries[row] = best, amount / used >= policy.one_off_share
    return top, carries


def _dates(day: int, ahead: Ints) -> dict[str, date]:
    """Crossing days; none where it is not likely."""
    if ahead[0] < 0:
        return {}
    today = date.fromordinal(day)
    names = ("low", "mid", "high")
    return {name: today + timedelta(int(k)) for name, k in zip(names, ahead, strict=True)}

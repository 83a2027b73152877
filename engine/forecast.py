"""Whether a limit will be met, and around when, read from the account's own days.

Only complete days are learned from; what came in today so far counts as used, so that more of it
can only bring the crossing nearer. Looks are made together: all days of a replay, all accounts of
a daily pass, or one meter today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise

import numpy as np

from engine.chance import Futures, futures, together
from engine.decision import Forecast
from engine.history import Flags, Floats, Ints, changes
from engine.policy import Policy
from engine.rows import Rows, enough, outlooks, rows, top_days
from engine.series import Looks, Series, look_at, series_of
from engine.snapshot import Calibration
from engine.usage import MeterUse

_LIKELY = 0.5
"""Crossing dates are given from this probability on: below, there is nothing to date."""
_BLOCK = 256
"""Looks that are read at once: their days still lie close at hand when they are needed again."""
Part = tuple[Series, Looks, Sequence[Calibration | None]]
"""Looks at one series, and the calibration in force at each."""


def foresee(
    meter: MeterUse, today: date, policy: Policy, calibration: Calibration | None
) -> Forecast:
    """Forecast one meter today; `known` False where it can't be told."""
    days = changes(meter, today)
    part = part_of(meter, days, today, policy, calibration)
    return foresee_each((part,), policy)[0] if part else unknown(meter, days, policy)


def part_of(
    meter: MeterUse, days: Floats, today: date, policy: Policy, calibration: Calibration | None
) -> Part | None:
    """What the meter's days added, looked at today; None where there is nothing to foresee."""
    series = series_of(meter, days, today)
    if series is None:
        return None
    return series, look_at(meter, series, today, policy.forecast), (calibration,)


def unknown(meter: MeterUse, days: Floats, policy: Policy) -> Forecast:
    """The forecast of a meter of which nothing can be told."""
    used = np.flatnonzero(days)
    age = len(days) - 1 - int(used[0]) if len(used) else 0
    return Forecast(meter=meter.key, known=False, ramp=age < policy.stage.onboarding_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    """The forecasts of looks, a row each.

    `index`, `day`: of the look, in its series and as an ordinal. `p_raw`, `p`, `p_previous`: not a
    number where it can't be told. `bar`: from which p pace speaks. `ahead`: days to the crossing
    dates, below 0 where there are none. The rest as in `Forecast`.
    """

    index: Ints
    day: Ints
    known: Flags
    p_raw: Floats
    p: Floats
    p_previous: Floats
    bar: Floats
    ahead: Ints
    one_off: Flags
    ramp: Flags

    def at(self, row: int, meter: str) -> Forecast:
        """The forecast of one look at a meter."""
        raw, before = float(self.p_raw[row]), float(self.p_previous[row])
        told = raw == raw
        return Forecast(
            meter=meter,
            known=bool(self.known[row]) and told,
            p_raw=raw if told else None,
            p=float(self.p[row]) if told else None,
            **_dates(int(self.day[row]), self.ahead[row].tolist()),
            one_off=bool(self.one_off[row]),
            ramp=bool(self.ramp[row]),
            p_previous=before if before == before else None,
        )

    def of(self, which: slice) -> "Prospects":
        """Some of them."""
        return Prospects(**{name: getattr(self, name)[which] for name in Prospects.__slots__})


def foresee_all(parts: Sequence[Part], policy: Policy) -> list[Prospects]:
    """Forecast every series at each of its looks."""
    if not parts:
        return []
    found = _foresee(parts, policy)
    ends = accumulate((len(seen.index) for _, seen, _ in parts), initial=0)
    return [found.of(slice(low, high)) for low, high in pairwise(ends)]


def foresee_each(parts: Sequence[Part], policy: Policy) -> list[Forecast]:
    """Forecast every series, looked at once."""
    if not parts:
        return []
    found = _foresee(parts, policy)
    return [found.at(row, series.meter) for row, (series, _, _) in enumerate(parts)]


def _foresee(parts: Sequence[Part], policy: Policy) -> Prospects:
    looks = rows([(series, seen) for series, seen, _ in parts], policy.forecast)
    calibrations = [one for _, _, in_force in parts for one in in_force]
    known = enough(looks, policy.forecast)
    met = looks.used >= looks.limit
    open_now = known & ~met & (looks.ahead > 0)
    raw = np.where(met, 1.0, np.nan)
    ahead = _futures(looks.of(open_now), policy)
    raw[open_now] = ahead.chances(policy.forecast)
    scales = _scales(calibrations)
    p = _in_force(raw, scales)
    p[met] = 1.0
    top, carries = top_days(looks, policy.forecast)
    one_off = carries.copy()
    doubt = np.flatnonzero(~carries & (p >= policy.forecast.one_off_p) & (top >= 0))
    # One day is too much where without it nothing was to be foreseen at all: a raw question.
    one_off[doubt] = _without(looks.of(doubt), policy, top[doubt]) < policy.forecast.one_off_p
    bars = np.full(len(p), bar(policy, None))
    for calibration, of in scales:
        bars[of] = bar(policy, calibration)
    pressing = np.flatnonzero(open_now & (p >= bars))
    before = np.full(len(p), np.nan)
    before[pressing] = _before(looks.of(pressing), policy)
    likely = p >= _LIKELY
    days = np.full((len(p), 3), -1)
    days[open_now & likely] = ahead.of(likely[open_now]).crossing_days(policy.forecast)
    return Prospects(
        index=looks.at - looks.base,
        day=looks.day,
        known=known,
        p_raw=raw,
        p=p,
        p_previous=_in_force(before, scales),
        bar=bars,
        ahead=days,
        one_off=one_off,
        ramp=looks.at - looks.begin < policy.stage.onboarding_days,
    )


def _scales(calibrations: Sequence[Calibration | None]) -> list[tuple[Calibration, Ints]]:
    """Each calibration, and at which looks it is in force."""
    names = np.fromiter(map(id, calibrations), dtype=np.int64, count=len(calibrations))
    order = np.argsort(names, kind="stable")
    edges = np.flatnonzero(np.diff(names[order])) + 1
    groups = [(calibrations[int(of[0])], of) for of in np.split(order, edges) if len(of)]
    return [(one, of) for one, of in groups if one is not None]


def _in_force(raw: Floats, scales: Sequence[tuple[Calibration, Ints]]) -> Floats:
    """Each probability on the scale in force at its look."""
    p = raw.copy()
    for calibration, looks in scales:
        some = looks[~np.isnan(raw[looks])]
        if len(some) and calibration.raw:
            p[some] = np.interp(raw[some], calibration.raw, calibration.happened)
    return p


def raw_chances(parts: Sequence[tuple[Series, Looks]], policy: Policy) -> list[Floats]:
    """The uncalibrated probability at each look; not a number where it can't be told."""
    if not parts:
        return []
    laid = rows(parts, policy.forecast)
    raw = np.full(len(laid.at), np.nan)
    can = enough(laid, policy.forecast) & (laid.used < laid.limit) & (laid.ahead > 0)
    raw[can] = _futures(laid.of(can), policy).chances(policy.forecast)
    return np.split(raw, list(accumulate(len(looks.index) for _, looks in parts[:-1])))


def bar(policy: Policy, calibration: Calibration | None) -> float:
    """The probability from which pace speaks, on the scale in force."""
    return policy.pace.p if calibration is None else policy.pace.p_calibrated


def calibrated(raw: float, calibration: Calibration | None) -> float:
    """What happened where `raw` was said; `raw` itself before there is a calibration."""
    if calibration is None or not calibration.raw:
        return raw
    return float(np.interp(raw, calibration.raw, calibration.happened))


def _futures(looks: Rows, policy: Policy, *, skip: Ints | None = None, back: int = 0) -> Futures:
    """What each look knows of the days ahead; `skip`, `back` as in `outlooks`."""
    blocks = [slice(low, low + _BLOCK) for low in range(0, max(len(looks.at), 1), _BLOCK)]
    parts = [
        outlooks(looks.of(block), policy, skip=None if skip is None else skip[block], back=back)
        for block in blocks
    ]
    return together([futures(part, policy.forecast) for part in parts])


def _without(looks: Rows, policy: Policy, top: Ints) -> Floats:
    """The probability had the highest day not been; a level stays, whatever brought it."""
    chance = np.ones(len(top))
    flows = np.flatnonzero(looks.flow)
    if len(flows):
        some = looks.of(flows)
        ahead = _futures(some, policy, skip=top[flows])
        known = ahead.known & (some.ahead > 0)
        chance[flows] = np.where(known, ahead.chances(policy.forecast), 0.0)
    return chance


def _before(looks: Rows, policy: Policy) -> Floats:
    """The probability a day earlier, before that day had come in; the same period only."""
    chance = np.full(len(looks.at), np.nan)
    same = np.flatnonzero((looks.at > looks.base) & ((looks.at > looks.start) | ~looks.flow))
    same = same[enough(looks.of(same), policy.forecast, back=1)]
    if len(same):
        chance[same] = _futures(looks.of(same), policy, back=1).chances(policy.forecast)
    return chance


def _dates(day: int, ahead: Sequence[int]) -> dict[str, date]:
    """Crossing days; none where it is not likely."""
    if ahead[0] < 0:
        return {}
    today = date.fromordinal(day)
    names = ("low", "mid", "high")
    return {name: today + timedelta(k) for name, k in zip(names, ahead, strict=True)}

"""Whether a limit will be met, and around when: many futures drawn from the account's own days.

Only complete days feed the draws; what came in today so far counts as used. With the same seed
more of it can only bring the crossing nearer.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import numpy as np

from engine.decision import Forecast
from engine.history import Flags, Floats, Ints, changes, is_flow
from engine.policy import ForecastPolicy, Policy
from engine.snapshot import Calibration
from engine.usage import MeterKind, MeterUse

_LIKELY = 0.5
"""Crossing dates are given from this probability on: below, there is nothing to date."""


def foresee(
    meter: MeterUse, account: str, today: date, policy: Policy, calibration: Calibration | None
) -> Forecast:
    """Forecast one meter with a limit; `known` False where it can't be told."""
    case = _Case(meter, account, today, policy, calibration)
    top, carries = case.top_day()
    blank = Forecast(
        meter=meter.key,
        known=False,
        one_off=carries,
        ramp=case.ramp,
        seed=_seed(account, meter.key, today, policy.forecast),
    )
    if meter.limit is None or not meter.limit_known:
        return blank
    if meter.used >= meter.limit:
        one_off = carries or case.p_without(top) < policy.forecast.one_off_p
        return replace(blank, known=case.enough(), p_raw=1.0, p=1.0, one_off=one_off)
    outlook = case.outlook() if case.enough() else None
    if outlook is None:
        return blank
    raw, first = _chance(outlook, policy.forecast)
    p = calibrated(raw, calibration)
    seen = replace(blank, known=True, p_raw=raw, p=p)
    if p >= _LIKELY and len(first):
        low, mid, high = np.quantile(first, (0.1, 0.5, 0.9), method="inverted_cdf")
        days = (today + timedelta(int(ahead)) for ahead in (low, mid, high))
        seen = replace(seen, low=next(days), mid=next(days), high=next(days))
    if p >= policy.forecast.one_off_p and not carries:
        seen = replace(seen, one_off=case.p_without(top) < policy.forecast.one_off_p)
    if p >= bar(policy, calibration):
        seen = replace(seen, p_previous=case.p_previous())
    return seen


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
    return len(_kept(meter, changes(meter, today), today, policy, skip=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outlook:
    """What is drawn from and what is missing: `so_far` came in on the first day ahead."""

    days: Floats
    weekend: Flags
    so_far: float
    missing: float
    start: date
    ahead: int
    seed: int
    damped: bool


class _Case:
    """One meter, looked at today, without its highest day, or as it was a day earlier."""

    def __init__(
        self,
        meter: MeterUse,
        account: str,
        today: date,
        policy: Policy,
        calibration: Calibration | None,
    ) -> None:
        self.meter, self.account, self.today = meter, account, today
        self.policy, self.calibration = policy, calibration
        self.days = changes(meter, today)
        used = np.flatnonzero(self.days)
        young = len(self.days) - 1 - int(used[0]) if len(used) else 0
        self.ramp = young < policy.stage.onboarding_days

    def enough(self) -> bool:
        """Whether the meter has the history a forecast needs."""
        kept = _kept(self.meter, self.days, self.today, self.policy.forecast, skip=None)
        return len(kept) >= self.policy.forecast.min_days

    def top_day(self) -> tuple[int | None, bool]:
        """The highest day of the period, and whether it alone carries the period."""
        size = len(self.days)
        if is_flow(self.meter):
            start = size - 1 - (self.today - self.meter.period.start).days
        else:
            # A level has no period of its own, and what an account began with is no spike.
            start = max(size - self.policy.forecast.history_days, 1)
        lately = self.days[max(start, 0) :]
        if not len(lately) or self.meter.used <= 0:
            return None, False
        top = max(start, 0) + int(np.argmax(lately))
        share = float(self.days[top]) / float(self.meter.used)
        return top, share >= self.policy.forecast.one_off_share

    def p_without(self, top: int | None) -> float:
        """The probability had the highest day not been; a level stays, whatever brought it."""
        if top is None or not is_flow(self.meter):
            return 1.0
        outlook = self.outlook(skip=top)
        if outlook is None:
            return 0.0
        return calibrated(_chance(outlook, self.policy.forecast)[0], self.calibration)

    def p_previous(self) -> float | None:
        """The probability at yesterday's evaluation, when yesterday had not come in yet."""
        if self.meter.period.start == self.today and is_flow(self.meter):
            return None
        yesterday = self.today - timedelta(1)
        kept = _kept(self.meter, self.days[:-1], yesterday, self.policy.forecast, skip=None)
        outlook = self.outlook(back=1)
        if outlook is None or len(kept) < self.policy.forecast.min_days:
            return None
        return calibrated(_chance(outlook, self.policy.forecast)[0], self.calibration)

    def outlook(self, *, skip: int | None = None, back: int = 0) -> _Outlook | None:
        """What today's draws start from, or those `back` days ago; `skip`: a day left out."""
        meter, day = self.meter, self.today - timedelta(back)
        if meter.limit is None or not (is_flow(meter) or meter.kind is MeterKind.CUMULATIVE):
            return None
        days = self.days[: len(self.days) - back]
        kept = _kept(meter, days, day, self.policy.forecast, skip=skip)
        ahead = self.policy.forecast.horizon_days
        if is_flow(meter) and meter.period.end is not None:
            ahead = (meter.period.end - day).days
        if not len(kept) or ahead <= 0:
            return None
        before = float(meter.used) - float(self.days[len(days) - 1 :].sum())
        so_far = 0.0 if back else float(self.days[-1])
        if skip is not None:
            before -= float(self.days[skip]) if skip < len(days) - 1 else 0.0
            so_far = 0.0 if skip == len(days) - 1 else so_far
        ordinal = day.toordinal() - (len(days) - 1) + kept
        return _Outlook(
            days=days[kept],
            weekend=(ordinal - 1) % 7 >= 5,
            so_far=so_far,
            missing=float(meter.limit) - before,
            start=day,
            ahead=ahead,
            seed=_seed(self.account, meter.key, day, self.policy.forecast),
            damped=not self.ramp,
        )


def _kept(
    meter: MeterUse, days: Floats, today: date, policy: ForecastPolicy, *, skip: int | None
) -> Ints:
    """Indices of the complete days to draw from; the last of `days` is today and never one."""
    complete = len(days) - 1
    used = np.flatnonzero(days)
    if not len(used) or complete <= 0:
        return np.zeros(0, dtype=np.int64)
    # What an account with a level began with is where it starts from, not growth.
    first = int(used[0]) + (0 if is_flow(meter) else 1)
    kept = np.arange(max(first, complete - policy.history_days), complete)
    out = {skip} if skip is not None else set()
    out |= {complete - (today - day).days for day in meter.backfilled}
    return kept[~np.isin(kept, list(out))] if out else kept


def _chance(outlook: _Outlook, policy: ForecastPolicy) -> tuple[float, Ints]:
    """The share of paths that meet the limit, and how many days ahead each of those does."""
    rng = np.random.default_rng(outlook.seed)
    days = _winsorised(outlook.days)
    monday = (outlook.start.weekday() + np.arange(outlook.ahead)) % 7
    paths = _draw(days, outlook.weekend, monday >= 5, rng, policy.paths)
    half = policy.history_days // 2
    if outlook.damped and len(days) >= 2 * half:
        trend = (days[-half:].mean() + 1e-9) / (days[-2 * half : -half].mean() + 1e-9)
        paths *= np.clip(trend, 0.5, 2.0) ** policy.trend_damping
    paths *= np.exp(rng.normal(policy.level_drift, policy.level_noise, (policy.paths, 1)))
    np.maximum(paths[:, 0], outlook.so_far, out=paths[:, 0])
    met = paths.cumsum(axis=1) >= outlook.missing
    hit = met.any(axis=1)
    return float(hit.mean()), met[hit].argmax(axis=1)


def _draw(
    days: Floats, weekend: Flags, ahead: Flags, rng: np.random.Generator, paths: int
) -> Floats:
    """Bayesian bootstrap: each path weighs the past days anew; weekends are drawn from weekends."""
    drawn = np.zeros((paths, len(ahead)))
    for of_weekend in (False, True):
        columns = np.flatnonzero(ahead == of_weekend)
        past = days[weekend == of_weekend]
        past = past if len(past) else days
        if not len(columns):
            continue
        # Normalised exponentials are Dirichlet(1, ..., 1): an index a column, by inverse weights.
        edges = rng.standard_exponential((len(past), paths, 1), dtype=np.float32).cumsum(axis=0)
        at = rng.random((paths, len(columns)), dtype=np.float32) * edges[-1]
        picked = np.zeros(at.shape, dtype=np.int16)
        for edge in edges[:-1]:
            picked += at > edge
        drawn[:, columns] = past[picked]
    return drawn


def _winsorised(days: Floats) -> Floats:
    """The days without their spikes, where there are enough of them to tell."""
    busy = days[days > 0]
    if len(busy) < 5:
        return days
    middle = np.median(busy)
    spread = 1.4826 * np.median(np.abs(busy - middle))
    return np.minimum(days, max(3 * middle, middle + 6 * spread))


def _seed(account: str, meter: str, day: date, policy: ForecastPolicy) -> int:
    text = f"{account}\0{meter}\0{day.isoformat()}\0{_digest(policy)}"
    return int.from_bytes(sha256(text.encode()).digest()[:7], "big")


@lru_cache(maxsize=32)
def _digest(policy: ForecastPolicy) -> str:
    return sha256(repr(policy).encode()).hexdigest()

"""What a probability came to mean: learned each night from the vendor's own resolved forecasts.

Isotonic regression by pooling adjacent violators (Ayer et al., Ann. Math. Statist. 26, 1955, 641),
every block drawn a little towards what was said in it, so that a few lucky forecasts do not make a
certainty. A calibration rests on what had resolved before its night, and on nothing else.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import numpy as np

from engine.history import Flags, Floats, Ints
from engine.policy import Policy
from engine.record import Calibrations, Foreseen
from engine.snapshot import Calibration

_DAY = 86400.0
_DRAWN = 8.0
"""As many forecasts as a block is drawn towards what was said."""
_STEPS = 64
"""Points a calibration is kept at, at most."""
_METHOD = "closed form 1"
"""How a raw probability comes about; another one when `chance.py` begins to say other ones."""
_AFTER = frozenset(("one_off_share", "one_off_p", "calibrate_from", "calibrate_days"))
"""Settings of a forecast that leave its raw probability as it is."""


def scale(policy: Policy) -> str:
    """A name for how raw probabilities are made: only those of one scale are learned from."""
    names = [field.name for field in fields(policy.forecast) if field.name not in _AFTER]
    settings = [f"{name}={getattr(policy.forecast, name)!r}" for name in names]
    parts = (_METHOD, *settings, f"onboarding_days={policy.stage.onboarding_days}")
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


def window(night: datetime, policy: Policy) -> tuple[datetime, datetime]:
    """Between which instants (the first included) a forecast resolved that a night learns from."""
    return night - timedelta(days=policy.forecast.calibrate_days), night


def learn(raw: Floats, crossed: Flags, night: datetime, policy: Policy) -> Calibration | None:
    """What a night learns of the forecasts in its window; None while they are too few."""
    if len(raw) < policy.forecast.calibrate_from:
        return None
    return fit(raw, crossed, version=f"{night.date()}/{len(raw)}")


def learned(foreseen: Sequence[Foreseen], policy: Policy) -> Calibrations:
    """Which calibration is in force when: none before enough forecasts have resolved."""
    raw, resolved, crossed = _resolved(foreseen)
    # Sorted once for all nights; what is in order already is quickly sorted again.
    order = np.argsort(raw, kind="stable")
    raw, crossed = raw[order], crossed[order]
    nights: list[float] = []
    known: list[Calibration] = []
    for night, count in _nights(resolved):
        since, _ = window(night, policy)
        used = (order >= np.searchsorted(resolved, since.timestamp())) & (order < count)
        found = learn(raw[used], crossed[used], night, policy)
        if found is not None:
            nights.append(night.timestamp())
            known.append(found)

    return partial(_in_force, tuple(nights), tuple(known))


def _in_force(
    nights: tuple[float, ...], known: tuple[Calibration, ...], now: datetime
) -> Calibration | None:
    """A function of the module, so that what was learned can be sent to other processes."""
    place = bisect_right(nights, now.timestamp())
    return known[place - 1] if place else None


def fit(raw: Floats, crossed: Flags, *, version: str) -> Calibration:
    """The isotonic map from what was said to what happened."""
    order = np.argsort(raw, kind="stable")
    said, happened = raw[order], crossed[order].astype(np.float64)
    new = np.concatenate(([True], said[1:] != said[:-1]))
    share, weight = _shares(happened, np.flatnonzero(new))
    # Where all happened, and where nothing has yet, neighbours are one block from the start.
    never = np.maximum.accumulate(share)[1:] == 0.0
    certain = never | ((share[1:] == 1.0) & (share[:-1] == 1.0))
    edges = np.flatnonzero(new)[np.concatenate(([True], ~certain))]
    share, weight = _shares(happened, edges)
    firsts, lasts = said[edges].tolist(), said[np.append(edges[1:], len(said)) - 1].tolist()
    shares: list[float] = []
    weights: list[float] = []
    starts: list[int] = []
    for start, (value, mass) in enumerate(zip(share.tolist(), weight.tolist(), strict=True)):
        while shares and shares[-1] >= value:
            before, n, start = shares.pop(), weights.pop(), starts.pop()
            value, mass = (before * n + value * mass) / (n + mass), n + mass
        shares.append(value)
        weights.append(mass)
        starts.append(start)
    ends = [*starts[1:], len(firsts)]
    points = [
        (point, _drawn(value, mass, firsts[start], lasts[end - 1]))
        for value, mass, start, end in zip(shares, weights, starts, ends, strict=True)
        for point in sorted({firsts[start], lasts[end - 1]})
    ]
    kept = _thinned(points)
    return Calibration(
        version=version,
        raw=tuple(round(point, 6) for point, _ in kept),
        happened=tuple(round(value, 6) for _, value in kept),
    )


def _shares(happened: Floats, edges: Ints) -> tuple[Floats, Floats]:
    """How much happened of what lies between two edges, and how much lies there."""
    weight = np.diff(np.append(edges, len(happened))).astype(np.float64)
    return np.add.reduceat(happened, edges) / weight, weight


def _drawn(share: float, weight: float, first: float, last: float) -> float:
    return (share * weight + (first + last) / 2 * _DRAWN) / (weight + _DRAWN)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Never falling, and no more points than are worth keeping."""
    kept: list[tuple[float, float]] = []
    every = max(1, -(-(len(points) - 1) // (_STEPS - 1)))
    for number, (point, value) in enumerate(points):
        if number % every and number != len(points) - 1:
            continue
        kept.append((point, max(value, kept[-1][1]) if kept else value))
    return kept


def _resolved(foreseen: Sequence[Foreseen]) -> tuple[Floats, Floats, Flags]:
    """Every forecast that was made and has resolved, in the order in which that was known."""
    if not foreseen:
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.bool_)
    raw, resolved, crossed = (
        np.concatenate([getattr(f, name) for f in foreseen])
        for name in ("raw", "resolved", "crossed")
    )
    known = np.flatnonzero(np.isfinite(resolved) & ~np.isnan(raw))
    order = known[np.argsort(resolved[known], kind="stable")]
    return raw[order], resolved[order], crossed[order]


def _nights(resolved: Floats) -> list[tuple[datetime, int]]:
    """Midnights (UTC) before which something new had resolved, with how much had by then."""
    days = np.floor(resolved / _DAY)
    new = np.flatnonzero(np.append(days[1:] != days[:-1], len(days) > 0)) + 1
    return [(datetime.fromtimestamp((days[i - 1] + 1) * _DAY, UTC), int(i)) for i in new]

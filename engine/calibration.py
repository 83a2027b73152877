"""What a probability came to mean: learned each night from the vendor's own resolved forecasts.

Isotonic regression by pooling adjacent violators (Ayer et al., Ann. Math. Statist. 26, 1955, 641),
every block drawn a little towards what was said in it, so that a few lucky forecasts do not make a
certainty. A calibration rests on what had resolved before its night, and on nothing else.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import numpy as np

from engine.history import Flags, Floats
from engine.policy import Policy
from engine.record import Calibrations, Foreseen
from engine.snapshot import Calibration

_DAY = 86400.0
_DRAWN = 8.0
"""As many forecasts as a block is drawn towards what was said."""
_STEPS = 64
"""Points a calibration is kept at, at most."""


def learned(foreseen: Sequence[Foreseen], policy: Policy) -> Calibrations:
    """Which calibration is in force when: none before enough forecasts have resolved."""
    raw, resolved, crossed = _resolved(foreseen)
    nights: list[float] = []
    known: list[Calibration] = []
    for night, count in _nights(resolved, policy.forecast.calibrate_from):
        since = np.searchsorted(resolved, night - policy.forecast.calibrate_days * _DAY)
        used = slice(int(since), count)
        if count - int(since) < policy.forecast.calibrate_from:
            continue
        nights.append(night)
        known.append(fit(raw[used], crossed[used], version=_name(night, count)))

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
    edges = np.flatnonzero(np.concatenate(([True], said[1:] != said[:-1])))
    weight = np.diff(np.append(edges, len(said))).astype(np.float64)
    share = np.add.reduceat(happened, edges) / weight
    blocks: list[tuple[float, float, float, float]] = []  # share, weight, first, last
    for value, mass, point in zip(
        share.tolist(), weight.tolist(), said[edges].tolist(), strict=True
    ):
        blocks.append((value, mass, point, point))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (a, n, first, _), (b, m, _, last) = blocks[-2:]
            blocks[-2:] = [((a * n + b * m) / (n + m), n + m, first, last)]
    points = [(point, _drawn(block)) for block in blocks for point in sorted({*block[2:]})]
    kept = _thinned(points)
    return Calibration(
        version=version,
        raw=tuple(round(point, 6) for point, _ in kept),
        happened=tuple(round(value, 6) for _, value in kept),
    )


def _drawn(block: tuple[float, float, float, float]) -> float:
    share, weight, first, last = block
    return (share * weight + (first + last) / 2 * _DRAWN) / (weight + _DRAWN)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Never falling, and no more points than are worth keeping."""
    kept: list[tuple[float, float]] = []
    every = max(1, -(-len(points) // _STEPS))
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


def _nights(resolved: Floats, least: int) -> list[tuple[float, int]]:
    """Midnights (UTC) before which something new had resolved, with how much had by then."""
    if len(resolved) < least:
        return []
    days = np.floor(resolved / _DAY)
    new = np.flatnonzero(np.append(days[1:] != days[:-1], True)) + 1
    return [(float((days[i - 1] + 1) * _DAY), int(i)) for i in new if i >= least]


def _name(night: float, count: int) -> str:
    """A version says the day and how many forecasts it rests on: 2026-11-25/412."""
    return f"{datetime.fromtimestamp(night, UTC).date()}/{count}"

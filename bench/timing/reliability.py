"""How true the forecasts were, raw and calibrated, beside saying how often it had happened so far.

Counted here anew, not by Segue's own report: a yardstick is none of what it measures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np

from engine.forecast import calibrated
from engine.history import Floats
from engine.record import Calibrations, Foreseen

_TENTHS = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """The forecasts of one tenth of the scale: how many, what they said, how many came true."""

    count: int
    said: float
    happened: float


Tenths: TypeAlias = Mapping[int, Tenth]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """`looks`: resolved forecasts for which a calibration was in force; only these are scored.

    Brier scores (mean squared error); `base` is that of always saying how often it had happened
    among the forecasts resolved by then, `hindsight` of how often it did among these.
    """

    looks: int
    raw: float
    calibrated: float
    base: float
    hindsight: float
    raw_tenths: Tenths
    calibrated_tenths: Tenths


def reliability(foreseen: Sequence[Foreseen], calibrations: Calibrations) -> Reliability | None:
    """Score what was said against what came of it; None where nothing can be scored."""
    at, raw, resolved, crossed = (
        np.concatenate([np.zeros(0), *(getattr(one, name) for one in foreseen)])
        for name in ("at", "raw", "resolved", "crossed")
    )
    known = np.isfinite(resolved) & np.isfinite(raw)
    at, raw, resolved, crossed = (column[known] for column in (at, raw, resolved, crossed))
    said = _calibrated(at, raw, calibrations)
    base = _running(at, resolved, crossed)
    scored = np.isfinite(said)
    if not scored.any():
        return None
    raw, said, base, crossed = (column[scored] for column in (raw, said, base, crossed))
    return Reliability(
        looks=len(raw),
        raw=_brier(raw, crossed),
        calibrated=_brier(said, crossed),
        base=_brier(base, crossed),
        hindsight=_brier(np.full(len(raw), crossed.mean()), crossed),
        raw_tenths=_tenths(raw, crossed),
        calibrated_tenths=_tenths(said, crossed),
    )


def _calibrated(at: Floats, raw: Floats, calibrations: Calibrations) -> Floats:
    """Each by the calibration in force at its look; not a number where there was none yet."""
    said = np.full(len(raw), np.nan)
    for n, (instant, p) in enumerate(zip(at.tolist(), raw.tolist(), strict=True)):
        found = calibrations(datetime.fromtimestamp(instant, UTC))
        if found is not None:
            said[n] = calibrated(p, found)
    return said


def _running(at: Floats, resolved: Floats, crossed: Floats) -> Floats:
    """How often it had happened, of what had resolved before each look."""
    order = np.argsort(resolved, kind="stable")
    before = np.searchsorted(resolved[order], at)
    hits = np.concatenate(([0.0], np.cumsum(crossed[order])))
    share: Floats = hits[before] / np.maximum(before, 1)
    return share


def _tenths(said: Floats, crossed: Floats) -> Tenths:
    place = np.digitize(said, _TENTHS)
    return {
        int(n): Tenth(
            count=int((place == n).sum()),
            said=float(said[place == n].mean()),
            happened=float(crossed[place == n].mean()),
        )
        for n in np.unique(place)
    }


def _brier(said: Floats, crossed: Floats) -> float:
    return float(np.mean((said - crossed) ** 2))

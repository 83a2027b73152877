"""How well the forecasts of a backtest held, raw and calibrated, against the running base rate."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from engine.record import Amounts, Calibrations, Foreseen
from service.backtest_results import Bin, Reliability

_BINS = np.linspace(0.0, 1.0, 11)
_NOTHING = Reliability(
    resolved=0,
    scored=0,
    raw=(),
    calibrated=(),
    brier_raw=None,
    brier_calibrated=None,
    brier_base=None,
)


def reliability(
    foreseen: Sequence[Foreseen], calibrations: Calibrations, least: int
) -> Reliability:
    """Score the forecasts that resolved; all three are compared where `least` had before."""
    if not foreseen:
        return _NOTHING
    at = np.concatenate([one.at for one in foreseen])
    raw = np.concatenate([one.raw for one in foreseen])
    resolved = np.concatenate([one.resolved for one in foreseen])
    crossed = np.concatenate([one.crossed for one in foreseen]).astype(float)
    known = np.isfinite(resolved) & np.isfinite(raw)
    at, raw, resolved, crossed = at[known], raw[known], resolved[known], crossed[known]
    if not len(at):
        return _NOTHING
    base, before = _running(at, resolved, crossed)
    calibrated = _calibrated(at, raw, calibrations)
    scored = (before >= least) & np.isfinite(calibrated)
    return Reliability(
        resolved=len(at),
        scored=int(scored.sum()),
        raw=_bins(raw, crossed),
        calibrated=_bins(calibrated[scored], crossed[scored]),
        brier_raw=_brier(raw[scored], crossed[scored]),
        brier_calibrated=_brier(calibrated[scored], crossed[scored]),
        brier_base=_brier(base[scored], crossed[scored]),
    )


def _running(at: Amounts, resolved: Amounts, crossed: Amounts) -> tuple[Amounts, Amounts]:
    """How often it had happened, and of how many, at each forecast's time."""
    order = np.argsort(resolved, kind="stable")
    before = np.searchsorted(resolved[order], at)
    hits = np.concatenate(([0.0], np.cumsum(crossed[order])))
    return hits[before] / np.maximum(before, 1), before.astype(float)


def _calibrated(at: Amounts, raw: Amounts, calibrations: Calibrations) -> Amounts:
    """Each forecast by the calibration that was in force then; NaN where there was none yet."""
    out = np.full(len(raw), np.nan)
    instants, of = np.unique(at, return_inverse=True)
    order = np.argsort(of, kind="stable")
    edges = np.searchsorted(of[order], np.arange(len(instants) + 1))
    for n, instant in enumerate(instants.tolist()):
        found = calibrations(datetime.fromtimestamp(instant, UTC))
        if found is not None:
            mine = order[edges[n] : edges[n + 1]]
            out[mine] = np.interp(raw[mine], found.raw, found.happened)
    return out


def _bins(said: Amounts, crossed: Amounts) -> tuple[Bin, ...]:
    which = np.clip(np.digitize(said, _BINS) - 1, 0, len(_BINS) - 2)
    return tuple(
        Bin(
            count=int((which == n).sum()),
            said=float(said[which == n].mean()),
            happened=float(crossed[which == n].mean()),
        )
        for n in range(len(_BINS) - 1)
        if (which == n).any()
    )


def _brier(said: Amounts, crossed: Amounts) -> float | None:
    return float(np.mean((said - crossed) ** 2)) if len(said) else None

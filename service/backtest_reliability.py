"""How well the forecasts of a backtest held, each by the calibration that was in force then."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from engine.record import Amounts, Calibrations, Foreseen
from service.backtest_results import Reliability
from service.reliability import score


def reliability(
    foreseen: Sequence[Foreseen], calibrations: Calibrations, least: int
) -> Reliability:
    """Score the forecasts that resolved; all three are compared where `least` had before."""
    at, raw, resolved, crossed = (
        np.concatenate([np.zeros(0), *(getattr(one, name) for one in foreseen)])
        for name in ("at", "raw", "resolved", "crossed")
    )
    known = np.isfinite(resolved) & np.isfinite(raw)
    at, raw, resolved, crossed = at[known], raw[known], resolved[known], crossed[known]
    return score(
        at=at,
        raw=raw,
        calibrated=_calibrated(at, raw, calibrations),
        resolved=resolved,
        crossed=crossed > 0,
        least=least,
    )


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

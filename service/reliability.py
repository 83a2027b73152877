"""How well forecasts held, raw and calibrated, against saying how often it had happened so far."""

from datetime import timedelta

import numpy as np

from engine.calibration import scale
from engine.history import Flags, Floats
from service.backtest_results import Bin, Reliability
from service.context import Context
from store import forecasts

_BINS = np.linspace(0.0, 1.0, 11)


def table(context: Context) -> Reliability:
    """The reliability of the live forecasts that resolved within the days that are learned from.

    Raises:
        NotFound: no policy was ever applied.
    """
    policy, now = context.policy().policy, context.clock.now()
    since = now - timedelta(days=policy.forecast.calibrate_days)
    with context.database.read() as session:
        known = forecasts.resolved(session, scale(policy), since, now + timedelta.resolution)
    return score(
        at=known.at,
        raw=known.raw,
        calibrated=known.p,
        resolved=known.resolved,
        crossed=known.crossed,
        least=policy.forecast.calibrate_from,
    )


def score(
    *,
    at: Floats,
    raw: Floats,
    calibrated: Floats,
    resolved: Floats,
    crossed: Flags,
    least: int,
) -> Reliability:
    """Score resolved forecasts; all three are compared where `least` had resolved before.

    `calibrated`: no number where no calibration was in force.
    """
    happened = crossed.astype(np.float64)
    base, before = _running(at, resolved, happened)
    scored = (before >= least) & np.isfinite(calibrated)
    return Reliability(
        resolved=len(at),
        scored=int(scored.sum()),
        raw=_bins(raw, happened),
        calibrated=_bins(calibrated[scored], happened[scored]),
        brier_raw=_brier(raw[scored], happened[scored]),
        brier_calibrated=_brier(calibrated[scored], happened[scored]),
        brier_base=_brier(base[scored], happened[scored]),
    )


def _running(at: Floats, resolved: Floats, happened: Floats) -> tuple[Floats, Floats]:
    """How often it had happened, and of how many, at each forecast's time."""
    order = np.argsort(resolved, kind="stable")
    before = np.searchsorted(resolved[order], at)
    hits = np.concatenate(([0.0], np.cumsum(happened[order])))
    return hits[before] / np.maximum(before, 1), before.astype(np.float64)


def _bins(said: Floats, happened: Floats) -> tuple[Bin, ...]:
    which = np.clip(np.digitize(said, _BINS) - 1, 0, len(_BINS) - 2)
    return tuple(
        Bin(
            count=int((which == n).sum()),
            said=float(said[which == n].mean()),
            happened=float(happened[which == n].mean()),
        )
        for n in range(len(_BINS) - 1)
        if (which == n).any()
    )


def _brier(said: Floats, happened: Floats) -> float | None:
    return float(np.mean((said - happened) ** 2)) if len(said) else None

"""Forecasts: as good as the reference, never shaken by more use, silent where nobody can tell."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from engine.forecast import calibrated, foresee
from engine.history import Floats
from engine.policy import Policy
from engine.snapshot import Calibration
from engine.usage import Aggregation, MeterKind, PeriodKind
from tests.builders import TODAY, meter, rising, steady

POLICY = Policy()


def p_reference(days: Floats, dow0: int, rem: int, need: float, seed: int) -> float:
    """Appendix A of the research notes, as it stands there."""
    rng, h, n, paths_n = np.random.default_rng(seed), days.copy(), len(days), 1000
    nz = h[h > 0]
    if len(nz) >= 5:
        med = np.median(nz)
        mad = np.median(np.abs(nz - med))
        h = np.minimum(h, max(3 * med, med + 6 * 1.4826 * mad))
    past_we = (dow0 - n + np.arange(n)) % 7 >= 5
    fut_we = (dow0 + np.arange(rem)) % 7 >= 5
    paths = np.zeros((paths_n, rem))
    for we in (False, True):
        x, cols = h[past_we == we], np.flatnonzero(fut_we == we)
        if not len(cols):
            continue
        x = x if len(x) else h
        cum = rng.dirichlet(np.ones(len(x)), paths_n).cumsum(1)
        u = rng.random((paths_n, len(cols)))
        idx = np.minimum((u[:, :, None] > cum[:, None, :]).sum(2), len(x) - 1)
        paths[:, cols] = x[idx]
    if n >= 28:
        ratio = (h[-14:].mean() + 1e-9) / (h[-28:-14].mean() + 1e-9)
        paths *= np.clip(ratio, 0.5, 2) ** 0.35
    paths *= np.exp(rng.normal(-0.02, 0.2, (paths_n, 1)))
    return float((paths.cumsum(1)[:, -1] >= need).mean())


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    daily = [*rng.poisson(rng.choice([3, 20, 60]), 120).astype(float).tolist(), 0.0]
    used = sum(daily[-TODAY.day :])
    limit = round(used * 1.7)
    p = foresee(meter(daily, limit=limit), TODAY, POLICY, None).p
    expected = p_reference(
        np.array(daily[-29:-1]), TODAY.weekday(), 30 - TODAY.day + 1, limit - used, seed
    )
    assert p == pytest.approx(expected, abs=0.07)


def test_crossing_dates_frame_the_day_a_steady_account_crosses() -> None:
    forecast = foresee(meter(rising(), limit=1000), TODAY, POLICY, None)
    # 660 used; 340 more at 55 a working day are seven working days on: 26 November.
    assert forecast.low is not None
    assert forecast.high is not None
    assert forecast.low <= date(2026, 11, 26) <= forecast.high
    assert forecast.p is not None
    assert forecast.p > 0.9


def test_nothing_is_dated_that_is_not_likely() -> None:
    forecast = foresee(meter(rising(), limit=5000), TODAY, POLICY, None)
    assert (forecast.p, forecast.mid) == (0.0, None)


@pytest.mark.parametrize(("days", "known"), [(9, False), (10, True)])
def test_fewer_than_ten_complete_days_cannot_tell(days: int, known: bool) -> None:
    daily = [0.0] * 20 + [50.0] * days + [0.0]
    assert foresee(meter(daily), TODAY, POLICY, None).known is known


def test_backfilled_days_are_not_drawn_from() -> None:
    daily = [0.0] * 20 + [50.0] * 12 + [0.0]
    backfilled = frozenset(TODAY - timedelta(days=back) for back in (5, 6, 7))
    use = meter(daily, backfilled=backfilled)
    assert not foresee(use, TODAY, POLICY, None).known


def test_a_peak_and_a_level_that_resets_are_not_forecast() -> None:
    for use in (
        meter([9.0] * 60, limit=10, kind=MeterKind.PEAK, aggregation=Aggregation.MAX),
        meter([9.0] * 60, limit=10, aggregation=Aggregation.LATEST),
    ):
        assert not foresee(use, TODAY, POLICY, None).known


def test_a_level_is_looked_at_by_what_it_gains_within_45_days() -> None:
    rising_seats = [10.0 + i // 3 for i in range(61)]
    seats: dict[str, Any] = {"kind": MeterKind.CUMULATIVE, "aggregation": Aggregation.LATEST}
    soon = foresee(meter(rising_seats, limit=36, **seats), TODAY, POLICY, None)
    far = foresee(meter(rising_seats, limit=90, **seats), TODAY, POLICY, None)
    still = foresee(meter([10.0] * 61, limit=11, **seats), TODAY, POLICY, None)
    assert soon.p is not None
    assert soon.p > 0.9
    assert far.p is not None
    assert far.p < 1e-6
    assert still.p == 0.0


def test_the_limit_met_is_certain() -> None:
    forecast = foresee(meter(rising(), limit=660), TODAY, POLICY, None)
    assert (forecast.p, forecast.p_raw) == (1.0, 1.0)


def test_no_limit_no_forecast() -> None:
    assert not foresee(meter(rising(), limit=None), TODAY, POLICY, None).known


def test_more_use_today_never_lowers_p() -> None:
    daily = rising()
    said = [
        foresee(meter([*daily[:-1], today], limit=1100), TODAY, POLICY, None).p or 0.0
        for today in (0, 10, 60, 150, 300, 600)
    ]
    assert said == sorted(said)
    assert said[-1] == 1.0


def test_the_same_facts_give_the_same_forecast() -> None:
    first, again = (foresee(meter(rising()), TODAY, POLICY, None) for _ in range(2))
    assert first == again


def test_the_previous_evaluation_is_what_yesterday_would_have_said() -> None:
    today, daily = TODAY, rising()
    now = foresee(meter(daily), today, POLICY, None)
    yesterday = today - timedelta(days=1)
    then = foresee(meter([*daily[:-2], 0.0], today=yesterday), yesterday, POLICY, None)
    assert now.p_previous == then.p


def test_a_new_period_has_no_previous_evaluation() -> None:
    first = date(2026, 11, 1)
    daily = [*steady(40, 40, today=first)[:-1], 0.0]
    forecast = foresee(meter(daily, limit=900, today=first), first, POLICY, None)
    assert forecast.p is not None
    assert forecast.p > 0.8
    assert forecast.p_previous is None


def test_one_day_that_carries_the_period_is_a_one_off() -> None:
    quiet = steady(5.0)
    for spike, one_off in ((70.0, True), (80.0, True), (85.0, True), (89.0, True), (20.0, False)):
        daily = [*quiet[:-4], spike, *quiet[-3:]]
        forecast = foresee(meter(daily, limit=150), TODAY, POLICY, None)
        assert forecast.one_off is one_off, spike


def test_a_crossing_that_hangs_on_one_day_is_a_one_off() -> None:
    quiet = steady(30.0)
    daily = [*quiet[:-4], 330.0, *quiet[-3:]]
    forecast = foresee(meter(daily, limit=900), TODAY, POLICY, None)
    assert float(daily[-4]) / sum(daily[-TODAY.day :]) < 0.6
    assert forecast.p is not None
    assert forecast.p > 0.5
    assert forecast.one_off


def test_a_meter_in_use_for_less_than_onboarding_is_on_its_ramp() -> None:
    for days, ramp in ((13, True), (14, False)):
        daily = [0.0] * 60 + [50.0] * days + [0.0]
        assert foresee(meter(daily), TODAY, POLICY, None).ramp is ramp


def test_a_week_as_period() -> None:
    daily = steady(20.0)
    forecast = foresee(meter(daily, limit=95, period=PeriodKind.WEEK), TODAY, POLICY, None)
    assert forecast.p is not None
    assert 0.2 < forecast.p < 0.9


def test_calibration_moves_p_to_what_happened() -> None:
    learned = Calibration(version="1", raw=(0.0, 0.5, 1.0), happened=(0.0, 0.2, 0.6))
    assert calibrated(0.75, learned) == pytest.approx(0.4)
    assert calibrated(0.75, None) == 0.75
    forecast = foresee(meter(rising()), TODAY, POLICY, learned)
    assert forecast.p_raw is not None
    assert forecast.p == pytest.approx(calibrated(forecast.p_raw, learned))

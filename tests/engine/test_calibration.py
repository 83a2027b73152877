"""What a probability came to mean: pooled, drawn to what was said, and never from the future."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from engine.calibration import fit, learn, learned, scale
from engine.policy import AskPolicy, ForecastPolicy, Policy, StagePolicy
from engine.record import Foreseen

POLICY = Policy()
FEW = Policy(forecast=ForecastPolicy(calibrate_from=4))
NIGHT = datetime(2026, 11, 18, tzinfo=UTC)


def map_of(*said: tuple[float, int, int]) -> list[tuple[float, float]]:
    """What forecasts came to mean, of each of which so many were made and so many came true."""
    raw = np.array([p for p, made, _ in said for _ in range(made)])
    crossed = np.array([i >= made - true for _, made, true in said for i in range(made)])
    found = fit(raw, crossed, version="v")
    return list(zip(found.raw, found.happened, strict=True))


FITS: dict[str, tuple[list[tuple[float, int, int]], list[tuple[float, float]]]] = {
    "each is drawn to what was said as if by eight more": (
        [(0.1, 2, 1), (0.9, 2, 2)],
        [(0.1, (1 + 0.8) / 10), (0.9, (2 + 7.2) / 10)],
    ),
    "two the wrong way around are one": (
        [(0.2, 1, 1), (0.4, 1, 0), (0.8, 1, 1)],
        [(0.2, (1 + 8 * 0.3) / 10), (0.4, (1 + 8 * 0.3) / 10), (0.8, (1 + 8 * 0.8) / 9)],
    ),
    "and each of them weighs by how often it was said": (
        [(0.2, 3, 3), (0.4, 1, 0)],
        [(0.2, (3 + 8 * 0.3) / 12), (0.4, (3 + 8 * 0.3) / 12)],
    ),
    "on both sides": (
        [(0.2, 2, 2), (0.4, 2, 1)],
        [(0.2, (3 + 8 * 0.3) / 12), (0.4, (3 + 8 * 0.3) / 12)],
    ),
    "two alike are one": (
        [(0.2, 1, 1), (0.4, 1, 1)],
        [(0.2, (2 + 8 * 0.3) / 10), (0.4, (2 + 8 * 0.3) / 10)],
    ),
    "a third pulls in both before it": (
        [(0.2, 1, 0), (0.3, 1, 1), (0.5, 1, 1), (0.7, 2, 0)],
        [(0.2, 1.6 / 9), (0.3, (2 + 8 * 0.5) / 12), (0.7, (2 + 8 * 0.5) / 12)],
    ),
    "a single one that came true lifts nothing above the many before it": (
        [(0.1, 992, 100), (0.2, 1000, 500), (0.25, 1, 1)],
        [(0.1, 0.1008), (0.2, (500 + 1.6) / 1008), (0.25, (500 + 1.6) / 1008)],
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_what_was_said_and_what_happened(name: str) -> None:
    said, expected = FITS[name]
    assert map_of(*said) == [(p, pytest.approx(share, abs=1e-6)) for p, share in expected]
    assert map_of(*reversed(said)) == map_of(*said)


@pytest.mark.parametrize(("count", "kept"), [(64, 64), (65, 33), (66, 34), (127, 64), (130, 44)])
def test_no_more_points_are_kept_than_are_worth_it(count: int, kept: int) -> None:
    points = map_of(*((n / 200, 200, n) for n in range(count)))
    assert len(points) == kept
    assert (points[0][0], points[-1][0]) == (0.0, (count - 1) / 200)
    assert all(p == pytest.approx(happened) for p, happened in points)


def foreseen(*resolved: float | None, raw: float = 0.5) -> Foreseen:
    """Forecasts that all came true so many days before the night; None: not resolved yet."""
    size = len(resolved)
    ends = [inf if d is None else (NIGHT - timedelta(d)).timestamp() for d in resolved]
    return Foreseen(
        meter="reports",
        at=np.full(size, (NIGHT - timedelta(500)).timestamp()),
        raw=np.full(size, raw),
        resolved=np.array(ends),
        crossed=np.ones(size, dtype=bool),
    )


def version(now: datetime, *past: Foreseen, policy: Policy = FEW) -> str | None:
    found = learned(past, policy)(now)
    return found.version if found else None


def test_a_night_learns_of_all_that_resolved_before_it() -> None:
    past = (foreseen(0.2, 3.5), foreseen(3.4, 9))
    assert version(NIGHT, *past) == "2026-11-18/4"
    assert version(NIGHT + timedelta(days=40), *past) == "2026-11-18/4"
    assert version(NIGHT - timedelta(seconds=1), *past) is None


def test_what_resolves_at_midnight_is_of_the_next_night() -> None:
    past = foreseen(0, 1, 2, 3)
    assert version(NIGHT, past) is None
    assert version(NIGHT + timedelta(days=1), past) == "2026-11-19/4"


def test_every_night_that_something_resolved_before_learns_anew() -> None:
    past = foreseen(9, 9, 9, 9, 4.5, 4.2, 1.5)
    nights = [NIGHT - timedelta(days) for days in (8, 5, 4, 1)]
    assert [version(night, past) for night in nights] == [
        "2026-11-10/4",
        "2026-11-10/4",
        "2026-11-14/6",
        "2026-11-17/7",
    ]


def test_what_resolved_longer_ago_than_a_year_teaches_nothing() -> None:
    assert version(NIGHT, foreseen(366, 9, 9, 0.5)) == "2026-11-18/4"
    assert version(NIGHT, foreseen(366.1, 9, 9, 0.5)) is None


def test_what_is_open_or_could_not_be_told_teaches_nothing() -> None:
    assert version(NIGHT, foreseen(9, 9, 0.5, None)) is None
    assert version(NIGHT, foreseen(9, 9, 0.5), foreseen(0.5, raw=nan)) is None
    assert version(NIGHT) is None


def test_one_is_enough_where_the_policy_says_so() -> None:
    once = Policy(forecast=ForecastPolicy(calibrate_from=1))
    assert version(NIGHT, foreseen(9), policy=once) == "2026-11-10/1"
    assert version(NIGHT, policy=once) is None


@pytest.mark.parametrize(("count", "enough"), [(199, False), (200, True)])
def test_two_hundred_are_enough(count: int, enough: bool) -> None:
    said, true = np.full(count, 0.5), np.ones(count, dtype=bool)
    found = learn(said, true, NIGHT, POLICY)
    assert (found.version if found else None) == ("2026-11-18/200" if enough else None)


def forecasting(**changes: Any) -> Policy:
    return Policy(forecast=ForecastPolicy(**changes))


@pytest.mark.parametrize(
    ("policy", "same"),
    [
        (forecasting(one_off_p=0.4, one_off_share=0.5, calibrate_from=9, calibrate_days=9), True),
        (Policy(ask=AskPolicy(spacing_days=45)), True),
        (replace(POLICY, stage=StagePolicy(onboarding_days=15)), False),
        (forecasting(memory_days=60), False),
        (forecasting(level_noise=0.1), False),
        (forecasting(trend_damping=0.4), False),
    ],
)
def test_only_forecasts_made_alike_are_learned_from_together(policy: Policy, same: bool) -> None:
    assert (scale(policy) == scale(POLICY)) is same

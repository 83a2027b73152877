"""The scores say what they claim to say: precision, recall, Brier, and the draws of the arms."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.world import arms, asks, brier, foresee
from bench.world.account import Account, Month
from bench.world.generators import account

JUNE, JULY, AUGUST = (datetime(2025, month, 1, tzinfo=UTC) for month in (6, 7, 8))


def june(day: int, hour: int = 9) -> datetime:
    return datetime(2025, 6, day, hour, tzinfo=UTC)


def month(crossed: datetime | None, account: str = "acme") -> Month:
    return Month(account=account, start=JUNE, end=JULY, used=1, crossed=crossed)


def lines(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def said(
    folder: Path, given: Sequence[tuple[datetime, str]], held: Sequence[dict[str, Any]] = ()
) -> asks.Said:
    alerts = [
        {"account": "acme", "meter": "units", "at": at.isoformat(), "class": kind, "moment": moment,
         "p": 0.9, "reason": ""}
        for at, moment in given
        for kind in ("ask", "notice")
    ]  # fmt: skip
    common = {"account": "acme", "outcome": "silent", "meter": "units", "stage": "adopted"}
    decisions = [{**common, "moment": "pace", "p": 0.9, **row} for row in held]
    return asks.read(lines(folder / "A", alerts), lines(folder / "D", decisions))


@pytest.mark.parametrize(
    ("given", "crossed", "wanted"),
    [
        ([(june(10), "pace")], june(20), (1, 1)),
        ([(june(10), "pace")], None, (1, 0)),
        ([(june(20), "pace")], june(10), (1, 0)),
        ([(june(10), "approaching")], june(20), (0, 0)),
        ([(AUGUST, "pace")], june(20), (0, 0)),
    ],
    ids=["right", "never", "too_late", "other_moment", "not_over"],
)
def test_precision_counts_asks_that_a_crossing_follows(
    given: list[tuple[datetime, str]],
    crossed: datetime | None,
    wanted: tuple[int, int],
    tmp_path: Path,
) -> None:
    found = asks.precision(said(tmp_path, given), {"acme": [month(crossed)]}, frozenset(("pace",)))
    assert (found.asks, found.right) == wanted
    assert found.lead == (10 if wanted[1] else None)


SPACED = {"at": june(8).isoformat(), "until": june(12).isoformat(), "reasons": ["ask_spacing"]}


@pytest.mark.parametrize(
    ("given", "held", "since", "wanted"),
    [
        ([(june(10), "pace")], [], 100, {"in_time": 1}),
        ([(june(10), "approaching")], [], 100, {"in_time": 1}),
        ([(june(21), "at_limit")], [], 100, {}),
        ([], [], 100, {}),
        ([], [], 13, {"young": 1}),
        ([], [SPACED], 100, {"held_back": 1}),
        ([], [SPACED | {"reasons": ["ask_spacing", "one_off"]}], 100, {}),
        ([], [SPACED | {"reasons": ["no_moment"], "moment": None}], 100, {}),
        ([], [SPACED | {"at": june(20, 10).isoformat()}], 100, {}),
        ([(june(10), "pace")], [SPACED], 13, {"in_time": 1}),
    ],
    ids=[
        "pace", "other_early", "too_late", "missed", "young", "spaced", "not_only_spaced",
        "nothing_due", "due_too_late", "asked_all_the_same",
    ],
)  # fmt: skip
def test_recall_counts_crossings_that_were_asked_in_time(
    given: list[tuple[datetime, str]],
    held: list[dict[str, Any]],
    since: int,
    wanted: dict[str, int],
    tmp_path: Path,
) -> None:
    crossing, never = month(june(20)), month(None, "other")
    began = {"acme": june(20) - timedelta(days=since), "other": JUNE}
    found = asks.recall(said(tmp_path, given, held), [crossing, never], began)
    told = {"in_time": found.in_time, "young": found.young, "held_back": found.held_back}
    assert found.crossed == 1
    assert told == {"in_time": 0, "young": 0, "held_back": 0} | wanted


def even(limit: int, per_day: int = 10, days: int = 30) -> Account:
    """The same every day of June at noon."""
    at = int(JUNE.timestamp()) + 43200 + 86400 * np.arange(days, dtype=np.int64)
    value = np.full(days, per_day, dtype=np.int64)
    return Account(name="acme", since=JUNE.date(), limit=limit, at=at, value=value)


def test_the_run_rate_goes_on_to_the_end_of_the_month() -> None:
    one = even(limit=300)
    assert brier.projected(one, month(None), june(16, 0)) == pytest.approx(1.0)
    assert brier.projected(one, month(None), june(5)) is None
    assert brier.projected(even(limit=100), month(None), june(16)) is None
    late = replace(one, since=date(2025, 6, 6), at=one.at[5:], value=one.value[5:])
    assert brier.projected(late, month(None), june(16, 0)) == pytest.approx(250 / 300)


@pytest.mark.parametrize(("p", "wanted"), [(1.0, 0.0), (0.5, 0.25), (0.0, 1.0)])
def test_brier_is_the_mean_square_of_the_miss(p: float, wanted: float) -> None:
    one, crossed = even(limit=280), month(june(28))

    def always(_: Account, looks: Sequence[datetime]) -> Iterator[float | None]:
        yield None
        yield from [p] * (len(looks) - 1)

    seen = list(brier.looks(one, [crossed], always))
    score = brier.scores(seen)
    assert len(seen) > 10
    assert score.p == pytest.approx(wanted)
    assert score.step == 0.0
    [(count, told, happened)] = list(brier.reliability(seen, (0, 1.01)))
    assert (count, told, happened) == (len(seen), p, 1.0)


def test_the_fitted_run_rate_is_the_best_scale_there_is() -> None:
    rng = np.random.default_rng(5)
    rates = np.exp(rng.normal(0, 0.3, 2000))
    happens = rng.random(2000) < 1 / (1 + rates**-6)
    seen = [
        brier.Look(p=1 / (1 + rate**-6), run_rate=rate, crossed=bool(met))
        for rate, met in zip(rates.tolist(), happens.tolist(), strict=True)
    ]
    score = brier.scores(seen)
    assert score.fitted == pytest.approx(score.p, abs=0.002)
    assert score.fitted < score.base < score.step + 0.1


def test_forecasts_know_nothing_of_what_comes_later() -> None:
    start = date(2025, 1, 1)
    made = (account("smooth", 3, number, start, 181) for number in range(20))
    one = next(a for a in made if a.since == start)
    look = datetime(2025, 5, 14, 9, tzinfo=UTC)
    before = one.at < look.timestamp()
    cut = replace(one, at=one.at[before], value=one.value[before])
    [whole], [known] = (list(foresee.forecasts(a, [look])) for a in (one, cut))
    assert whole == known
    assert whole is not None
    assert list(foresee.forecasts(one, [datetime(2025, 1, 3, 9, tzinfo=UTC)])) == [None]


def test_arms_find_an_effect_and_seldom_invent_one() -> None:
    exposed = arms.Exposed(day=np.linspace(0, 200, 300), upgrades=np.full(300, 0.08))
    nothing, much = (
        arms.simulate(np.random.default_rng(9), exposed, share=0.5, effect=effect, runs=40)
        for effect in (0.0, 0.3)
    )
    assert nothing.supported <= 0.10
    assert much.supported >= 0.9

"""The timing benchmark: what it writes is what was asked, causal, and whoever shares the work."""

import csv
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bench.timing import shared
from bench.timing.ablation import watched
from bench.timing.counts import Scorer, draws, interval
from bench.timing.dataset import DataSet, loaded
from bench.timing.left_out import GRIDS
from bench.timing.measure import policy_of
from bench.timing.rehearse import Stand, stand
from bench.timing.variants import VARIANTS, Variant, changed
from bench.timing.work import Ask
from engine.alert import Moment, ReasonCode
from engine.policy import Policy, Preset

ROOT = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "benchmark"
ACCOUNTS, DAYS = 9, 150
START = datetime(2025, 1, 1, tzinfo=UTC)

Event = tuple[str, datetime, int]


def events(accounts: int, days: int = DAYS) -> Iterator[Event]:
    """Accounts that grow past a limit of 1,000 a month, stay below it, or burst now and then."""
    for number in range(accounts):
        rng = np.random.default_rng((5, number))
        level, growth = rng.uniform(15, 34), rng.choice([0.0, 0.004, 0.01])
        bursts = rng.random() < 0.3
        for day in range(int(rng.integers(0, 20)), days):
            amount = rng.poisson(level * np.exp(growth * day))
            amount += 400 if bursts and rng.random() < 0.03 else 0
            for hour in (7, 15):
                at = START + timedelta(days=day, hours=hour)
                yield f"a{number:02d}", at, int(amount) // 2


def write(file: Path, given: Iterable[Event]) -> Path:
    with gzip.open(file, "wt", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("entity", "timestamp", "value"))
        rows.writerows((name, f"{at:%Y-%m-%dT%H:%M:%SZ}", value) for name, at, value in given)
    return file


def run(*args: str | Path, folder: Path = STAND_IN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.timing", "--shared", str(folder), *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def asked(file: Path) -> list[tuple[str, str]]:
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [(row["account"], row["at"]) for row in rows]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sets") / "tiny.csv.gz", events(ACCOUNTS))


@pytest.fixture(scope="module")
def ran(tiny: Path) -> tuple[str, Path]:
    """What it printed, and where it wrote."""
    out = tiny.parent / "one"
    done = run(tiny, "--out", out, "--jobs", "1")
    assert not done.returncode, done.stderr
    return done.stdout, out / "tiny.jsonl"


def test_what_is_written_is_what_the_table_scores(ran: tuple[str, Path], tiny: Path) -> None:
    told, file = ran
    rules = opened().score
    metrics = rules.score(rules.load(tiny), rules.read_alerts(file))
    assert metrics["alerts"] >= 3
    assert f"| segue, balanced | {metrics['score']} | {metrics['alerts']} |" in told
    for words in ("numpy", "fixed 80", "oracle", "90 % interval", "Brier", "mean score >= 25"):
        assert words in told
    by_moment = re.findall(r"^\| (?:pace|at_limit|approaching) \| (\d+) \|", told, re.MULTILINE)
    assert sum(map(int, by_moment)) == metrics["alerts"]


def test_how_many_share_the_work_changes_nothing(ran: tuple[str, Path], tiny: Path) -> None:
    done = run(tiny, "--out", tiny.parent / "two", "--jobs", "2")
    assert done.stdout == ran[0]
    assert (tiny.parent / "two" / "tiny.jsonl").read_bytes() == ran[1].read_bytes()


def test_what_comes_later_changes_nothing_before(ran: tuple[str, Path], tmp_path: Path) -> None:
    cut = START + timedelta(days=110)
    early = write(tmp_path / "early.csv.gz", (e for e in events(ACCOUNTS) if e[1] <= cut))
    done = run(early, "--out", tmp_path, "--jobs", "1")
    assert not done.returncode, done.stderr
    until = cut.isoformat().replace("+00:00", "Z")
    before = [ask for ask in asked(ran[1]) if ask[1] <= until]
    assert asked(tmp_path / "early.jsonl") == before
    assert 2 <= len(before) < len(asked(ran[1]))


CONFIG = """
[product]
name = "Tiny"
currency = "EUR"
time_zone = "UTC"
[[meter]]
key = "units"
name = { one = "unit", other = "units" }
value = "delivered"
aggregation = "sum"
field = "value"
[[plan]]
key = "base"
name = "Base"
price = "1"
next = "larger"
limits = { units = 1000 }
[[plan]]
key = "larger"
name = "Larger"
price = "2"
"""


def test_it_asks_what_the_backtest_asks(ran: tuple[str, Path], tmp_path: Path) -> None:
    usage, config, out = (tmp_path / name for name in ("usage.csv", "segue.toml", "alerts.jsonl"))
    config.write_text(CONFIG, encoding="utf-8")
    lines = (f"{name},{at.isoformat()},{value}\n" for name, at, value in events(ACCOUNTS))
    usage.write_text("account,timestamp,value\n" + "".join(lines), encoding="utf-8")
    segue = Path(sys.executable).with_name("segue")
    command = [segue, "backtest", "--config", config, "--usage", usage, "--out", out, "--jobs", "1"]
    subprocess.run(command, check=True, capture_output=True)
    rows = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    asks = [(r["account"], datetime.fromisoformat(r["at"])) for r in rows if r["class"] == "ask"]
    assert sorted(asks) == sorted((a, datetime.fromisoformat(at)) for a, at in asked(ran[1]))


@pytest.mark.parametrize(
    ("args", "folder", "says"),
    [
        pytest.param([], "nowhere", "no score.py in nowhere; --shared DIR or", id="no benchmark"),
        pytest.param(["nothing.csv.gz"], STAND_IN, "no data set nothing.csv.gz", id="no data set"),
        pytest.param([], STAND_IN, "no data set in", id="an empty benchmark"),
        pytest.param(["x.csv.gz", "--left-out"], STAND_IN, "needs two data sets", id="one alone"),
    ],
)
def test_what_is_missing_is_said_in_one_line(args: list[str], folder: Path, says: str) -> None:
    command = [sys.executable, "-m", "bench.timing", *args]
    env = {**os.environ, "SEGUE_TIMING": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert not done.stdout
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def opened() -> shared.Benchmark:
    return shared.opened(STAND_IN)


@pytest.fixture(scope="module")
def standing(tiny: Path) -> Iterator[Stand]:
    data = watched(loaded(tiny, opened()), opened())
    with stand(data, STAND_IN, 1, lambda *_: None) as here:
        yield here


def test_an_ablation_may_leave_out_whom_it_cannot_touch(standing: Stand) -> None:
    base = standing.rehearse(policy_of(Preset.BALANCED))
    names = ("neither", "none of the three, no cap a year", "no pace")
    differ = 0
    for variant in (v for v in VARIANTS if v.name in names):
        assert variant.gates is not None
        policy = changed(base.policy, variant.values)
        quick, full = standing.again(base, policy, variant.gates), standing.rehearse(policy).asks
        assert sorted(quick, key=_order) == sorted(full, key=_order)
        differ += quick != base.asks
    assert differ >= 2


def _order(ask: Ask) -> tuple[str, float]:
    return ask.account, ask.at


def test_every_variant_changes_a_value_there_is() -> None:
    names = [variant.name for variant in VARIANTS]
    assert len(set(names)) == len(names)
    points = [variant for grid in GRIDS for variant in grid.variants]
    for variant in (*VARIANTS, *points):
        assert changed(Policy(), variant.values) != Policy() or _is_default(variant)
    with pytest.raises(AttributeError):
        changed(Policy(), {"pace.nothing": 1.0})


def _is_default(variant: Variant) -> bool:
    values = {path: _value(path) for path in variant.values}
    return values == dict(variant.values)


def _value(path: str) -> float:
    table, _, key = path.partition(".")
    return float(getattr(getattr(Policy(), table), key))


def test_every_grid_holds_the_default() -> None:
    for grid in GRIDS:
        assert any(_is_default(variant) for variant in grid.variants)


def test_ablation_and_left_out_print_their_tables(tmp_path: Path) -> None:
    sets = [write(tmp_path / f"{n}.csv.gz", events(n, 75)) for n in (1, 2)]
    done = run(*sets, "--ablation", "--left-out", "--jobs", "1")
    assert not done.returncode, done.stderr
    for variant in VARIANTS:
        assert f"| {variant.name} | " in done.stdout
    assert "| left out |" in done.stdout


def facts(outgrow: float | None, first: float = 0.0, stop: float = 400.0) -> dict[str, Any]:
    day = 86400
    grown = None if outgrow is None else outgrow * day
    return {"outgrow": grown, "watch": (first * day, stop * day), "open": []}


def scorer(**accounts: dict[str, Any]) -> Scorer:
    nothing = DataSet(name="x", accounts={}, limits={}, end=START, until={})

    class Rules(ModuleType):
        DAY, WINDOW, GRACE, USEFUL = 86400, 30 * 86400, 2 * 86400, 3 * 86400

        def truth(self, *_: object) -> dict[str, Any]:
            return accounts

    return Scorer(Rules("rules"), replace(nothing))


def test_lead_is_bounded_by_onboarding() -> None:
    of = scorer(soon=facts(16.9), late=facts(17.0), never=facts(None), evening=facts(17.9, 0.9))
    assert of.reachable(14) == pytest.approx(2 / 3)
    assert of.reachable(7) == 1.0
    assert of.reachable(28) == 0.0


def test_asks_are_counted_by_their_moment() -> None:
    of = scorer(grows=facts(100.0, stop=102.0), stays=facts(None))
    asks = [
        Ask(account=account, at=day * 86400.0, moment=moment)
        for account, day, moment in (
            ("grows", 60, Moment.PACE),  # Too early to be timely.
            ("grows", 90, Moment.PACE),
            ("grows", 99, Moment.AT_LIMIT),
            ("grows", 103, Moment.AT_LIMIT),  # After the watch.
            ("stays", 50, Moment.PACE),
        )
    ]
    found = of.by_moment(asks)
    pace, at_limit = found[Moment.PACE], found[Moment.AT_LIMIT]
    assert (pace.asks, pace.timely, pace.useful) == (3, 1, 1)
    assert (at_limit.asks, at_limit.timely, at_limit.useful) == (1, 1, 0)
    tally = of.tally((ask.account, ask.at) for ask in asks)
    assert tally.score == pytest.approx(125 * 0.25 * 1 / (0.25 * 0.25 + 1))


def test_an_interval_repeats_and_holds_the_score() -> None:
    of = scorer(**{f"a{n}": facts(100.0 if n % 3 == 0 else None) for n in range(60)})
    tally = of.tally((f"a{n}", 90 * 86400.0) for n in range(0, 60, 2))
    low, high = interval(tally.scores(draws(60)))
    assert (low, high) == interval(tally.scores(draws(60)))
    assert 0 < low < tally.score < high < 100


def test_a_gate_is_all_that_a_grid_moves() -> None:
    gates = {variant.gates for grid in GRIDS for variant in grid.variants}
    assert gates == {frozenset((ReasonCode.ONE_OFF,))}

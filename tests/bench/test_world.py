"""The world's truth is the truth of its events, and its two generators are of two kinds."""

import csv
import gzip
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.world.account import Account, daily, midnight, months
from bench.world.files import Files
from bench.world.generators import GENERATORS, account

START, DAYS = date(2025, 1, 1), 181
END = START + timedelta(days=DAYS)
ROOT = Path(__file__).parents[2]


def world(generator: str, accounts: int, seed: int = 3) -> list[Account]:
    return [account(generator, seed, number, START, DAYS) for number in range(accounts)]


def same(one: Account, other: Account) -> bool:
    facts = (one.name, one.since, one.limit) == (other.name, other.since, other.limit)
    return facts and np.array_equal(one.at, other.at) and np.array_equal(one.value, other.value)


@pytest.fixture(scope="module")
def worlds() -> dict[str, list[Account]]:
    return {generator: world(generator, 80) for generator in GENERATORS}


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_seed_makes_the_same_accounts(generator: str) -> None:
    once, again, other = world(generator, 5), world(generator, 5), world(generator, 5, seed=4)
    assert all(map(same, once, again))
    assert not any(map(same, once, other))
    assert same(account(generator, 3, 4, START, DAYS), once[4])
    assert len({one.limit for one in once}) > 1


@pytest.mark.parametrize("generator", GENERATORS)
def test_truth_is_what_the_events_add_up_to(
    generator: str, worlds: dict[str, list[Account]]
) -> None:
    crossed = 0
    for one in worlds[generator]:
        assert len(one.at), one.name
        assert (np.diff(one.at) >= 0).all()
        assert (one.value > 0).all()
        assert midnight(one.since).timestamp() <= one.at[0]
        assert one.at[-1] < midnight(END).timestamp()
        used: dict[str, int] = defaultdict(int)
        met: dict[str, datetime] = {}
        for second, value in zip(one.at.tolist(), one.value.tolist(), strict=True):
            at = datetime.fromtimestamp(second, tz=UTC)
            month = f"{at:%Y-%m}"
            used[month] += value
            if used[month] >= one.limit:
                met.setdefault(month, at)
        truth = list(months(one, END))
        assert truth[0].start.date() == one.since.replace(day=1)
        assert all(a.end == b.start for a, b in pairwise(truth))
        assert [m.used for m in truth] == [used[f"{m.start:%Y-%m}"] for m in truth]
        assert [m.crossed for m in truth] == [met.get(f"{m.start:%Y-%m}") for m in truth]
        crossed += sum(m.crossed is not None for m in truth)
    assert crossed


def crossing_share(accounts: Sequence[Account]) -> float:
    return float(np.mean([m.crossed is not None for a in accounts for m in months(a, END)]))


def test_about_as_many_cross_as_intended(worlds: dict[str, list[Account]]) -> None:
    assert 0.35 <= crossing_share(worlds["smooth"]) <= 0.55
    assert 0.10 <= crossing_share(worlds["bursty"]) <= 0.25


def test_the_generators_are_of_different_kinds(worlds: dict[str, list[Account]]) -> None:
    silent, spread = {}, {}
    for generator, accounts in worlds.items():
        days = [daily(one, one.since, (END - one.since).days) for one in accounts]
        long = [d for d in days if len(d) >= 60]
        silent[generator] = float(np.median([(d == 0).mean() for d in long]))
        spread[generator] = float(np.median([d.std() / d.mean() for d in long]))
    assert silent["smooth"] < 0.15 < 0.4 < silent["bursty"]
    assert spread["smooth"] < 1.0 < spread["bursty"]


def test_files_are_those_of_the_contract_and_repeat(tmp_path: Path) -> None:
    accounts = world("bursty", 3)
    written = []
    for name in ("a", "b"):
        files = Files(tmp_path / name)
        with files.writing() as writer:
            for one in accounts:
                writer.add(one)
        written.append(files)
    assert written[0].usage.read_bytes() == written[1].usage.read_bytes()
    with gzip.open(written[0].usage, "rt", encoding="utf-8") as usage:
        rows = list(csv.DictReader(usage))
    assert list(rows[0]) == ["account", "timestamp", "value"]
    assert len(rows) == sum(len(one.at) for one in accounts)
    assert datetime.fromisoformat(rows[0]["timestamp"]).timestamp() == accounts[0].at[0]
    with written[0].accounts.open(encoding="utf-8") as listed:
        assert [row["limit"] for row in csv.DictReader(listed)] == [str(a.limit) for a in accounts]


STAND_IN = """#!{python}
import csv, json, sys
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
assert sys.argv[1] == "backtest" and "[policy]" not in open(options["--config"]).read()
names = [row["account"] for row in csv.DictReader(open(options["--accounts"]))]
with open(options["--out"], "w") as out:
    for name in names:
        said = {{"account": name, "at": "2025-02-20T09:00:00+00:00", "moment": "pace", "p": 0.9}}
        out.write(json.dumps({{**said, "class": "ask", "reason": "", "meter": "units"}}) + "\\n")
with open(options["--decisions"], "w") as out:
    for name in names:
        said = {{"account": name, "at": "2025-02-20T09:00:00+00:00", "moment": "pace", "p": 0.9}}
        out.write(json.dumps({{**said, "outcome": "ask", "reasons": []}}) + "\\n")
"""


def test_the_command_writes_backtests_and_tells(tmp_path: Path) -> None:
    stand_in = tmp_path / "segue"
    stand_in.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    stand_in.chmod(0o755)
    command = [
        sys.executable,
        "-m",
        "bench.world",
        "--seed",
        "2",
        "--accounts",
        "32",
        "--days",
        "90",
    ]
    command += ["--out", str(tmp_path / "out"), "--segue", str(stand_in), "--runs", "3"]
    ran = [
        subprocess.run(command + more, cwd=ROOT, check=True, capture_output=True, text=True)
        for more in (["--forecast-accounts", "2"], ["--forecast-accounts", "2", "--no-backtest"])
    ]
    told = ran[0].stdout
    assert ran[1].stdout == told
    for words in ("seed 2", "numpy", "smooth:", "bursty:", "precision of pace asks", "holdout:"):
        assert words in told
    assert "32" in told.partition("precision of pace asks")[2].splitlines()[0]
    assert "segue backtest" in ran[0].stderr

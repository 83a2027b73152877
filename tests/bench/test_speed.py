"""The speed benchmark measures what it says: every account, and the same work at each run."""

import subprocess
import sys
from pathlib import Path

from bench.speed import daily, replays

ROOT = Path(__file__).parents[2]


def test_it_prints_both_tables_and_how_much_was_done() -> None:
    command = [sys.executable, "-m", "bench.speed", "--accounts", "2", "--daily", "12"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "machine: " in done.stdout
    assert "numpy" in done.stdout
    assert "| 2: smooth, 1 year | " in done.stdout
    assert "| 2: half each, 4 years | " in done.stdout
    assert "| 12 | 400 | " in done.stdout
    assert done.stdout.count("peak memory") == 2


def test_every_account_of_the_daily_pass_is_decided() -> None:
    once, again = daily.daily_pass(30, 120), daily.daily_pass(30, 120)
    assert once.outcomes.total() == 30
    assert once.outcomes == again.outcomes
    assert 0 < once.pressed < 30
    assert once.clock.cpu > 0
    assert once.clock.wall > 0


def test_snapshots_hold_what_their_days_add_up_to() -> None:
    (snapshot,) = daily.snapshots(number=0, size=1, history=400)
    assert len(snapshot.meters) == 2
    for meter in snapshot.meters:
        assert len(meter.daily) == 400
        assert sum(meter.daily) == meter.used + sum(period.used for period in meter.closed)
        assert meter.closed[-1].end == meter.period.start
    assert len(snapshot.user_days) == 4
    assert all(user.days for user in snapshot.user_days)


def test_more_history_is_the_same_year_again() -> None:
    year = replays.mixed(1)
    twice = replays.longer(year, 2)
    assert [len(one.at) for one in twice] == [2 * len(one.at) for one in year]
    assert all((one.at[1:] >= one.at[:-1]).all() for one in twice)
    single = replays.backtest(year, replays.YEAR)
    double = replays.backtest(twice, 2 * replays.YEAR)
    assert double.days == single.days + 2 * replays.YEAR
    assert double.events == 2 * single.events

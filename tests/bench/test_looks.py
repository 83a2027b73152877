"""The benchmark of looks looks at everybody, and at what was stored."""

import re
import subprocess
import sys
from pathlib import Path

from bench import looks

ROOT = Path(__file__).parents[2]


def test_it_prints_what_a_look_costs_and_what_came_of_it() -> None:
    command = [sys.executable, "-m", "bench.looks", "--accounts", "12", "--days", "70"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert "machine: " in done.stdout
    assert "12 accounts, 2 meters, 70 days" in done.stdout
    [cells] = re.findall(r"^\| (\d+ \|.*\d) \|$", done.stdout, re.MULTILINE)
    load, decide, rest, whole, beside, _ = (int(cell) for cell in cells.split(" | "))
    assert abs(load + decide + rest - whole) <= 2
    assert abs(whole - decide - beside) <= 2
    assert sum(int(n) for n in re.findall(r"'\w+': (\d+)", done.stdout)) == 12


def test_what_is_looked_at_is_what_was_filled_in(tmp_path: Path) -> None:
    context = looks.opened(tmp_path)
    looks.fill(context, 3, 2, 50)
    took = looks.measured(context)
    context.database.close()
    assert took.outcomes.total() == 3
    assert min(took.whole.cpu, took.load.cpu) > 0  # Which is longer, the first run does not say.

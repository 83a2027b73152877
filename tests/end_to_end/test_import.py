"""`segue import` and `segue export` as a vendor runs them, and a power cut in the middle."""

import csv
import gzip
import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.api.conftest import POLICY
from tests.servers import PATIENCE, SEGUE, segue

ROWS = 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segue.toml").write_text(POLICY)
    segue(tmp_path, "config", "apply", "segue.toml")
    lines = (
        f"acct-{n % 97},2025-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00Z,1\n"
        for n in range(ROWS)
    )
    with gzip.open(tmp_path / "usage.csv.gz", "wt") as out:
        out.write("account,timestamp,value\n" + "".join(lines))
    return tmp_path


def counted(folder: Path) -> int:
    """The events of all day buckets, as another process finds them."""
    with sqlite3.connect(f"file:{folder}/segue.db?mode=ro", uri=True, timeout=10) as database:
        found = database.execute("SELECT coalesce(sum(events), 0) FROM day_bucket").fetchone()
    return int(found[0])


def stopped(folder: Path, how: signal.Signals) -> subprocess.CompletedProcess[str]:
    """An import that is ended once some of it is there."""
    process = subprocess.Popen(
        [SEGUE, "import", "usage.csv.gz"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while counted(folder) == 0:
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(how)
    out, errors = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def test_killed_in_the_middle_and_run_again_each_row_counts_once(folder: Path) -> None:
    assert stopped(folder, signal.SIGKILL).returncode == -signal.SIGKILL
    assert 0 < counted(folder) < ROWS
    said = segue(folder, "import", "usage.csv.gz")
    assert said.startswith("usage.csv.gz: ")
    assert counted(folder) == ROWS
    assert "Nothing to do." in segue(folder, "import", "usage.csv.gz")
    assert counted(folder) == ROWS


def test_ended_from_outside_it_says_how_to_go_on(folder: Path) -> None:
    done = stopped(folder, signal.SIGTERM)
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "segue: stopped; run it again to import the rest"
    segue(folder, "import", "usage.csv.gz")
    assert counted(folder) == ROWS


def test_a_dry_run_an_import_and_an_export(folder: Path) -> None:
    would = segue(folder, "import", "usage.csv.gz", "--dry-run")
    assert "usage.csv.gz: 20,000 rows can be imported\n" in would
    assert "accounts  97, 97 of them new\n" in would
    assert "meter     reports: 20,000 rows\n" in would
    assert "days      1 Jan 2025 to 28 Dec 2025\n" in would
    assert "by this file and their line" in would
    assert would.endswith("Nothing was changed.\n")
    assert counted(folder) == 0
    assert segue(folder, "import", "usage.csv.gz") == "usage.csv.gz: 20,000 rows imported.\n"
    segue(folder, "export", "--out", "back.csv.gz")
    with gzip.open(folder / "back.csv.gz", "rt") as back:
        assert sum(float(row["value"]) for row in csv.DictReader(back)) == ROWS
    printed = segue(folder, "export", "--account", "acct-3")
    found = [json.loads(line) for line in printed.splitlines()]
    assert {line["account"] for line in found} == {"acct-3"}
    assert sum(line["value"] for line in found) == len(range(3, ROWS, 97))
    assert not list(folder.glob("*.part"))


def test_misuse_is_one_line(folder: Path) -> None:
    (folder / "bad.csv").write_text("account,timestamp,value\nacme,yesterday,1\n")
    for arguments, code, line in (
        (["import", "bad.csv", "--strict"], 2, "segue: bad.csv, line 2: timestamp: "),
        (["export", "--account", "nobody"], 1, "segue: there is no account 'nobody'"),
    ):
        done = subprocess.run(
            [SEGUE, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert done.stderr.startswith(line)
        assert done.stderr.count("\n") == 1

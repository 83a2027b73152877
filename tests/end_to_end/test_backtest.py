"""`segue backtest` as a vendor runs it: files in, files out, one line for what is wrong."""

import gzip
import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.servers import PATIENCE, SEGUE
from tests.service.recorded_usage import KEEN, POLICY, everybody, steady, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segue.toml").write_text(POLICY)
    (tmp_path / "keen.toml").write_text(KEEN)
    write(tmp_path / "usage.csv", everybody())
    return tmp_path


def command(*more: str) -> list[str]:
    base = ["backtest", "--config", "segue.toml", "--usage", "usage.csv", "--out", "alerts.jsonl"]
    return [str(SEGUE), *base, *more]


def run(folder: Path, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*more), cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == code, done.stderr
    return done


def alerts(folder: Path, name: str = "alerts.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def test_a_first_look(folder: Path) -> None:
    done = run(folder, "--report", "report.html", "--decisions", "d.jsonl", "--jobs", "2")
    assert {a["account"] for a in alerts(folder) if a["class"] == "ask"} >= {"growing"}
    assert re.search(r"^accounts +4$", done.stdout, flags=re.M)
    assert "nothing was due" in done.stdout
    assert re.sub(r"^\w+: .*account-days/s\n", "", done.stderr, flags=re.M) == ""
    report = (folder / "report.html").read_text("utf-8")
    assert "Northwind Reports" in report
    assert "growing" in report
    assert len(alerts(folder, "d.jsonl")) > 10


def test_gzipped_shuffled_and_in_one_process_it_is_the_same(folder: Path) -> None:
    run(folder, "--jobs", "2", "--decisions", "one.jsonl")
    first = (folder / "alerts.jsonl").read_bytes(), (folder / "one.jsonl").read_bytes()
    head, *rows = (folder / "usage.csv").read_bytes().splitlines()
    shuffled = b"\n".join((head, *sorted(rows, key=lambda row: row[::-1]), b""))
    (folder / "usage.csv").write_bytes(gzip.compress(shuffled))
    run(folder, "--jobs", "1", "--decisions", "two.jsonl")
    assert ((folder / "alerts.jsonl").read_bytes(), (folder / "two.jsonl").read_bytes()) == first


def test_the_summary_as_json(folder: Path) -> None:
    found = json.loads(run(folder, "--json", "--against", "keen.toml", "--jobs", "1").stdout)
    assert [p["policy"] for p in found["policies"]] == ["segue.toml", "keen.toml"]
    figures = found["policies"][0]
    asks = sum(a["class"] == "ask" for a in alerts(folder))
    assert figures["asks"] == asks
    assert figures["accounts"] == 4
    assert sum(figures["asks_in_a_year"].values()) == 4
    assert found["same_asks"] + len([d for d in found["differences"] if d["here"]]) == asks


def test_accounts_bring_their_own_limits(folder: Path) -> None:
    write(folder / "accounts.csv", [("growing", "100000"), ("calm", "")], "account,limit")
    run(folder, "--accounts", "accounts.csv", "--jobs", "1", "--decisions", "d.jsonl")
    assert not [a for a in alerts(folder) if a["class"] == "ask"]
    reasons = {d["reason"] for d in alerts(folder, "d.jsonl") if d["account"] == "busy"}
    assert "limit_unknown" in reasons


def test_bad_rows_are_told_counted_and_skipped(folder: Path) -> None:
    with (folder / "usage.csv").open("a") as stream:
        stream.write("late,never,1\n" * 30)
    done = run(folder, "--jobs", "1")
    assert "usage.csv, line" in done.stderr
    assert done.stderr.count("\n") == 21
    assert "... and 10 more bad rows" in done.stderr
    assert re.search(r"^bad rows left out +30$", done.stdout, flags=re.M)


def test_strict_exits_with_2_at_the_first_and_writes_nothing(folder: Path) -> None:
    with (folder / "usage.csv").open("a") as stream:
        stream.write("late,never,1\n")
    done = run(folder, "--strict", code=2)
    assert done.stderr.startswith("segue: usage.csv, line ")
    assert done.stderr.count("\n") == 1
    assert not (folder / "alerts.jsonl").exists()


@pytest.mark.parametrize(
    ("file", "text", "message", "code"),
    [
        ("usage.csv", "account,value\na,1\n", "has no column 'timestamp'", 2),
        ("usage.csv", "account,timestamp,value\n", "holds no usage", 2),
        ("segue.toml", "[product]\nname = 'X'\n", "meter", 1),
    ],
)
def test_what_is_wrong_is_one_line(
    file: str, text: str, message: str, code: int, folder: Path
) -> None:
    (folder / file).write_text(text)
    done = run(folder, code=code)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_misuse(folder: Path) -> None:
    assert "nope.csv" in run(folder, "--accounts", "nope.csv", code=2).stderr


def test_a_device_is_written_to_not_replaced(folder: Path) -> None:
    before = stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116
    done = subprocess.run(
        command("--out", "/dev/null", "--jobs", "1"),
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0
    assert before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ended_half_way_it_leaves_nothing_half_written(how: signal.Signals, folder: Path) -> None:
    write(
        folder / "usage.csv",
        [row for n in range(400) for row in steady(f"acct-{n}", [40, 60, 50, 60, 50, 60])],
    )
    process = subprocess.Popen(
        command("--jobs", "2", "--report", "report.html"),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while not list(folder.glob(".alerts.jsonl.*.part")) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert said.strip() == "segue: stopped; no file was written"
    assert sorted(f.name for f in folder.iterdir()) == ["keen.toml", "segue.toml", "usage.csv"]


def test_help_teaches_by_example() -> None:
    done = subprocess.run(
        [SEGUE, "backtest", "--help"], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    text = " ".join(done.stdout.split())
    assert "segue backtest --config segue.toml --usage usage.csv --out alerts.jsonl" in text
    assert "account,timestamp,value" in text

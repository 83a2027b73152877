"""The README's commands, run as they stand there: a newcomer who copies them must get an answer."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import SEGUE, free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")

# A minimal machine has no curl; this stands in for the flags that the README uses.
CURL = f"""#!{sys.executable}
import argparse, time, httpx
p = argparse.ArgumentParser()
p.add_argument("url")
p.add_argument("-X", default="")
p.add_argument("-H", action="append", default=[])
p.add_argument("-d", default=None)
a = p.parse_args()
for _ in range(600):
    try:
        r = httpx.request(a.X or ("POST" if a.d else "GET"), "http://" + a.url, content=a.d,
                          headers=dict(h.split(": ", 1) for h in a.H), timeout=30)
        break
    except httpx.TransportError:
        time.sleep(0.1)
print(r.status_code, r.text)
"""


def block_after(heading: str) -> list[str]:
    """The lines of the indented blocks between a heading and the next one."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n##", 1)[0]
    return [line[4:] for line in section.splitlines() if line.startswith("    ")]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(CURL)
    curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "work").mkdir()
    return tmp_path


def test_the_commands_under_for_real_work_as_they_stand(home: Path) -> None:
    port = str(free_port())
    script = "\n".join(["set -e", *block_after("For real"), "kill %1", "wait"])
    script = script.replace(".venv/bin/segue", str(SEGUE)).replace("python3", sys.executable)
    script = script.replace("segue serve &", f"segue serve --port {port} > serve.log 2>&1 &")
    script = script.replace("localhost:8320", f"localhost:{port}")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SEGUE_")}
    done = subprocess.run(
        ["bash", "-m", "-c", script],
        cwd=home / "work",
        env={**kept, "PATH": f"{home / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    said = done.stdout
    assert "Version 1 is in force." in said, done.stderr
    assert re.search(r'^200 \{.*"plan":"team"', said, re.MULTILINE), said + done.stderr
    assert '200 {"accepted":1,"duplicates":0,"rejected":[]}' in said, said + done.stderr
    assert re.search(r"^silent · ", said, re.MULTILINE), said
    assert "give this decision again, bit by bit" in " ".join(said.split()), said
    assert done.returncode in (0, 143), done.stderr


def test_the_commands_before_it_speaks_work_as_they_stand(home: Path) -> None:
    work = home / "work"
    days = "".join(f"acme,2026-05-{day:02},{day}\n" for day in range(1, 29))
    (work / "usage.csv").write_text(f"account,timestamp,value\n{days}")
    example = [line for line in block_after("For real") if "--example" in line]
    script = "\n".join(["set -e", *example, *block_after("Before it speaks")])
    done = subprocess.run(
        ["bash", "-c", script.replace(".venv/bin/segue", str(SEGUE))],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (work / "alerts.jsonl").exists()
    assert "<svg" in (work / "report.html").read_text("utf-8")


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_quick_start_names_targets_that_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert f"make {target}" in README
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_every_path_the_readme_links_to_exists() -> None:
    for path in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in path:
            assert (ROOT / path).exists(), path


def test_every_setting_the_code_reads_is_in_the_readme() -> None:
    source = (ROOT / "segue" / "settings.py").read_text("utf-8")
    names = set(re.findall(r'text\("([A-Z_]+)"\)', source))
    assert len(names) > 5
    for name in names:
        assert f"SEGUE_{name}" in README or f"_{name.split('_', 1)[1]}" in README, name


def test_ci_runs_the_readmes_test_command() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("make ")] == ["make check", "make test"]

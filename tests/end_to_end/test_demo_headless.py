"""`segue demo --headless`: the whole story on real usage, through the real doors, checked."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from tests.servers import SEGUE

LONGEST = 240


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("demo")
    return subprocess.run(
        [SEGUE, "demo", "--headless", "--folder", folder],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        cwd=folder,
        check=False,
    )


def section(told: subprocess.CompletedProcess[str], name: str) -> str:
    """What is told about one account."""
    return told.stdout.split(f"\n{name} ", 1)[1].split("\n\n", 1)[0]


def test_every_promise_is_kept(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0, told.stdout + told.stderr
    assert "FAIL" not in told.stdout
    assert "15 of 15 kept." in told.stdout
    assert told.stderr == ""


@pytest.mark.parametrize("account", ["Quarry & Co", "Fern & Field", "Meridian Press"])
def test_who_is_not_ready_gets_nothing(
    told: subprocess.CompletedProcess[str], account: str
) -> None:
    assert "Nothing. Nobody was written to, no banner was shown." in section(told, account)


@pytest.mark.parametrize(
    ("account", "silence"),
    [
        ("Quarry & Co", "16 to 26 April: Held back because the account is still experimenting."),
        ("Fern & Field", "Held back because the account is still learning the product."),
        ("Meridian Press", "Held back because this looks like a spike, not like growth that lasts"),
        ("Oakline Dental", "20 to 29 May: Held back because a ticket is open."),
        ("Harbor Logistics", "Held back because the last suggestion is too recent"),
    ],
)
def test_silences_are_told_with_their_reason(
    told: subprocess.CompletedProcess[str], account: str, silence: str
) -> None:
    assert silence in section(told, account)


def test_the_committed_account_hears_it_once_and_passes_it_on(
    told: subprocess.CompletedProcess[str],
) -> None:
    story = " ".join(section(told, "Harbor Logistics").split())
    title = "2,514 reports delivered to your clients this month"
    assert story.count(f"Banner, Priya Raman {title}") == 1
    assert story.count(f"Slack, Priya Raman {title}") == 1
    assert "Sent to Fiona Becker, 17:30" in story
    assert "E-mail to fiona@harbor.example" in story
    assert "Fiona Becker asks: Is the price the same if we move in July?" in story
    assert "100 → 60 (ask delivered)" in story
    assert "60 → 75 (forwarded)" in story


def test_the_folder_of_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "segue.db").write_text("in use")
    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = subprocess.run(
            [SEGUE, "demo", "--headless", "--folder", tmp_path],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    assert refused.returncode == 1
    assert "another demo runs" in refused.stderr
    assert (tmp_path / "segue.db").read_text() == "in use"

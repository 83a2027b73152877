"""`segue explain` on a real database: a page to read, the same as JSON, and plain refusals."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.api.live import NOW, live
from tests.backends import Backend
from tests.servers import SEGUE

HEADINGS = [
    "Facts",
    "Stage",
    "Forecast",
    "Moments and gates",
    "Attention",
    "What would have been said (pace, ask)",
    "What would change it",
    "Replay",
]


@dataclass
class Desk:
    """A terminal beside the database."""

    folder: Path
    account: str
    url: str

    def segue(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SEGUE_")}
        return subprocess.run(
            [SEGUE, *args],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=kept | {"SEGUE_DATABASE_URL": self.url} | variables,
            timeout=120,
            check=False,
        )

    def explain(self, *args: str) -> str:
        done = self.segue("explain", *args)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An account that was asked on the eighteenth, and had a ticket opened on the nineteenth."""
    folder = tmp_path_factory.mktemp("explain")
    with live(Backend("sqlite", folder, None)) as world:
        name, alert = world.asked(name="Acme [bold]GmbH[/]")
        world.widget(name, "fiona").say(alert, "useful")
        world.clock.set(NOW + timedelta(hours=3))
        world.use(name, 55)
        world.settle()
        path = f"/v1/accounts/{name}/blockers/t-7"
        told = {"kind": "ticket", "urgent": True, "from": "2026-11-19T07:00:00Z"}
        world.clock.set(NOW + timedelta(hours=23, minutes=30))
        assert world.admin("PUT", path, told).is_success
        world.clock.set(NOW + timedelta(days=1))
        world.settle()
        yield Desk(folder, name, world.runtime.settings.database_url)


def test_a_silence_is_a_page_to_read(desk: Desk) -> None:
    page = desk.explain(desk.account)
    lines = page.splitlines()
    assert lines[0] == f"Acme [bold]GmbH[/] ({desk.account})"
    assert lines[1].startswith("silent · 19 Nov 2026, 09:00")
    assert [line for line in lines if line in HEADINGS] == HEADINGS
    assert max(map(len, lines)) <= 80
    assert page == "\n".join(line.rstrip() for line in lines) + "\n"
    assert "\x1b" not in page
    assert "  reports       715 of 1,000 (72%), 1 to 30 Nov 2026; at the limit continues" in lines
    assert "  blockers      urgent ticket t-7 since 19 Nov 2026, 08:00" in lines
    assert re.search(r"^ +✗ ticket_open +since 19 Nov 2026$", page, re.MULTILINE)
    assert re.search(r"^ +✗ ask_spacing .*until 18 Dec 2026$", page, re.MULTILINE)
    assert re.search(r"^ +✓ policy_off shadow data_stale", page, re.MULTILINE)
    assert "policy version 1 give this decision" in page


def test_it_says_what_would_change_it(desk: Desk) -> None:
    lines = desk.explain(desk.account).split("What would change it\n")[1].split("\n\n")[0]
    edge = lines.index("→")
    changes = " ".join(line[:edge].strip() for line in lines.splitlines())
    then = " ".join(line[edge:].strip() for line in lines.splitlines())
    assert changes.startswith("Without the open ticket (since 19 Nov 2026) and from 1 Dec 2026")
    assert "and from 18 Dec 2026, when ask_spacing ends" in changes
    assert then.startswith("→ silent: duplicate until 1 Dec 2026; ask_spacing until 18 Dec 2026")
    assert then.strip().endswith("→ ask: on pace to pass the limit")


def test_an_earlier_day_is_told_as_it_was(desk: Desk) -> None:
    page = desk.explain(desk.account, "--on", "2026-11-18T09:00")
    assert page.splitlines()[1] == "ask · 18 Nov 2026, 09:00"
    assert "What was said (pace, ask)" in page
    assert "summary to priya over slack: sent 18 Nov 2026, 09:00" in page
    assert "Once it is delivered" in page
    assert page == desk.explain(desk.account, "--on", "2026-11-18T09:00:00+01:00")


def test_a_day_is_what_was_decided_last_on_it(desk: Desk) -> None:
    page = desk.explain(desk.account, "--on", "2026-11-18")
    assert page.splitlines()[1] == "silent · 18 Nov 2026, 12:00"
    assert "The same day at 09:00: ask" in page


def test_json_says_the_same(desk: Desk) -> None:
    found = json.loads(desk.explain(desk.account, "--json"))
    assert (found["outcome"], found["reason"]) == ("silent", "ticket_open")
    detail = found["detail"]
    page = desk.explain(desk.account)
    assert detail["account"] == desk.account
    assert detail["replay"]["digest"][:12] in page
    for gate in detail["moments"][0]["gates"]:
        assert (gate["code"] in page) is (gate["answer"] != "not_asked")
    for step in detail["what_if"]:
        assert step["reason"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nobody"], "there is no account 'nobody'"),
        (["{account}", "--on", "soon"], "on: 'soon' is no day like 2026-06-12"),
        (["{account}", "--on", "2026-11-17"], "nothing was decided about"),
    ],
)
def test_what_can_not_be_told_is_one_line(desk: Desk, args: list[str], said: str) -> None:
    done = desk.segue("explain", *(arg.format(account=desk.account) for arg in args))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"segue: {said}")
    assert len(done.stderr.splitlines()) == 1


def test_colours_are_for_a_terminal_that_shows_them(desk: Desk) -> None:
    done = desk.segue("explain", desk.account, FORCE_COLOR="1")
    assert "\x1b[" in done.stdout
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    assert max(map(len, plain.splitlines())) <= 80

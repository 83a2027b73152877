"""`segue lint-copy`: Segue's own copy, a vendor's templates, and messages in files."""

import json

import pytest
from typer.testing import CliRunner

from segue.cli import app

GOOD = """Your team is at 8,420 reports. Nothing stops above that.

More reports this month
---
The numbers are ready to pass on.
"""
TABLE = """
[[message]]
title = "8,420 reports"
body = "{body}"
class = "ask"
audience = "manager"
at_limit = "continues"
facts = {{ used = "8,420", limit = "10,000" }}
"""


def run(*args, code):
    found = CliRunner().invoke(app, ["lint-copy", *map(str, args)], terminal_width=200)
    assert found.exit_code == code, found.output
    return found


def written(tmp_path, name, text):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("locale", ["en", "de"])
def test_everything_that_is_shipped_keeps_the_tone(locale):
    told = json.loads(run("--locale", locale, "--json", code=0).stdout)
    assert told["problems"] == []
    assert told["texts"] > 1200


def test_a_text_file_is_a_message_a_paragraph(tmp_path):
    assert (
        "2 texts looked at: nothing to mend."
        in run(written(tmp_path, "good.txt", GOOD), code=0).output
    )
    bad = written(tmp_path, "bad.txt", f"{GOOD}\nHurry, it ends soon!\n")
    told = json.loads(run(bad, "--json", code=1).stdout)
    assert {(p["where"], p["rule"]) for p in told["problems"]} == {
        (f"{bad}:3", "TL02"),
        (f"{bad}:3", "TL05"),
    }


def test_a_german_text_is_read_by_german_rules(tmp_path):
    path = written(tmp_path, "text.txt", "Ihr Kontingent ist aufgebraucht.")
    assert "TL01" in run(path, "--locale", "de", code=1).output
    assert run(path, code=0)


def test_a_table_of_messages_has_its_numbers_checked(tmp_path):
    fine = TABLE.format(body="Your team is at 8,420. Nothing stops at 10,000.")
    assert run(written(tmp_path, "fine.toml", fine), code=0)
    odd = TABLE.format(body="You have 1,580 to go. Nothing stops.")
    told = json.loads(run(written(tmp_path, "odd.toml", odd), "--json", code=1).stdout)
    assert [(p["rule"], p["words"]) for p in told["problems"]] == [("TL07", "1,580")]
    line = json.dumps({"body": "Upgrade to Business.", "audience": "user"})
    assert "TL05" in run(written(tmp_path, "one.jsonl", f"{line}\n"), code=1).output


def test_a_warning_does_not_fail(tmp_path):
    path = written(tmp_path, "long.txt", f"The plan {'and the plan ' * 13}is one.")
    assert "TL09 (warns)" in run(path, code=0).output


def test_a_message_that_is_there_to_break_a_rule_has_to(tmp_path):
    text = '[[message]]\nbody = "All is calm."\nexpect = "TL01"\n'
    assert "expected to break" in run(written(tmp_path, "odd.toml", text), code=1).output


def test_a_vendors_own_templates_are_rendered_for_every_reader(tmp_path):
    own = "Ours\n---\n{{ fact.used }} {{ many }}. Nothing stops. Unlock more.\n"
    path = written(tmp_path, "copy/en/pace.champion.j2", own)
    told = json.loads(run(tmp_path / "copy", "--json", code=1).stdout)
    rules = {p["rule"] for p in told["problems"]}
    # It sells, and what it says of the limit is true only where nothing stops.
    assert rules == {"TL05", "TL08"}
    assert {(p["where"], p["moment"], p["audience"]) for p in told["problems"]} == {
        ("en/pace.champion.j2", "pace", "champion")
    }
    assert json.loads(run(path, "--json", code=1).stdout) == told


def test_a_template_that_nothing_looks_for_or_that_is_broken_is_said(tmp_path):
    written(tmp_path, "copy/en/pase.champion.j2", "Ours\n---\nText.\n")
    assert "a name that a moment looks for" in run(tmp_path / "copy", code=1).output
    written(tmp_path, "copy/en/milestone.j2", "Ours\n---\n{{ fact.used\n")
    assert "TL00" in run(tmp_path / "copy", code=1).output


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("odd.toml", "[[message]]\nbod = 'x'\n", "message 1"),
        ("odd.toml", "not toml", "can't be read as .toml"),
        ("odd.jsonl", "{", "can't be read as .jsonl"),
        ("odd.toml", "[[message]]\nbody = 'x'\nclass = 'shout'\n", "'shout'"),
    ],
)
def test_a_file_that_is_none_is_misuse(tmp_path, name, text, why):
    told = run(written(tmp_path, name, text), code=2)
    assert why in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_path_or_language_that_is_not_there_is_misuse(tmp_path):
    assert "there is no" in run(tmp_path / "none.txt", code=2).stderr
    assert "but for de, en" in run("--locale", "xx", code=2).stderr
    assert "there is no" in run(tmp_path, code=2).stderr


def test_the_help_shows_how():
    told = run("--help", code=0).output
    for part in ("my-copy/en/pace.finance.j2", "[[message]]", "TL09"):
        assert part in told

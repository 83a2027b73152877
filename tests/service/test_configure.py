"""The policy file: what is odd in it is told, and stands in nobody's way."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.errors import ConfigInvalid
from segue.cli import app
from segue.generated import example_text
from service import configure


def example(**changes: str) -> str:
    """The example file; each key is written out with another value."""
    text = example_text()
    for key, value in changes.items():
        assert text.count(f"#{key} = ") == 1
        text = text.replace(f"#{key} = ", f"{key} = {value} # ")
    return text


def run(*args: str) -> Any:
    return CliRunner().invoke(app, ["config", *args])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "segue.toml"
    path.write_text(example(young_days="10"), "utf-8")
    return path


def test_the_example_is_sound() -> None:
    assert configure.odd(example_text()) == ()


def test_what_is_odd_is_one_sentence_with_its_keys() -> None:
    [one] = configure.odd(example(young_days="10"))
    assert one.keys == ("policy.lasting.young_days", "policy.stage.onboarding_days")
    assert "`policy.lasting.young_days = 10` never acts" in one.detail


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"preset": '"quiet"', "onboarding_days": "28"}, {"policy.preset"}),
        ({"preset": '"quiet"', "onboarding_days": "7"}, {"policy.preset"}),
        ({"preset": '"keen"'}, set()),
        ({"onboarding_days": "28"}, set()),
    ],
)
def test_a_preset_is_held_against_what_the_file_states(
    changes: dict[str, str], keys: set[str]
) -> None:
    assert {one.keys[0] for one in configure.odd(example(**changes))} == keys


def test_what_is_wrong_is_an_error_before_anything_is_odd() -> None:
    with pytest.raises(ConfigInvalid, match="spacing_days must be at least 30"):
        configure.odd(example(spacing_days="7", young_days="10"))


def test_check_tells_and_does_not_fail(file: Path) -> None:
    done = run("check", str(file))
    assert done.exit_code == 0
    assert "is fine: 2 meters, 2 plans." in done.stdout
    assert "One thing is odd:\n- `policy.lasting.young_days = 10` never acts" in done.stdout
    assert max(map(len, done.stdout.splitlines()[1:])) <= 80


def test_strict_fails(file: Path) -> None:
    assert run("check", str(file), "--strict").exit_code == 1
    file.write_text(example_text(), "utf-8")
    assert run("check", str(file), "--strict").exit_code == 0


def test_apply_tells_first_and_applies(file: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SEGUE_DATABASE_URL", f"sqlite:///{tmp_path}/segue.db")
    dry = run("apply", str(file), "--dry-run")
    assert dry.exit_code == 0
    assert dry.stdout.index("One thing is odd:") < dry.stdout.index("+++")
    assert "Nothing was changed" in dry.stdout
    done = run("apply", str(file))
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("Version 1 is in force.\n")
    assert run("show").stdout == file.read_text("utf-8")
    shown = run("show", "--policy").stdout
    assert re.search(r"^young_days = 10 +# \.\.\. or the account is younger", shown, re.M)
    assert re.search(r"^#spacing_days = 30 +# At most one ask", shown, re.M)


def test_keys_with_their_values_stay_on_one_line(file: Path) -> None:
    file.write_text(example(spacing_days="92"), "utf-8")
    for line in run("check", str(file)).stdout.splitlines():
        assert line.count("`") % 2 == 0

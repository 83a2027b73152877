"""One key of the policy file changes; whatever else stands in it stays as it was written."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.policy_edit import edited

PRODUCT = """# Northwind's policy
[product]
name = "Northwind"  # as on the web site
"""
PARTS = (
    '[policy]\nmode = "live"  # since June\n# the end of it',
    "[policy.ask]\nper_year = 3\n\n# what the widget may do",
    '[policy.quiet]\nhours = [\n  "18:00",  # they go home\n  "09:00",\n]',
    '[[plan]]\nkey = "team"\nlimits = { reports = 10 }',
    '[widget]\norigins = ["https://app.example.com"]',
)
CHANGES: dict[str, Any] = {
    "mode": "shadow",
    "ask.spacing_days": 45,
    "ask.per_year": 2,
    "quiet.hours": ("19:00", "08:30"),
    "quiet.weekends": False,
    "pace.used": 0.7,
}


def wanted(text: str, path: str, value: Any) -> dict[str, Any]:
    """The file as data, with one key set."""
    data = tomllib.loads(text)
    place = data.setdefault("policy", {})
    *tables, name = path.split(".")
    for table in tables:
        place = place.setdefault(table, {})
    place[name] = list(value) if isinstance(value, tuple) else value
    return data


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@given(
    st.lists(st.sampled_from(PARTS), unique=True),
    st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3, unique=True),
)
def test_any_key_changes_and_nothing_else_does(parts: list[str], paths: list[str]) -> None:
    text = "\n\n".join((PRODUCT, *parts)) + "\n"
    for path in paths:
        after = edited(text, path, CHANGES[path])
        assert tomllib.loads(after) == wanted(text, path, CHANGES[path])
        if path != "quiet.hours":  # Its value stands on several lines.
            missing = [line for line in lines_of(text) if line not in lines_of(after)]
            assert all(line.startswith(path.rpartition(".")[2]) for line in missing)
        text = after
    for comment in ("# Northwind's policy", "# as on the web site"):
        assert comment in text


@pytest.mark.parametrize(
    "text",
    [
        'policy = { mode = "live" }\n' + PRODUCT,
        'policy.mode = "live"\n' + PRODUCT,
        PRODUCT + "\n[policy]\nask.per_year = 3\n",
        (PRODUCT + '\n[policy]\nmode = "live"\n').replace("\n", "\r\n"),
    ],
)
@pytest.mark.parametrize("path", CHANGES)
def test_however_a_file_is_written(text: str, path: str) -> None:
    after = edited(text, path, CHANGES[path])
    assert tomllib.loads(after) == wanted(text, path, CHANGES[path])


def test_a_new_key_stands_in_its_own_table_and_above_what_is_said_of_the_next() -> None:
    text = f"{PRODUCT}\n{PARTS[1]}\n{PARTS[4]}\n"
    assert edited(text, "ask.spacing_days", 45) == text.replace(
        "per_year = 3\n", "per_year = 3\nspacing_days = 45\n"
    )
    assert edited(text, "ask.per_year", 2) == text.replace("per_year = 3", "per_year = 2")
    assert edited(text, "mode", "off").endswith('origins = ["https://app.example.com"]\n')
    table = "[policy.ask]\n# How seldom.\n#per_year = 4\n\n# The widget.\n[widget]\n"
    assert edited(table, "ask.per_year", 2) == table.replace("= 4\n", "= 4\nper_year = 2\n")

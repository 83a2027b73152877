"""What a policy may be: every number has its range, and what two of them may be together."""

from dataclasses import fields, replace
from math import inf, nan
from typing import Any

import pytest

from engine.bounds import ANY, Bounded
from engine.errors import ConfigInvalid
from engine.policy import PRESETS, Policy, Preset
from service.config import parse
from tests.engine.policies import TABLES

DEFAULT = Policy()
FILE = """
[product]
name = "Northwind"
[[meter]]
key = "reports"
name = { one = "report", other = "reports" }
[[plan]]
key = "team"
name = "Team"
"""


def numbers() -> list[tuple[str, str]]:
    """Every number of the policy, as table and key."""
    return [
        (name, f.name)
        for name in TABLES
        for f in fields(getattr(DEFAULT, name))
        if type(getattr(getattr(DEFAULT, name), f.name)) in (int, float)
    ]


def refused(table: str, **keys: Any) -> str:
    """What is said of a file with these values."""
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    with pytest.raises(ConfigInvalid) as told:
        parse(f"{FILE}\n[policy.{table}]\n{lines}\n")
    [(path, text)] = told.value.problems
    assert path == f"policy.{table}"
    return text


@pytest.mark.parametrize("preset", Preset)
def test_every_preset_passes(preset: Preset) -> None:
    parsed = parse(f'{FILE}\n[policy]\npreset = "{preset}"\n').policy
    for table, values in PRESETS[preset].items():
        for key, value in values.items():
            assert getattr(getattr(parsed, table), key) == value


@pytest.mark.parametrize(("table", "key"), numbers())
def test_every_number_is_finite_and_in_its_range(table: str, key: str) -> None:
    bounds = getattr(DEFAULT, table).RANGES.get(key, ANY)
    whole = isinstance(getattr(getattr(DEFAULT, table), key), int)
    beyond = [bounds.low - 1, bounds.high + 1] + ([bounds.low] if bounds.above else [])
    for value in [int(b) if whole else float(b) for b in beyond] + ([] if whole else [nan, inf]):
        assert key in refused(table, **{key: value}), value


@pytest.mark.parametrize("table", TABLES)
def test_every_range_is_of_a_key(table: str) -> None:
    values = getattr(DEFAULT, table)
    assert isinstance(values, Bounded)
    assert set(values.RANGES) <= {f.name for f in fields(values)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "keys", "text"),
    [
        ("trust", {"refused_k": 0}, "refused_k must be 1 to 10"),
        ("trust", {"refused_k": 0.9}, "refused_k must be 1 to 10"),
        ("trust", {"ignored_k": 0.7}, "ignored_k must be 0.75 to 10"),
        ("trust", {"ignored_k": 2}, "refused_k must be at least ignored_k"),
        ("trust", {"ignored": -1}, "ignored must be 0 to 3650"),
        ("trust", {"refused": 4}, "refused must be at least ignored"),
        ("trust", {"not_useful": 4}, "not_useful must be at least ignored"),
        ("trust", {"ask": 9}, "ask must be 10 to 100"),
        ("trust", {"ask_needs": 39}, "ask_needs must be at least ask"),
        ("trust", {"ask": 56}, "ask must leave what ignored costs"),
        ("ask", {"reflection_spacing_days": 0}, "reflection_spacing_days must be 1 to 3650"),
        ("ask", {"spacing_days": 29}, "spacing_days must be at least 30"),
        ("ask", {"per_year": 5}, "per_year must be 1 to 4"),
        ("ask", {"person_spacing_days": 59}, "person_spacing_days must be at least 60"),
        ("ask", {"after_refusal_days": 29}, "after_refusal_days must be at least 30"),
        ("ask", {"pull_only_at": 3.5}, "pull_only_at must be above 0 and at most 3"),
        ("ask", {"open_days": 0}, "open_days must be 1 to 3650"),
        ("recipients", {"joined_days": -1}, "joined_days must be 0 to 3650"),
        ("stage", {"adopted_people": 0}, "adopted_people must be 1 to 3650"),
        ("stage", {"adopted_features": 0}, "adopted_features must be 1 to 3650"),
        ("stage", {"rhythm_weeks": 0}, "rhythm_weeks must be 1 to 3650"),
        ("friction", {"days": 0}, "days must be 1 to 3650"),
        ("pace", {"p": 0}, "p must be above 0 and at most 1"),
        ("pace", {"used": 1.1}, "used must be above 0 and at most 1"),
        ("approaching", {"used": 0}, "used must be above 0 and at most 1"),
        ("blockers", {"incident": 0}, "incident must be 1 to 3650"),
        ("blockers", {"security": 0}, "security must be 1 to 3650"),
        ("blockers", {"price_change": 0}, "price_change must be 1 to 3650"),
        ("blockers", {"payment": 0}, "payment must be 1 to 3650"),
        ("blockers", {"downgrade": 0}, "downgrade must be 1 to 3650"),
        ("blockers", {"renewal": -1}, "renewal must be 0 to 3650"),
        ("blockers", {"upgrade": 89}, "upgrade must be 90 to 3650"),
        ("quiet", {"expire_days": 0}, "expire_days must be 1 to 3650"),
        ("milestone", {"best_month": 0.9}, "best_month must be 1 to 3650"),
        ("right_size", {"share": 1.5}, "share must be above 0 and at most 1"),
        ("forecast", {"horizon_days": 367}, "horizon_days must be 1 to 366"),
        ("forecast", {"level_noise": 2.1}, "level_noise must be 0 to 2"),
        ("forecast", {"trend_damping": 1.1}, "trend_damping must be 0 to 1"),
        ("forecast", {"one_off_p": 0}, "one_off_p must be above 0 and at most 1"),
        ("data", {"suspect_jump": 1}, "suspect_jump must be above 1 and at most 3650"),
        ("holdout", {"share": 0.95}, "share must be 0 to 0.9"),
    ],
)
def test_what_would_weaken_restraint_is_refused(
    table: str, keys: dict[str, Any], text: str
) -> None:
    assert text in refused(table, **keys)


def test_days_of_going_live_are_counted_too() -> None:
    with pytest.raises(ConfigInvalid, match="rollout_days must be 0 to 3650"):
        parse(f"{FILE}\n[policy]\nrollout_days = -1\n")


def test_a_policy_made_in_code_is_held_to_the_same() -> None:
    with pytest.raises(ValueError, match="p must be above 0"):
        replace(DEFAULT.pace, p=nan)

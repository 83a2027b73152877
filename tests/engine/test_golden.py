"""Golden scenarios: one readable file per reason, moment, stage and edge, decided for real.

`SEGUE_REGEN=1 pytest tests/engine/test_golden.py` writes the `[sentence]` tables anew; read them.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from engine.alert import AlertClass, Moment, Outcome, ReasonCode
from engine.decision import Stage
from tests.engine.scenarios import REGEN, Scenario, every, scenario
from tests.engine.scenarios_verdict import Verdict, differences, sentences, verdict

SCENARIOS = every()
CLASSES = {
    Moment.SUSTAINED_OVER: {AlertClass.ASK},
    Moment.RECURRING_FRICTION: {AlertClass.ASK},
    Moment.AT_LIMIT: {AlertClass.NOTICE, AlertClass.ASK},
    Moment.PACE: {AlertClass.ASK},
    Moment.APPROACHING: {AlertClass.NOTICE, AlertClass.ASK},
    Moment.MILESTONE: {AlertClass.REFLECTION},
    Moment.RIGHT_SIZE: {AlertClass.REFLECTION},
}
OVERLAYS = {"dormant", "outgrowing"}


@cache
def _verdict(path: Path) -> Verdict:
    """Decided once, compared twice."""
    return verdict(scenario(path))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_decision(scenario: Scenario) -> None:
    _compare(scenario, scenario.said["expected"], _verdict(scenario.path).expected)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_sentence(scenario: Scenario) -> None:
    found = sentences(_verdict(scenario.path))
    if REGEN:
        _rewrite(scenario, found)
    else:
        _compare(scenario, scenario.said.get("sentence", {}), found)


def _compare(scenario: Scenario, wanted: Mapping[str, object], found: Mapping[str, object]) -> None:
    if problems := differences(wanted, found):
        pytest.fail(f"{scenario.said['title']}\n{scenario.path}\n\n{problems}", pytrace=False)


def _rewrite(scenario: Scenario, sentence: dict[str, str]) -> None:
    """Put the sentences of today at the end of the file."""
    text = scenario.path.read_text("utf-8").split("\n[sentence]")[0].rstrip()
    lines = [f"{key} = {json.dumps(said, ensure_ascii=False)}" for key, said in sentence.items()]
    scenario.path.write_text("\n".join((text, "", "[sentence]", *lines, "")), "utf-8")


def expected(name: str) -> set[str]:
    """Everything any scenario expects under `name`."""
    found = [s.said["expected"].get(name) for s in SCENARIOS]
    return {v for value in found if value for v in (value if isinstance(value, list) else [value])}


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_has_its_scenario(code: ReasonCode) -> None:
    said = [s.said["expected"] for s in SCENARIOS if s.name == f"reasons/{code}"]
    assert said, f"there is no reasons/{code}.toml"
    assert code in (said[0].get("reason"), *said[0].get("also", []))


@pytest.mark.parametrize(
    ("moment", "alert_class"), [(m, c) for m, classes in CLASSES.items() for c in sorted(classes)]
)
def test_every_moment_has_its_scenario_in_each_class(moment: Moment, alert_class: str) -> None:
    said = [s.said["expected"] for s in SCENARIOS if s.name == f"moments/{moment}_{alert_class}"]
    assert said, f"there is no moments/{moment}_{alert_class}.toml"
    if alert_class == AlertClass.NOTICE:
        assert moment in {notice.split()[0] for notice in said[0]["notices"]}
    else:
        assert (said[0]["moment"], said[0]["class"]) == (moment, alert_class)


def test_every_moment_and_class_is_known_here() -> None:
    assert set(CLASSES) == set(Moment)
    assert set().union(*CLASSES.values()) == set(AlertClass)


def test_every_outcome_stage_and_overlay_has_a_scenario() -> None:
    assert expected("outcome") == set(Outcome)
    assert expected("stage") == set(Stage)
    assert expected("overlays") == OVERLAYS
    stages = {s.path.stem for s in SCENARIOS if s.path.parent.name == "stages"}
    assert stages >= set(Stage) | OVERLAYS
    assert {s.path.stem for s in SCENARIOS if s.path.parent.name == "outcomes"} >= set(Outcome)


def test_every_scenario_says_what_it_is_about() -> None:
    for one in SCENARIOS:
        title = one.said["title"]
        assert title.endswith("."), one.path
        assert len(title) <= 100, one.path
    titles = [one.said["title"] for one in SCENARIOS]
    assert len(set(titles)) == len(titles)

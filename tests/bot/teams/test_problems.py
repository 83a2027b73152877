"""The double finds what Teams would refuse or show wrongly in a card."""

from typing import Any

import pytest

from bot.teams import cards
from tests.fakes.microsoft import problems_of

TEXT = {"type": "TextBlock", "text": "x"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "Frob"}, "Frob is unknown"),
    ({"type": "Carousel", "pages": []}, "Carousel is newer than 1.5"),
    ({**TEXT, "text": 7}, "TextBlock: ('text',)"),
    ({**TEXT, "frob": 1}, "TextBlock has no frob"),
    ({**TEXT, "size": "Huge"}, "TextBlock: ('size',)"),
    ({**TEXT, "targetWidth": "Wide"}, "TextBlock.targetWidth is newer than 1.5"),
    ({"type": "FactSet", "facts": [{"title": "a", "value": "b", "x": 1}]}, "FactSet has no x"),
    ({"type": "Container", "items": [{**TEXT, "frob": 1}]}, "TextBlock has no frob"),
    ({"type": "ActionSet", "actions": [{"type": "Action.Go"}]}, "Action.Go is unknown"),
    (
        {"type": "ActionSet", "actions": [{"type": "Action.Submit", "frob": 1}]},
        "Action.Submit has no frob",
    ),
    ({"type": "Chart.Gauge", "segments": []}, "Chart.Gauge without a fallback"),
    (
        {"type": "Chart.Gauge", "fallback": {**TEXT, "frob": 1}},
        "TextBlock has no frob",
    ),
    ({**TEXT, "text": "x" * 15_000}, "bytes are more than Teams takes"),
]


@pytest.mark.parametrize(("element", "problem"), WRONG, ids=[p for _, p in WRONG])
def test_what_is_wrong_is_found(element: dict[str, Any], problem: str) -> None:
    found = problems_of(cards.whole([TEXT, element]))
    assert any(problem in one for one in found), found


def test_what_is_newer_than_the_card_is_found() -> None:
    acts = {"type": "ActionSet", "actions": [{"type": "Action.Execute", "title": "x"}]}
    assert problems_of(cards.whole([acts])) == []
    assert problems_of(cards.whole([acts], version="1.3")) == ["Action.Execute in a card of 1.3"]
    assert problems_of(cards.whole([TEXT], version="1.6")) == ["version 1.6"]


def test_what_an_action_carries_is_its_own() -> None:
    button = {"type": "Action.Submit", "data": {"type": "frob", "msteams": {"type": "task/fetch"}}}
    assert problems_of(cards.whole([TEXT], actions=[button])) == []

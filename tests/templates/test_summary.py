"""The page of a mailed summary: calm in every state, German to its last line, safe."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment
from engine.story import Story
from templates import summary
from templates.facts import CitedFact, Fact, FactKind, formats_of
from templates.lint import check_text
from templates.lint.around import _Words
from templates.message import Audience, message
from templates.pack import pack
from templates.summary import TOLD, Passed, SummaryView, To
from tests.templates.stories import AS_OF, sample_story, variants

CASE = "https://segue.example.com/case/abc"


def view(story: Story | None = None, locale: str = "en", **changes: Any) -> SummaryView:
    """A summary that waits for an answer."""
    story = story or sample_story(locale)
    text = message(story, audience=Audience.CHAMPION, locale=locale, can_buy=True)
    shown = SummaryView(
        url="/summary/sealed",
        number="answer_1",
        story=story,
        message=text,
        why=(),
        open=True,
        today=AS_OF.date(),
        tomorrow=AS_OF.date() + timedelta(days=1),
        to=(
            To(id="marta", name="Marta Silva", drafted=False),
            To(id="finn", name="Finn Okafor", drafted=True),
        ),
        letter="mailto:?subject=a",
        plan_url="https://app.example.com/billing",
    )
    return replace(shown, **changes)


def sent(**changes: Any) -> Passed:
    return Passed(**{"name": "Marta Silva", "state": "sent", "sent_at": AS_OF, **changes})


STATES: dict[str, dict[str, Any]] = {
    "open": {},
    "nobody known": {"to": ()},
    **{f"told {what}": {"told": what} for what in TOLD},
    **{str(kind): {"answered": kind, "open": False, "undo": "a"} for kind in FeedbackKind},
    "over": {"over": True, "open": False},
    "sent": {"passed": (sent(), sent(state="waiting", undo="f"))},
    "draft": {"passed": (sent(state="draft", mailto="mailto:?body=b", page=CASE),)},
}


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_passes_the_lint(state: str, locale: str) -> None:
    story = sample_story(locale)
    at = CitedFact(
        id="sent", label="", value=formats_of(story, pack(locale)).instant(AS_OF, story.time_zone),
        as_of=AS_OF,
    )  # fmt: skip
    text = _Words(summary.page(view(story, locale, **STATES[state]), locale)).text
    names = ("Marta Silva", "Finn Okafor", CASE)
    facts = {"sent": Fact(FactKind.DATE, at)}
    assert check_text(text, story, locale=locale, facts=facts, names=names) == ()


@pytest.mark.parametrize("name", variants())
def test_every_variant_of_a_story_has_a_page(name: str) -> None:
    story = variants()[name]
    html = summary.page(view(story), "en")
    assert "<script" not in html
    for kind in (AlertClass.NOTICE, AlertClass.REFLECTION):
        moment = Moment.AT_LIMIT if kind is AlertClass.NOTICE else Moment.MILESTONE
        calm = summary.page(view(replace(story, alert_class=kind, moment=moment)), "en")
        assert "/forward" not in calm
        assert "app.example.com" not in calm


def test_a_german_page_is_german_to_its_last_line() -> None:
    html = summary.page(view(sample_story("de"), "de"), "de")
    words = set(_Words(html).text.lower().split())
    assert not words & {"the", "and", "your", "with", "month", "around", "plan", "of"}


def test_what_can_not_be_done_is_not_offered() -> None:
    html = summary.page(view(open=False, answered=FeedbackKind.SNOOZED), "en")
    assert "<form" not in html
    dangerous = summary.page(view(plan_url="javascript:alert(1)"), "en")
    assert "javascript:" not in dangerous

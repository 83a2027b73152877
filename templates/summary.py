"""The page of a summary that was mailed: the story, whom to pass it on to, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel import Locale

from engine.alert import AlertClass, FeedbackKind
from engine.story import Story
from templates.case import style_hash
from templates.chart import alt, svg
from templates.email import safe
from templates.facts import formats_of
from templates.formats import Formats
from templates.labels import labels, outcome
from templates.message import Message
from templates.pack import languages, pack
from templates.plain import plain
from templates.render import context_of, environment, isolated

__all__ = ["TOLD", "Passed", "SummaryView", "To", "page", "style_hash"]
TOLD = ("late", "outside", "many", "note", "wrong", "over")
"""What a page says of what could not be done, by the words' own names."""
_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class To:
    """Somebody it can be passed on to. `drafted`: what is sent becomes a draft of their own."""

    id: str
    name: str
    drafted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Where it was passed on to. `undo`: what takes it back, while that is possible."""

    name: str
    state: str
    sent_at: datetime | None = None
    undo: str = ""
    mailto: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """A summary for whom it was mailed to; addresses of forms begin with `url`.

    `number`: what an answer of this page is called, so that it counts once. `answered`: what was
    said last, `undo` takes it back. `open`: something may still be said. `told`: one of TOLD.
    """

    url: str
    number: str
    story: Story
    message: Message
    why: Sequence[str]
    open: bool
    tomorrow: date
    today: date
    to: tuple[To, ...] = ()
    passed: tuple[Passed, ...] = ()
    letter: str = ""
    plan_url: str | None = None
    answered: FeedbackKind | None = None
    returns: date | None = None
    undo: str = ""
    over: bool = False
    told: str = ""


def page(view: SummaryView, locale: str) -> str:
    """The whole page as HTML."""
    words, story = pack(locale), view.story
    formats = formats_of(story, words)
    context: dict[str, Any] = context_of(story, words, room="full") | {
        "view": view,
        "message": view.message,
        "asks": story.alert_class is AlertClass.ASK,
        "notice": story.alert_class is AlertClass.NOTICE,
        "plan_url": safe(view.plan_url) if view.message.priced else "",
        "to": [(to, isolated(plain(to.name, _NAME))) for to in view.to],
        "passed": [
            (p, isolated(plain(p.name, _NAME)), _when(p, formats, story)) for p in view.passed
        ],
        "outcome": _outcome(view, locale),
        "label": labels(locale),
        "charts": {
            "wide": svg(story, locale=locale, width=720, height=300),
            "slim": svg(story, locale=locale, width=340, height=240),
        },
        "chart_alt": alt(story, locale=locale),
        "tongues": [(t, Locale(t).get_display_name()) for t in languages() if t != words.name],
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
        "words_file": f"{words.name}/summary.j2",
    }
    return environment(html=True).get_template("email/summary.html.j2").render(context)


def _outcome(view: SummaryView, locale: str) -> str:
    if view.answered is None:
        return ""
    return outcome(view.answered, locale=locale, until=view.returns, today=view.today)


def _when(passed: Passed, formats: Formats, story: Story) -> str:
    return formats.instant(passed.sent_at, story.time_zone) if passed.sent_at else ""

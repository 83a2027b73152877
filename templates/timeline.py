"""The page about an account's last months: its use, what was said, and why nothing was."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from engine.decision import Stage
from engine.story import MeterStory
from templates.backtest_svg import FAMILIES
from templates.backtest_timeline import timeline
from templates.backtest_words import Words, words
from templates.facts import shown_range
from templates.formats import Formats
from templates.pack import HERE
from templates.plain import plain
from templates.render import environment, isolated
from templates.timeline_view import AccountView, MeterPart, Span, Step
from templates.why import meter_sentence

_NAME = 60
_WIDE, _SLIM = 900, 340
_SHEETS = ("backtest/style.css", "timeline/style.css")


@cache
def style() -> str:
    """The style of these pages: the report's own, and what only they have."""
    return "\n".join((HERE / sheet).read_text("utf-8").rstrip() for sheet in _SHEETS)


@cache
def style_hash() -> str:
    """The style's digest for a Content-Security-Policy."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def page(view: AccountView) -> str:
    """The whole page as HTML: no script, nothing loaded from elsewhere."""
    text = words(view.locale, beside="timeline")
    name = isolated(plain(view.name, _NAME))
    context: dict[str, Any] = {
        "title": name,
        "id": isolated(plain(view.account, _NAME)) if view.account != view.name else "",
        "product": isolated(plain(view.product, 32)),
        "range": text.count("timeline.range", view.days),
        "tab": text.say("timeline.tab", account=plain(view.name, _NAME)),
        "lead": view.sentence,
        "made": text.say("timeline.made", as_of=_instant(view, text), until=_until(view, text)),
        "tiles": list(_tiles(view, text)),
        "meters": [_meter(part, view, text) for part in view.meters],
        "spans": [_span(span, view, text) for span in view.spans],
        "stages": [{"key": stage.value, "name": text.stage(stage)} for stage in Stage],
        "families": [
            {"key": key, "name": text.say(f"families.{key}")} for key in (*FAMILIES, "other")
        ],
    }
    return _render("timeline/page.j2", text, context)


def gone(product: str, locale: str) -> str:
    """The page of a link whose hour is over."""
    return _small("gone", product, locale)


def not_found(product: str, locale: str) -> str:
    """The page for a link that leads nowhere."""
    return _small("not_found", product, locale)


def _small(name: str, product: str, locale: str) -> str:
    text = words(locale, beside="timeline")
    context = {
        "product": isolated(plain(product, 32)),
        "title": text.say(f"timeline.{name}"),
        "lead": text.say(f"timeline.{name}_text"),
    }
    return _render("timeline/small.j2", text, context)


def _render(name: str, text: Words, context: dict[str, Any]) -> str:
    shared = {
        "lang": text.pack.babel.language,
        "rtl": text.pack.babel.text_direction == "rtl",
        "say": text.say,
        "style": style(),
    }
    return environment(html=True).get_template(name).render(shared | context)


def _tiles(view: AccountView, text: Words) -> Iterator[dict[str, str]]:
    for story in [part.story for part in view.meters[:1]]:
        value = text.amount(story.used)
        if story.limit is not None:
            limit = text.amount(story.limit)
            value = text.say("timeline.used_of", used=value, limit=limit)
        name = isolated(plain(story.name_other, 28))
        yield {"value": value, "label": text.say("timeline.tile_used", name=name)}
    if view.stage is not None:
        yield {"value": view.stage, "label": text.say("timeline.tile_stage")}
    asked = text.count("timeline.tile_asks", view.asks, days=text.number(view.days))
    yield {"value": text.number(view.asks), "label": asked}
    if view.trust is not None:
        yield {"value": text.number(view.trust), "label": text.say("timeline.tile_trust")}


def _meter(part: MeterPart, view: AccountView, text: Words) -> dict[str, Any]:
    name, sentence = plain(part.story.name_other, 40), _stands(part.story, view, text)
    sizes = {"wide": _WIDE, "slim": _SLIM}
    return {
        "name": isolated(name[:1].upper() + name[1:]),
        "sentence": sentence,
        "drawings": {
            kind: timeline(part.timeline, sentence, text, width=width)
            for kind, width in sizes.items()
        },
        "days": [
            {
                "day": text.day(day.day),
                "used": text.amount(day.used),
                "total": text.amount(day.total),
                "limit": text.say("timeline.no_limit")
                if day.limit is None
                else text.amount(day.limit),
            }
            for day in reversed(part.days)
        ],
    }


def _stands(story: MeterStory, view: AccountView, text: Words) -> str:
    """How a meter stands, in words that address nobody at the account."""
    stands = meter_sentence(replace(story, forecast=None), view.locale, zone=view.zone)
    today = view.as_of.astimezone(ZoneInfo(view.zone)).date()
    ahead = shown_range(story, today)
    if ahead is None or story.limit is None:
        return stands
    days = Formats(text.pack.babel, today).days(ahead.low, ahead.high)
    foreseen = text.say("timeline.passes", limit=text.amount(story.limit), days=days)
    return f"{stands} {foreseen}"


def _span(span: Span, view: AccountView, text: Words) -> dict[str, Any]:
    formats = Formats(text.pack.babel, view.as_of.date())
    single = span.first == span.last
    days = formats.day(span.first) if single else formats.days(span.first, span.last)
    moment = text.moment(span.moment) if span.moment else ""
    if span.said is not None:
        kind = str(text.pack.words["classes"][span.said])
        what = text.say("timeline.said", kind=kind, moment=moment)
    else:
        what = text.say("timeline.held" if moment else "timeline.quiet", moment=moment)
    answers = text.table["timeline_answers"]
    closed = span.closed_as or "open"
    answer = answers.get(closed, answers["over"]) if span.said else ""
    family = span.said or ("held" if moment else "quiet")
    why = "" if family == "quiet" else span.sentence
    steps = [_step(step, formats, text) for step in span.steps]
    return {
        "days": days, "what": what, "why": why, "answer": answer, "steps": steps, "family": family,
    }  # fmt: skip


def _step(step: Step, formats: Formats, text: Words) -> str:
    plan = isolated(plain(step.plan, _NAME))
    return text.say(f"timeline_steps.{step.kind}", day=formats.day(step.day), plan=plan)


def _instant(view: AccountView, text: Words) -> str:
    return Formats(text.pack.babel, view.as_of.date()).instant(view.as_of, view.zone)


def _until(view: AccountView, text: Words) -> str:
    return Formats(text.pack.babel, view.until.date()).time(view.until, view.zone)

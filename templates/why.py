"""Sentences that explain: why somebody sees this, why nothing was said, how a meter stands."""

from collections.abc import Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, Moment, ReasonCode
from engine.story import MeterStory, Story
from engine.usage import AtLimit
from templates.evidence import figures
from templates.facts import Span, facts_of, passed, shown_range, span_of
from templates.formats import Formats
from templates.pack import pack
from templates.plain import plain
from templates.render import isolated, names_of

_NEEDS = {
    Moment.AT_LIMIT: ("limit",),
    Moment.PACE: ("limit", "forecast"),
    Moment.APPROACHING: ("limit",),
}


def why(
    story: Story, *, locale: str, spacing_days: int, returns: date | None = None
) -> tuple[str, ...]:
    """Why the reader sees an alert, and when something like it may come back.

    Args:
        story: The alert's frozen facts.
        locale: The reader's language.
        spacing_days: The policy's days between two alerts of this class.
        returns: The earliest day it may come back, where an answer or the spacing says so.
    """
    words = pack(locale)
    facts, text = facts_of(story, words), words.words["why"]
    values = {name: fact.cited.value for name, fact in facts.items()} | names_of(story, "full")
    known = all(name in facts for name in _NEEDS.get(story.moment, ()))
    key = story.moment if known else "plain"
    lines = [text[key].format(**values), text["source"].format(**values)]
    lines.append(text[story.alert_class].format(days=spacing_days))
    if story.alert_class is not AlertClass.NOTICE:
        lines.append(text["answers"])
    if returns is not None:
        until = Formats(words.babel, story.as_of.date()).day(returns)
        lines.append(text["returns"].format(until=until))
    return tuple(str(line) for line in lines)


def silence(
    code: ReasonCode,
    evidence: Sequence[tuple[str, str]] = (),
    until: date | None = None,
    *,
    locale: str,
    for_admin: bool,
    today: date | None = None,
    later: date | None = None,
    moment: Moment | None = None,
) -> str:
    """Why nothing was said, in two sentences: why, and when again or what would change it.

    The admin reads every reason; people at the account read a closed list, and of anything else
    only that there is nothing to suggest.

    Args:
        code: The first reason.
        evidence: What it rests on.
        until: The day it ends, where that is known.
        locale: The reader's language.
        for_admin: Whether an admin reads it.
        today: The account's day.
        later: The day on which the last of the other reasons ends, as far as that is known.
        moment: What was not said.
    """
    words = pack(locale)
    text = words.words["silence"]
    table = text["admin" if for_admin else "customer"]
    if code not in table:
        return str(text["nothing"])
    formats = Formats(words.babel, today or until or date.max)
    known = figures(evidence, formats)
    said, then = table[code], table[code]["then"]
    if until is not None:
        known["until"] = formats.day(max(until, later or until))
        # What might end the first reason sooner leaves the later one.
        then = [text["later"]] if later is not None and later > until else then
    elif moment is not None:
        then = said.get(moment, then)
    return f"{_first(said['why'], known)} {_first(then, known)}"


def _first(sentences: Sequence[str], known: Mapping[str, str]) -> str:
    """The first sentence all of whose names are known; the last one names nothing."""
    for sentence in sentences:
        names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        if names <= known.keys():
            return sentence.format(**known)
    return sentences[-1]


def meter_sentence(meter: MeterStory, locale: str, *, zone: str = "UTC") -> str:
    """How a meter stands, as one sentence for people and screen readers."""
    words = pack(locale)
    today = meter.as_of.astimezone(ZoneInfo(zone)).date()
    formats, text = Formats(words.babel, today), words.words["meter"]
    span = span_of(meter)
    one = formats.is_one(meter.used)
    values: dict[str, Any] = {
        "used": formats.quantity(meter.used),
        "limit": "" if meter.limit is None else formats.quantity(meter.limit),
        "many": isolated(plain(meter.name_other, 40)),
        "this": words.words["this"][span],
    }
    if meter.limit is None and one:
        values["many"] = isolated(plain(meter.name_one, 40))
    key = "used_only" if meter.limit is None else "used_of"
    values["head"] = str(text[key]).format(**values).strip()
    ahead = shown_range(meter, today)
    if ahead is not None:
        values["forecast"] = formats.days(ahead.low, ahead.high)
        return str(text["forecast"]).format(**values)
    if not passed(meter):
        return str(text["calm"]).format(**values)
    stops_until = meter.at_limit is AtLimit.STOPS and span is not Span.NONE and meter.period_end
    values["until"] = formats.day(meter.period_end) if stops_until and meter.period_end else ""
    never = meter.at_limit is AtLimit.STOPS and not stops_until
    return str(text[f"over_{meter.at_limit}" + ("_none" if never else "")]).format(**values)

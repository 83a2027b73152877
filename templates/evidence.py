"""The engine's evidence in people's words: figures for a sentence, and lines for a list."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.dates import get_day_names
from babel.numbers import format_percent

from engine.alert import AlertClass, Moment, ReasonCode
from templates.formats import Formats
from templates.labels import evidence_name
from templates.pack import Pack, pack
from templates.plain import plain

_SHARES = frozenset(("ratio28", "consistency", "p", "p_previous", "p_cross", "share_of_smaller"))
_UNKNOWN = frozenset(("never", "unknown", "–", "None", ""))
_OF = re.compile(r"(\S+) of (\S+)")
# How the engine writes what is more than one figure, and the phrase of the pack that says it.
_SHAPES = (
    ("day", re.compile(r"(1) d")),
    ("day_usual", re.compile(r"(1) d \(usual (\S+) d\)")),
    ("days", re.compile(r"(\S+) d")),
    ("days_usual", re.compile(r"(\S+) d \(usual (\S+) d\)")),
    ("weeks", re.compile(r"(\S+) \((\S+) of (\S+) weeks\)")),
    ("of", _OF),
    ("range", re.compile(r"(\S+) … (\S+) … (\S+)")),
)
_WEEK = timedelta(days=7)


def figures(evidence: Iterable[tuple[str, str]], formats: Formats) -> dict[str, str]:
    """Evidence as what a sentence can hold; what says that nothing is known is left out.

    "12 d (usual 3 d)" gives the days alone; "12 of 60" gives `trust` and `trust_of`.
    """
    known = {}
    for key, value in evidence:
        if value in _UNKNOWN:
            continue
        pair = _OF.fullmatch(value)
        if pair:
            known[key], known[f"{key}_of"] = (_figure(key, part, formats) for part in pair.groups())
        else:
            days = re.match(r"(\S+) d\b", value)
            known[key] = _figure(key, days.group(1) if days else value, formats, near=True)
    return known


def line(key: str, value: str, locale: str, today: date, *, of: str = "") -> tuple[str, str]:
    """One piece of evidence for a list: what it is called, `of` which meter, and how much it is."""
    words = pack(locale)
    label = evidence_name(key, locale)
    return f"{label}, {plain(of, 40)}" if of else label, _spoken(
        key, value, words, Formats(words.babel, today)
    )


def phrase(value: str, locale: str) -> str:
    """What a value that is a code of the engine says in words; any other is as it is."""
    return str(pack(locale).words["evidence_values"].get(value, value))


def held(
    moment: Moment, alert_class: AlertClass, reasons: Sequence[ReasonCode], locale: str
) -> tuple[str, str]:
    """A moment that holds, and by name what speaks against saying it."""
    words = pack(locale).words
    label = f"{words['moments'][moment]} ({words['classes'][alert_class]})"
    return label, ", ".join(reasons) or str(words["evidence_values"]["nothing_against"])


def _spoken(key: str, value: str, words: Pack, formats: Formats) -> str:
    phrases: dict[str, Any] = words.words["evidence_values"]
    if value in phrases:
        return str(phrases[value])
    for name, shape in _SHAPES:
        found = shape.fullmatch(value)
        if found:
            first, *others = found.groups()
            parts = (_figure("", part, formats) for part in others)
            return str(phrases[name]).format(_figure(key, first, formats), *parts)
    return _figure(key, value, formats)


def _figure(key: str, value: str, formats: Formats, *, near: bool = False) -> str:
    """A day, a share or a number as people write it; anything else as it is, made safe."""
    day = _day(value)
    if day is not None:
        past = formats.today - day
        if near and timedelta() < past < _WEEK:
            return str(get_day_names("wide", locale=formats.locale)[day.weekday()])
        return formats.day(day)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return plain(value, 80)
    if not number.is_finite():
        return plain(value, 80)
    if key in _SHARES:
        return format_percent(number, locale=formats.locale)
    return formats.quantity(number)


def _day(value: str) -> date | None:
    try:
        return datetime.fromisoformat(value).date() if re.match(r"\d{4}-\d\d-\d\d", value) else None
    except ValueError:
        return None

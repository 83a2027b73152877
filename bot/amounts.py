"""Durations, days and times of day, as people type them. No clock is needed to read them."""

import re
from datetime import date, time, timedelta

LONGEST = timedelta(days=3650)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NAMES = {
    "min": "m", "mins": "m", "minute": "m", "minutes": "m", "minuten": "m",
    "hour": "h", "hours": "h", "stunde": "h", "stunden": "h",
    "day": "d", "days": "d", "tag": "d", "tage": "d", "tagen": "d",
    "week": "w", "weeks": "w", "woche": "w", "wochen": "w",
}  # fmt: skip
_SPAN = re.compile(r"(?:[0-9]{1,5}[mhdw])+")
_PIECE = re.compile(r"([0-9]{1,5})([mhdw])")
_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})"),
)
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?")


def is_unit(word: str) -> bool:
    """Whether it says what a number before it counts: "weeks"."""
    return word.lower() in _NAMES


def span(text: str) -> timedelta | None:
    """`30d`, `4h`, `1w2d`, `2 weeks`; None where it is none, or none of any use."""
    words = text.lower().split()
    if len(words) == 2 and words[0].isdecimal() and words[1] in _NAMES:
        words = [words[0] + _NAMES[words[1]]]
    if len(words) != 1 or not _SPAN.fullmatch(words[0]):
        return None
    parts = (timedelta(**{_UNITS[u]: int(n)}) for n, u in _PIECE.findall(words[0]))
    total = sum(parts, timedelta())
    return total if timedelta() < total <= LONGEST else None


def day(text: str) -> date | None:
    """`2026-06-12` or `12.6.2026`; None where there is no such day."""
    for pattern in _DAYS:
        found = pattern.fullmatch(text)
        if found:
            try:
                return date(*(int(found[part]) for part in "ymd"))
            except ValueError:
                return None
    return None


def time_of_day(text: str) -> time | None:
    """`19:00`, `8:30` or `19`; None where the day has no such time."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None

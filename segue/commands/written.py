"""Days, instants and amounts as the command line writes them."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from templates.evidence import phrase


def day(value: date) -> str:
    """A day: 12 Jun 2026."""
    return f"{value.day} {value:%b %Y}"


def instant(at: datetime, zone: ZoneInfo) -> str:
    """An instant in the account's time: 12 Jun 2026, 09:00."""
    local = at.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def span(start: date, end: date) -> str:
    """Days from `start` to the day before `end`: 1 to 30 Jun 2026."""
    last = end - timedelta(1)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day} to {day(last)}"
    return f"{day(start)} to {day(last)}"


def amount(value: Decimal) -> str:
    """An amount, exact: 12,000.5."""
    return f"{value.normalize():,f}"


def piece(value: str) -> str:
    """A piece of evidence: codes as words, and days in it written like all others."""
    return _DAY.sub(lambda found: day(date.fromisoformat(found.group())), phrase(value, "en"))


_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b(?!T)")

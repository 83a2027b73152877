"""Time zones that others name: some name one that is none."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def exists(zone: Any) -> bool:
    """Whether there is such a time zone."""
    try:
        return bool(zone and ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        return False

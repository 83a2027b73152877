"""Instants are kept in UTC: two of one zone would be subtracted by the clock on the wall."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def in_utc(value: object, *names: str) -> None:
    """Bring these fields of a frozen value to UTC, as it is made.

    Python subtracts, adds and compares two datetimes of the same zone without minding that a
    clock change lies between them; 30 days would be an hour too short or too long.

    Raises:
        ValueError: an instant has no time zone, so nobody knows what it means.
    """
    for name in names:
        at: datetime | None = getattr(value, name)
        if at is None or at.tzinfo is UTC:
            continue
        if at.utcoffset() is None:
            raise ValueError(f"{name} needs a time zone")
        object.__setattr__(value, name, at.astimezone(UTC))


@lru_cache(maxsize=4096)
def local_day(at: datetime, zone: str) -> date:
    """The day of an instant on a clock; accounts of a zone are looked at together."""
    return at.astimezone(ZoneInfo(zone)).date()

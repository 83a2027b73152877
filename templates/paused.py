"""A pause of asks in words for the admin: since when, what was found, and what ends it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_percent

from templates.formats import Formats
from templates.pack import pack


def told(
    since: datetime, found: Iterable[Mapping[str, Any]], *, locale: str, zone: str
) -> tuple[str, ...]:
    """One sentence each.

    Args:
        since: When it began.
        found: Each harm: its kind, the least it is, what is tolerated, among how many accounts.
        locale: The reader's language.
        zone: The vendor's time zone.
    """
    words = pack(locale)
    text = words.words["paused"]
    formats = Formats(words.babel, since.astimezone(ZoneInfo(zone)).date())

    def share(value: float) -> str:
        return format_percent(Decimal(str(value)), "#,##0.#%", locale=formats.locale)

    harms = (
        str(text[harm["kind"]]).format(
            least=share(harm["least"]),
            tolerated=share(harm["tolerated"]),
            accounts=formats.quantity(Decimal(harm["accounts"])),
        )
        for harm in found
    )
    began = str(text["since"]).format(since=formats.instant(since, zone))
    return (began, *harms, str(text["then"]))


def note(locale: str) -> str:
    """That suggestions are paused, for whoever looks after the servers."""
    return str(pack(locale).words["paused"]["note"])

"""A pause of asks in words for the admin: since when, what was found, and what ends it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_percent

from templates.formats import Formats
from templates.pack import pack
from templates.plain import plain
from templates.render import isolated

_BECAUSE = 280


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


def by_admin(
    since: datetime, until: datetime | None, because: str, *, locale: str, zone: str
) -> tuple[str, ...]:
    """The same where an admin did it: since when, why, and what ends it."""
    words = pack(locale)
    text = words.words["paused"]
    formats = Formats(words.babel, since.astimezone(ZoneInfo(zone)).date())
    began = str(text["by_admin"]).format(since=formats.instant(since, zone))
    why = str(text["because"]).format(because=isolated(plain(because, _BECAUSE)))
    if until is None:
        return began, why, str(text["then"])
    return began, why, str(text["then_by_itself"]).format(until=formats.instant(until, zone))


def note(locale: str) -> str:
    """That suggestions are paused, for whoever looks after the servers."""
    return str(pack(locale).words["paused"]["note"])

"""Reads ACCOUNTS: one line an account, with its plan, its own limits, seats, zone and sign-up."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from engine.catalogue import Catalogue
from engine.errors import Invalid
from service.config import known_zone
from service.recorded_rows import Problems, instant, name, number, table

_NEEDED = ("account",)
_OWN = "limit:"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says of an account; `limits` are its own, by meter."""

    plan: str | None = None
    since: date | None = None
    time_zone: str | None = None
    seats: int | None = None
    limits: dict[str, Decimal] = {}


def read_accounts(
    file: Path, catalogue: Catalogue, problems: Problems
) -> Iterator[tuple[str, Home]]:
    """The accounts of the file, each once; a second line of the same account is a bad row.

    Raises:
        Invalid: the file can't be read, or has a limit for a meter that is not there.
    """
    seen = set[str]()
    with table(file, _NEEDED, problems) as opened:
        limits = _limits(file, opened.columns, catalogue)
        pick = opened.picker("account", "plan", "since", "time_zone", "seats", *limits)
        for line, row in opened.lines:
            account, *rest = pick(row)
            try:
                home = _home(rest, list(limits.values()), catalogue)
                if name("account", account) in seen:
                    raise Invalid(f"account: {account[:64]!r} is there already")
            except Invalid as refused:
                problems.add(file, line, refused.detail)
                continue
            seen.add(account)
            yield account, home


def _limits(file: Path, columns: Sequence[str], catalogue: Catalogue) -> dict[str, str]:
    """Which columns hold limits, and of which meter; `limit` is that of the first meaningful."""
    first = next((m.key for m in catalogue.meters.values() if m.meaningful), None)
    found = {"limit": first} if "limit" in columns and first else {}
    for column in columns:
        if column.startswith(_OWN):
            key = column.removeprefix(_OWN)
            if key not in catalogue.meters:
                raise Invalid(f"{file}, column {column!r}: there is no meter {key!r}")
            found[column] = key
    return {column: key for column, key in found.items() if key is not None}


def _home(values: Sequence[str], meters: Sequence[str], catalogue: Catalogue) -> Home:
    plan, since, zone, seats, *limits = (value.strip() for value in values)
    if plan and plan not in catalogue.plans:
        close = get_close_matches(plan[:64], catalogue.plans, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise Invalid(f"plan: there is no plan {plan[:64]!r}{hint}")
    if zone and not known_zone(zone):
        raise Invalid(f"time_zone: {zone[:64]!r} is not an IANA time zone")
    if seats and not (seats.isascii() and seats.isdigit() and 0 < int(seats[:18]) < 10**9):
        raise Invalid(f"seats: {seats[:40]!r} is not a whole number from 1")
    return Home(
        plan=plan or None,
        since=_since(since, zone or catalogue.product.time_zone) if since else None,
        time_zone=zone or None,
        seats=int(seats) if seats else None,
        limits={
            meter: number(f"limit of {meter}", limit)
            for meter, limit in zip(meters, limits, strict=True)
            if limit
        },
    )


def _since(text: str, zone: str) -> date:
    """The day of sign-up, on the account's own clock where a time is given."""
    at = instant("since", text)
    return at.date() if len(text) == len("2026-03-01") else at.astimezone(ZoneInfo(zone)).date()

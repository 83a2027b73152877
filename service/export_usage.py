"""Exports usage, account by account, in a form that `segue import` takes back."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

import msgspec

from engine.errors import NotFound
from service import exported
from service.amounts import plain
from service.context import Context
from service.exported import Exported
from service.usage import Kind
from store import accounts

_PAGE = 1000
_HEADER = ("account", "timestamp", "value", "meter", "user", "id", "kind", "correction")


class Format(StrEnum):
    """How a file of usage is written; import reads both."""

    JSONL = "jsonl"
    CSV = "csv"


def run(
    context: Context,
    out: IO[str],
    *,
    form: Format = Format.JSONL,
    account: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Write the usage of every account, or of one; says how many events that are.

    Raises:
        NotFound: there is no such account.
    """
    write = _csv(out) if form is Format.CSV else _jsonl(out)
    catalogue, count = context.policy().catalogue, 0
    for name in _accounts(context, account):
        with context.database.read() as session:
            for event in exported.events(session, name, catalogue):
                if (since is None or event.at >= since) and (until is None or event.at < until):
                    write(event)
                    count += 1
    return count


def _accounts(context: Context, account: str | None) -> Iterator[str]:
    """The accounts by id; each page is read by itself, so that no view is held for long."""
    if account is not None:
        with context.database.read() as session:
            if accounts.get(session, account) is None:
                raise NotFound(f"there is no account {account!r}")
        yield account
        return
    after = ""
    while True:
        with context.database.read() as session:
            page = [found.id for found in accounts.page(session, after=after, limit=_PAGE)]
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]


def _csv(out: IO[str]) -> Callable[[Exported], None]:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)

    def write(event: Exported) -> None:
        value = plain(event.value) if isinstance(event.value, Decimal) else event.value
        kind = "" if event.kind is Kind.USAGE else event.kind
        texts = (value, event.meter, event.user, event.id, kind, event.correction)
        writer.writerow((event.account, _instant(event.at), *(text or "" for text in texts)))

    return write


def _jsonl(out: IO[str]) -> Callable[[Exported], None]:
    def write(event: Exported) -> None:
        said: dict[str, Any] = {"id": event.id, "account": event.account, "meter": event.meter}
        if event.kind is Kind.FRICTION:
            said["kind"] = event.kind
        else:
            number = isinstance(event.value, Decimal)
            value = msgspec.Raw(plain(event.value).encode()) if number else event.value  # type: ignore[arg-type]
            said["total" if event.kind is Kind.TOTAL else "value"] = value
        said["at"] = _instant(event.at)
        said |= {
            name: text
            for name, text in (("user", event.user), ("correction", event.correction))
            if text is not None
        }
        out.write(msgspec.json.encode(said).decode() + "\n")

    return write


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

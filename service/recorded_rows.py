"""Reads tables of usage, accounts and feedback: any size, every row checked, bad ones reported."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from io import TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import IO

from engine.errors import Invalid
from service.amounts import LONGEST, literal, millionths

SHOWN = 20
"""Bad rows that are told one by one; of the others only how many."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_GZIP = b"\x1f\x8b"


@dataclass(kw_only=True)
class Problems:
    """Bad rows: the first are told as they come, all are counted; `strict` stops at the first."""

    tell: Callable[[str], None]
    strict: bool = False
    count: int = 0

    def add(self, file: Path, line: int, detail: str) -> None:
        """Report a row and go on without it.

        Raises:
            Invalid: where one bad row is one too many.
        """
        text = f"{file.name}, line {line}: {detail}"
        if self.strict:
            raise Invalid(text, code="bad_row")
        self.count += 1
        if self.count <= SHOWN:
            self.tell(text)

    def end(self) -> None:
        """Say how many there were."""
        if self.count > SHOWN:
            self.tell(f"... and {self.count - SHOWN:,} more bad rows")


@dataclass(kw_only=True)
class Table:
    """A CSV file with a header: its columns, and its rows with their line numbers."""

    file: Path
    columns: Sequence[str]
    lines: Iterator[tuple[int, list[str]]]

    def picker(self, *names: str) -> Callable[[list[str]], tuple[str, ...]]:
        """Takes these columns out of a row, two at least; empty where there is no such column."""
        width = len(self.columns)
        pick = itemgetter(*(self.columns.index(n) if n in self.columns else width for n in names))

        def taken(row: list[str]) -> tuple[str, ...]:
            row.append("")
            return pick(row)  # type: ignore[no-any-return]

        return taken


@contextmanager
def table(file: Path, needed: Sequence[str], problems: Problems) -> Iterator[Table]:
    """A CSV file, plain or gzipped.

    Raises:
        Invalid: it can't be read, or a needed column is missing.
    """
    with text(file) as opened:
        reader = csv.reader(opened)
        header = [name.strip().lower() for name in next(reader, [])]
        _check(file, header, needed)
        lines = _lines(file, reader, len(header), problems)
        yield Table(file=file, columns=header, lines=lines)


@contextmanager
def content(file: Path) -> Iterator[IO[bytes]]:
    """What is in a file, plain or gzipped.

    Raises:
        Invalid: it can't be read.
    """
    try:
        with file.open("rb") as plain:
            zipped = plain.read(2) == _GZIP
            plain.seek(0)
            yield gzip.GzipFile(fileobj=plain) if zipped else plain  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        raise Invalid(f"{file} can't be read: {error}") from None


@contextmanager
def text(file: Path) -> Iterator[IO[str]]:
    """The same as text; what is no UTF-8 becomes characters that no name may hold.

    So only its row is lost.
    """
    with (
        content(file) as opened,
        TextIOWrapper(opened, "utf-8-sig", errors="surrogateescape", newline="") as found,
    ):
        yield found


def _check(file: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    for name in needed:
        if name not in header:
            close = get_close_matches(name, header, 1)
            hint = f" (is it {close[0]!r}?)" if close else ""
            raise Invalid(f"{file} has no column {name!r}{hint}; it needs {','.join(needed)}")
    for name in header:
        if name and header.count(name) > 1:
            raise Invalid(f"{file} has two columns {name!r}")


def _lines(
    file: Path, reader: Iterator[list[str]], width: int, problems: Problems
) -> Iterator[tuple[int, list[str]]]:
    """Rows of the right width; csv counts lines, a quoted value may span several."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            problems.add(file, reader.line_num, str(error))  # type: ignore[attr-defined]
            continue
        if row is None:
            return
        line: int = reader.line_num  # type: ignore[attr-defined]
        if len(row) == width:
            yield line, row
        elif row:
            problems.add(file, line, f"{len(row)} values, the header has {width} columns")


def name(field_name: str, text: str) -> str:
    """An id, as ingest takes it.

    Raises:
        Invalid: saying why not.
    """
    if not text or text.isspace():
        raise Invalid(f"{field_name}: this is empty")
    if len(text) > LONGEST:
        raise Invalid(f"{field_name}: at most {LONGEST} characters")
    if not text.isprintable():
        raise Invalid(f"{field_name}: control, invisible or broken characters are not allowed")
    return text


def number(field_name: str, text: str, *, corrects: bool = False) -> Decimal:
    """An exact amount, as ingest takes it.

    Raises:
        Invalid: saying why not.
    """
    text = text.strip()
    if not text:
        raise Invalid(f"{field_name}: this is empty")
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"{field_name}: {text[:40]!r} is not a number")
    if text.startswith("-") and not corrects and text.strip("-0.eE+"):
        raise Invalid(f"{field_name}: below 0 only with a correction that says why")
    return Decimal(millionths(field_name, literal(text), corrects=True)).scaleb(-6)


def epoch(field_name: str, text: str) -> float:
    """Epoch seconds of an RFC 3339 time or a date; without an offset it is UTC.

    Raises:
        Invalid: it is neither.
    """
    found = _parsed(text) or _parsed(text.strip().upper())
    if found is None:
        raise Invalid(f"{field_name}: {text[:40]!r} is no time like 2026-03-01T12:00:00Z")
    seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if not 0 <= seconds < _LATEST:
        raise Invalid(f"{field_name}: {text[:40]!r} is not within 1970 to 2199")
    return seconds


def _parsed(text: str) -> datetime | None:
    """Of the forms of ISO 8601 only those with dashes."""
    if text[4:5] == "-" == text[7:8]:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    return None


def instant(field_name: str, text: str) -> datetime:
    """The same as an instant in UTC."""
    return datetime.fromtimestamp(epoch(field_name, text), UTC)

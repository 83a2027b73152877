"""Reads a file of history, CSV or JSON lines, plain or gzipped, into usage events with their lines.

A row is known by its own id, else by what is in the file and by its line: so an import that was
stopped can begin anew, and counts each row once.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from engine.catalogue import Catalogue
from engine.errors import Conflict, Invalid
from engine.usage import Aggregation
from service.amounts import given, plain
from service.recorded_rows import Problems, content, instant, name, number, table, text
from service.usage import Kind

Tell: TypeAlias = Callable[[str, int, int], None]
_NEEDED = ("account", "timestamp", "value")
_COLUMNS = (*_NEEDED, "meter", "user", "id", "kind", "correction")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A file, read through once: the digest of what is in it, and how many lines that is."""

    digest: str
    lines: int


class Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A line of JSON: a usage event as `POST /v1/usage` takes it, but `id` and `meter` may miss."""

    account: str
    at: str
    id: str = ""
    meter: str = ""
    kind: str | None = None
    value: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    total: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    user: str | None = None
    properties: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    correction: str | None = None


_LINE = msgspec.json.Decoder(Line)


def scan(file: Path, tell: Tell) -> Scanned:
    """Read a file through once."""
    digest, lines, last = blake2b(digest_size=8), 0, b"\n"
    with content(file) as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk[-1:]
            tell("reading", lines, 0)
    return Scanned(digest=digest.hexdigest(), lines=lines + (last != b"\n"))


def rows(
    file: Path,
    catalogue: Catalogue,
    scanned: Scanned,
    problems: Problems,
    *,
    own: str,
    after: int = 0,
) -> Iterator[tuple[int, msgspec.Raw]]:
    """The rows behind line `after` that are in order, each with its line; bad ones are reported.

    `own`: how the ids of this database's own exports begin.

    Raises:
        Conflict: a row is one of those, so it is counted already.
    """
    maker = _Maker(catalogue, scanned.digest, own)
    json = _is_json(file)
    found: Iterator[tuple[int, Any]] = _json(file, after) if json else _csv(file, problems, after)
    make: Callable[[int, Any], msgspec.Raw] = maker.of_json if json else maker.of_row
    for line, written in found:
        try:
            yield line, make(line, written)
        except Invalid as refused:
            problems.add(file, line, refused.detail)


def _is_json(file: Path) -> bool:
    with text(file) as opened:
        return opened.read(4096).lstrip().startswith("{")


def _csv(file: Path, problems: Problems, after: int) -> Iterator[tuple[int, Sequence[str]]]:
    with table(file, _NEEDED, problems) as opened:
        pick = opened.picker(*_COLUMNS)
        yield from ((line, pick(row)) for line, row in opened.lines if line > after)


def _json(file: Path, after: int) -> Iterator[tuple[int, str]]:
    with text(file) as opened:
        for line, written in enumerate(opened, 1):
            if line > after and not written.isspace():
                yield line, written


class _Maker:
    """Makes usage events of rows, as `POST /v1/usage` takes them; what they may say is ingest's."""

    def __init__(self, catalogue: Catalogue, digest: str, own: str) -> None:
        meters = list(catalogue.meters.values())
        usual = next((m.key for m in meters if m.meaningful), meters[0].key)
        self._usual, self._digest, self._own = usual, digest, own
        self._unique = {m.key for m in meters if m.aggregation is Aggregation.UNIQUE}

    def of_row(self, line: int, row: Sequence[str]) -> msgspec.Raw:
        """The event of a CSV row."""
        account, stamp, written, meter, user, id, kind, correction = row
        meter = meter or self._usual
        said: dict[str, Any] = {
            "id": name("id", self._id(id, line)),
            "account": name("account", account),
            "meter": name("meter", meter),
            "kind": Kind.FRICTION if kind == Kind.FRICTION else None,
            "user": name("user", user) if user else None,
            "at": instant("timestamp", stamp),
            "correction": name("correction", correction) if correction else None,
        }
        if kind != Kind.FRICTION:
            field = "total" if kind == Kind.TOTAL else "value"
            said[field] = self._amount(kind, written, meter, corrects=bool(correction))
        return msgspec.Raw(msgspec.json.encode(said))

    def of_json(self, line: int, written: str) -> msgspec.Raw:
        """The event of a line of JSON."""
        try:
            found = _LINE.decode(written.encode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError) as error:
            raise Invalid(f"{error}") from None
        said = {
            "id": self._id(found.id, line),
            "account": found.account,
            "meter": found.meter or self._usual,
            "kind": found.kind,
            "user": found.user,
            "at": instant("at", found.at),
            "correction": found.correction,
        }
        raw = ((name, getattr(found, name)) for name in ("value", "total", "properties"))
        said |= {name: literal for name, literal in raw if given(literal)}
        return msgspec.Raw(msgspec.json.encode(said))

    def _id(self, id: str, line: int) -> str:
        if id.startswith(self._own):
            raise Conflict("this is an export of the same Segue, which counts all of it already")
        return id or f"import:{self._digest}:{line}"

    def _amount(self, kind: str, written: str, meter: str, *, corrects: bool) -> Any:
        """The value or the total of a CSV row."""
        if kind not in ("", Kind.USAGE, Kind.TOTAL):
            raise Invalid(f"kind: {kind[:40]!r} is not 'friction' or 'total'")
        if meter in self._unique:
            return name("value", written)
        return msgspec.Raw(plain(number("value", written, corrects=corrects)).encode())

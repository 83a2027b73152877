"""Imports history: each row of a file once, however often the import is stopped and begun again.

What is imported is known to every decision, but asks nobody until something live comes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from service import exported
from service.context import Context
from service.import_rows import Scanned, Tell, rows, scan
from service.ingest import ingest
from service.recorded_rows import Problems
from service.usage import Rejection, Report, Rules
from store import identities, imports
from store.imports import StoredImport

T = TypeVar("T")
TOGETHER = 2000
"""Rows in one commit."""
NOTED = 20
"""Commits after which it is noted how far the import came; what came since is found to be known."""


@dataclass(slots=True, kw_only=True)
class Checked:
    """What is in a file. `own_ids`: rows that bring an id; `known`: accounts that exist already."""

    rows: int = 0
    own_ids: int = 0
    meters: Counter[str] = field(default_factory=Counter)
    accounts: set[str] = field(default_factory=set)
    known: int = 0
    first: datetime | None = None
    last: datetime | None = None
    before: StoredImport | None = None

    def take(self, report: Report) -> None:
        """Count one good row."""
        self.rows += 1
        self.own_ids += not report.id.startswith("import:")
        self.meters[report.meter.key] += 1
        self.accounts.add(report.account)
        self.first = min(self.first or report.at, report.at)
        self.last = max(self.last or report.at, report.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file. `after`: the line it went on behind; `already`: nothing was to do."""

    run: StoredImport
    after: int = 0
    already: bool = False


def check(context: Context, file: Path, problems: Problems, tell: Tell) -> Checked:
    """What an import would do, without doing it; bad rows are reported."""
    return _check(context, file, scan(file, tell), problems, tell)


def run(context: Context, file: Path, problems: Problems, tell: Tell) -> Imported:
    """Import a file, or what is left of it.

    Raises:
        Invalid: it can't be read; or a row is bad, and `problems` are strict: nothing is imported.
    """
    scanned = scan(file, tell)
    with context.database.read() as session:
        before = imports.get(session, scanned.digest)
    if before and before.ended_at:
        return Imported(run=before, already=True)
    if problems.strict:
        _check(context, file, scanned, problems, tell)
    began = before or StoredImport(
        digest=scanned.digest, file=file.name, began_at=context.clock.now()
    )
    done = _import(context, file, scanned, began, problems, tell)
    return Imported(run=done, after=began.line)


def _import(
    context: Context,
    file: Path,
    scanned: Scanned,
    began: StoredImport,
    problems: Problems,
    tell: Tell,
) -> StoredImport:
    catalogue, standing, told = context.policy().catalogue, began, problems.count
    found = rows(file, catalogue, scanned, problems, own=_own(context), after=began.line)
    for number, chunk in enumerate(_chunks(found), 1):
        receipt = ingest(context, [event for _, event in chunk], imported=True)
        for rejection in receipt.rejected:
            problems.add(file, chunk[rejection.index][0], rejection.detail)
        standing = replace(
            standing,
            line=chunk[-1][0],
            accepted=standing.accepted + receipt.accepted,
            duplicates=standing.duplicates + receipt.duplicates,
            skipped=began.skipped + problems.count - told,
        )
        tell("importing", standing.line, scanned.lines)
        if number % NOTED == 0:
            _note(context, standing)
    ended = replace(
        standing,
        line=scanned.lines,
        skipped=began.skipped + problems.count - told,
        ended_at=context.clock.now(),
    )
    _note(context, ended)
    return ended


def _own(context: Context) -> str:
    with context.database.read() as session:
        return exported.prefix(session)


def _note(context: Context, standing: StoredImport) -> None:
    with context.database.write() as session:
        imports.put(session, standing)


def _check(
    context: Context, file: Path, scanned: Scanned, problems: Problems, tell: Tell
) -> Checked:
    catalogue, checked = context.policy().catalogue, Checked()
    rules = Rules(catalogue=catalogue, now=context.clock.now(), oldest=None)
    for line, event in rows(file, catalogue, scanned, problems, own=_own(context)):
        found = rules.check(line, event)
        if isinstance(found, Rejection):
            problems.add(file, line, found.detail)
        else:
            checked.take(found)
        if line % TOGETHER == 0:
            tell("checking", line, scanned.lines)
    with context.database.read() as session:
        some = _chunks(checked.accounts)
        checked.known = sum(len(identities.existing(session, names)) for names in some)
        checked.before = imports.get(session, scanned.digest)
    return checked


def _chunks(found: Iterable[T]) -> Iterator[list[T]]:
    every = iter(found)
    while chunk := list(islice(every, TOGETHER)):
        yield chunk

"""`segue lint-copy`: whether your copy keeps the tone, and what to mend where it does not."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from templates.lint.shipped import Linted

_LONGEST, _PIPED = 44, 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One breach, as it is printed."""

    where: str
    moment: str
    audience: str
    rule: str
    words: str
    wanted: str
    blocks: bool


def lint_copy(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Copy of your own; without it, all of Segue's."),
    ] = None,
    locale: Annotated[
        str | None,
        typer.Option(help="The language: of a file (default: en), or the only one to look at."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Check the tone of copy: no pressure, no loss, no unsourced number; exit 1 where some is.

    `segue lint-copy` renders every message of every language for every reader and checks it.

    `segue lint-copy my-copy/` does so with your own templates: `my-copy/en/pace.finance.j2`.

    `segue lint-copy mail.txt --locale de` reads one message a paragraph; a line `---` divides a
    title from its body. Without facts, numbers are let through.

    `segue lint-copy copy.toml` (or `.jsonl`, an object a line) checks numbers and prices as well:

        [[message]]
        title = "More reports this month"
        body = "Your team is at 8,420 reports. Nothing stops at the 10,000."
        class = "ask"                # ask | reflection | notice
        audience = "manager"         # user | champion | manager | finance
        at_limit = "continues"       # continues | soft | stops
        facts = { used = "8,420", limit = "10,000" }
        names = ["Northwind"]        # words that are not yours to choose

    What TL01 to TL14 refuse is listed in templates/lint/README.md; TL09 only warns.
    """
    looked_at = list(_linted(paths or [], locale))
    rows = _rows(looked_at)
    if as_json:
        print(json.dumps({"texts": len(looked_at), "problems": [_shown(r) for r in rows]}))
    else:
        _print(rows, len(looked_at))
    raise typer.Exit(1 if any(row.blocks for row in rows) else 0)


def _linted(paths: list[Path], locale: str | None) -> Iterator["Linted"]:
    from engine.errors import Invalid, LocaleMissing
    from templates.lint import shipped
    from templates.pack import pack

    try:
        wanted = (pack(locale).name,) if locale else shipped.locales()
    except LocaleMissing:
        known = ", ".join(shipped.locales())
        _misuse(f"there is no copy in {locale!r}, but for {known}")
    if not paths:
        for name in wanted:
            yield from shipped.everything(name)
    for path in paths:
        if not path.exists():
            _misuse(f"there is no {path}")
        try:
            yield from _of_path(path, wanted, locale or "en")
        except Invalid as error:
            _misuse(" ".join(str(error).split()))


def _of_path(path: Path, wanted: tuple[str, ...], locale: str) -> Iterator["Linted"]:
    from templates.lint import files, shipped

    if path.is_dir():
        found = [name for name in wanted if (path / name).is_dir()]
        if not found:
            _misuse(f"there is no {' or '.join(f'{path}/{name}' for name in wanted)}")
        for name in found:
            yield from shipped.own(name, path)
    elif path.suffix == ".j2":
        folder = path.resolve().parent
        if folder.name not in shipped.locales():
            _misuse(f"{path} lies in no folder of a language, as in en/{path.name}")
        yield from (
            linted
            for linted in shipped.own(folder.name, folder.parent)
            if linted.where == f"{folder.name}/{path.name}"
        )
    else:
        yield from files.linted(path, locale)


def _misuse(what: str) -> NoReturn:
    """One readable line, and the exit code of misuse."""
    print(f"segue: {what}", file=sys.stderr)
    raise typer.Exit(2)


def _rows(looked_at: list["Linted"]) -> list[Row]:
    """Each breach once, in the order of the texts, however many readers it meets."""
    rows = [
        Row(
            where=text.where,
            moment=text.moment,
            audience=text.audience,
            rule=problem.code,
            words=problem.text,
            wanted=problem.detail,
            blocks=problem.blocks,
        )
        for text in looked_at
        for problem in text.problems
    ]
    return list(dict.fromkeys(rows))


def _shown(row: Row) -> dict[str, str | bool]:
    return {name: getattr(row, name) for name in Row.__slots__}


def _print(rows: list[Row], texts: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED  # A pipe has no width of its own.
    if rows:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("Where", "Moment", "Reader", "Rule", "Words", "Wanted"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            words = row.words if len(row.words) <= _LONGEST else f"{row.words[:_LONGEST]}…"
            rule = row.rule if row.blocks else f"{row.rule} (warns)"
            cells = (row.where, row.moment, row.audience, rule, words, row.wanted)
            table.add_row(*map(Text, cells))
        console.print(table)
    blocking = sum(row.blocks for row in rows)
    warnings = f", {len(rows) - blocking} only warn" if len(rows) > blocking else ""
    verdict = f"{blocking} to mend{warnings}" if rows else "nothing to mend"
    console.print(f"{texts:,} texts looked at: {verdict}.")

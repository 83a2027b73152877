"""`segue export`: usage as it is kept, in a form that `segue import` takes back."""

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer


class Form(StrEnum):
    """How the events are written."""

    JSONL = "jsonl"
    CSV = "csv"


def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The file; .csv or .jsonl, with .gz gzipped. Else it prints."),
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="jsonl or csv; else as the file is called.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Of one account.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Before this day (UTC).")
    ] = None,
) -> None:
    """Export usage, account by account: hours, and of older usage days, with who used it.

    `segue import` takes the file into another Segue, and `segue backtest --usage` reads the CSV.

    Example: `segue export --out usage.csv.gz`, or `segue export --account acme`
    """
    from segue import opening, settings
    from service import export_usage

    named = Form.CSV if out is not None and ".csv" in out.suffixes else Form.JSONL
    context = opening.context_of(settings.load())
    try:
        with _opened(out) as stream:
            count = export_usage.run(
                context,
                stream,
                form=export_usage.Format(form or named),
                account=account,
                since=_instant(since),
                until=_instant(until),
            )
    except BrokenPipeError:
        # Whoever read it has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    print(f"{count:,} usage events" + (f" are in {out}" if out else ""), file=sys.stderr)


def _instant(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


@contextmanager
def _opened(out: Path | None) -> Iterator[IO[str]]:
    """Where it is written; a file is there only once it is whole."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    opened = gzip.open if out.suffix == ".gz" else open
    try:
        with opened(part, "wt", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)

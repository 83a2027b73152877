"""`segue import`: history from a file, each row once."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.import_usage import Checked, Imported

_EXISTS = {"exists": True, "dir_okay": False, "readable": True}


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the header account,timestamp,value (+ meter,user,id,kind,correction), "
            "or JSON lines as for POST /v1/usage; plain or gzipped.",
            **_EXISTS,
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file and say what it would do.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Import nothing if a row is bad, and end with exit code 2."),
    ] = False,
) -> None:
    """Import usage from before, so that Segue knows an account's history from the first day.

    Rows may be of any age and in any order. Stopped in the middle, run it again: it goes on where
    it was, and every row counts once. Bad rows are told with their line and skipped.

    What was imported asks nobody by itself: that takes something live.

    Example: `segue import usage.csv.gz --dry-run`, then `segue import usage.csv.gz`
    """
    from engine.errors import Invalid
    from segue import opening, settings
    from segue.commands.import_progress import Lines
    from service import import_usage
    from service.recorded_rows import Problems

    context = opening.context_of(settings.load())
    # Ended from outside is ended like by Ctrl-C: what was imported stays, the rest is to come.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Lines() as bar:
            problems = Problems(tell=bar.note, strict=strict)
            if dry_run:
                checked = import_usage.check(context, file, problems, bar.tell_lines)
            else:
                done = import_usage.run(context, file, problems, bar.tell_lines)
            problems.end()
    except KeyboardInterrupt:
        print("segue: stopped; run it again to import the rest", file=sys.stderr)
        raise typer.Exit(130) from None
    except Invalid as refused:
        print(f"segue: {refused}", file=sys.stderr)
        raise typer.Exit(2) from None
    print(_would(file, checked, problems.count) if dry_run else _did(file, done))


def _would(file: Path, checked: "Checked", bad: int) -> str:
    from segue.commands.written import day

    lines = [f"{file.name}: {checked.rows:,} rows can be imported" + _except(bad)]
    if checked.before:
        came = "to the end" if checked.before.ended_at else f"to line {checked.before.line:,}"
        when = day(checked.before.began_at.date())
        lines.append(f"before    imported on {when}, {came}; what is left would be")
    if checked.first and checked.last:
        lines.append(
            f"accounts  {len(checked.accounts):,}, "
            f"{len(checked.accounts) - checked.known:,} of them new"
        )
        lines += [f"meter     {key}: {rows:,} rows" for key, rows in checked.meters.most_common()]
        lines.append(f"days      {day(checked.first.date())} to {day(checked.last.date())}")
    if checked.own_ids < checked.rows:
        lines.append(
            "ids       rows without one are known by this file and their line: "
            "the same row in another file would count again"
        )
    return "\n".join([*lines, "Nothing was changed."])


def _did(file: Path, done: "Imported") -> str:
    from segue.commands.written import day

    run = done.run
    if done.already and run.ended_at:
        when = day(run.ended_at.date())
        return f"{file.name} was imported on {when}: {run.accepted:,} rows. Nothing to do."
    again = f", from line {done.after + 1:,} on" if done.after else ""
    known = f"; {run.duplicates:,} were known already" if run.duplicates else ""
    return f"{file.name}: {run.accepted:,} rows imported{again}{known}{_except(run.skipped)}."


def _except(bad: int) -> str:
    return f"; {bad:,} are bad and skipped" if bad else ""

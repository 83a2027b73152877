"""`segue backtest`: what a policy would have said over recorded usage, and whether it was right."""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

_EXISTS = {"exists": True, "dir_okay": False, "readable": True}
_Out = Annotated[Path, typer.Option("--out", help="Where the alerts go, one JSON line each.")]


def backtest(
    config: Annotated[Path, typer.Option("--config", help="The policy file.", **_EXISTS)],
    usage: Annotated[
        Path,
        typer.Option(
            "--usage",
            help="CSV, plain or gzipped: account,timestamp,value and, where there are any, "
            "meter,user,id,kind,correction. In any order; a time without an offset is UTC.",
            **_EXISTS,
        ),
    ],
    out: _Out,
    accounts: Annotated[
        Path | None,
        typer.Option(
            "--accounts",
            help="CSV: account and any of plan,since,time_zone,seats,limit,limit:METER. "
            "Without it every account is on the first [[plan]].",
            **_EXISTS,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Another policy file: what would it change?", **_EXISTS),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", help="Write every daily decision with its reasons."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a report as one HTML file.")
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            "--feedback", help="CSV: account,at,kind[,until]: what people answered.", **_EXISTS
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End at the first bad row, with exit code 2.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, help="Processes to use; 0: one for each core.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Replay recorded usage through the engine and show what would have been said.

    A first look, with the plan's own limits:

    `segue backtest --config segue.toml --usage usage.csv --out alerts.jsonl --report report.html`

    With what you know of your accounts, every silence explained:

    `segue backtest --config segue.toml --usage usage.csv.gz --accounts accounts.csv
    --out alerts.jsonl --decisions decisions.jsonl`

    What would a keener policy change?

    `segue backtest --config segue.toml --against keen.toml --usage usage.csv --out alerts.jsonl
    --report report.html`

    The smallest usage.csv:

        account,timestamp,value
        acme,2026-03-01T09:30:00Z,12

    Nothing is sent and no database is touched. Holdout, rollout, shadow mode and quiet hours don't
    count; an ask counts as ignored after a week unless --feedback answers it.
    """
    from engine.errors import ConfigInvalid, Invalid
    from segue.commands.backtest_progress import Bar
    from service import backtest as service
    from service import backtest_report
    from service.recorded_rows import Problems

    order = service.Order(
        config=(config.name, config.read_text("utf-8")),
        against=(against.name, against.read_text("utf-8")) if against else None,
        usage=usage,
        accounts=accounts,
        feedback=feedback,
        out=out,
        decisions=decisions,
        report=report,
        jobs=jobs or os.cpu_count() or 1,
    )
    # Ended from outside is ended like by Ctrl-C: nothing half-written stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Bar() as bar:
            problems = Problems(tell=bar.note, strict=strict)
            view = service.backtest(order, problems=problems, tell=bar.tell, now=datetime.now(UTC))
    except KeyboardInterrupt:
        print("segue: stopped; no file was written", file=sys.stderr)
        raise typer.Exit(130) from None
    except ConfigInvalid:
        raise
    except Invalid as refused:
        print(f"segue: {refused}", file=sys.stderr)
        raise typer.Exit(2) from None
    if as_json:
        print(json.dumps(backtest_report.document(view), ensure_ascii=False, indent=2))
    else:
        print(backtest_report.text(view), end="")

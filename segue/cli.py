"""The command line: `segue --help` teaches by example."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import SegueError
from segue.commands import (
    backtest,
    config,
    dead_letters,
    doctor,
    explain,
    export,
    import_,
    keys,
    lint_copy,
    rejects,
    serve,
    slack,
    teams,
    widget_token,
)

app = typer.Typer(
    name="segue",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "The upgrade as the next logical step: usage in, a word at the right moment.\n\n"
        "A first look: `segue demo`. For real: `segue config apply segue.toml`, "
        "`segue keys create --scope ingest`, `segue serve`, then POST usage to /v1/usage "
        "and ask `segue explain ACCOUNT` why it spoke or stayed silent."
    ),
)
app.add_typer(config.app, name="config")
app.add_typer(keys.app, name="keys")
app.add_typer(slack.app, name="slack")
app.add_typer(teams.app, name="teams")
app.add_typer(dead_letters.app, name="dead-letters")
app.command("serve")(serve.serve)
app.command("migrate")(serve.migrate)
app.command("explain")(explain.explain)
app.command("doctor")(doctor.doctor)
app.command("resume")(doctor.resume)
app.command("import")(import_.import_)
app.command("export")(export.export)
app.command("rejects")(rejects.rejects)
app.command("backtest")(backtest.backtest)
app.command("lint-copy")(lint_copy.lint_copy)
app.command("widget-token")(widget_token.widget_token)


@app.command("demo")
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Run the whole story without a browser and check it.")
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8321,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its database.")] = Path(
        ".demo"
    ),
) -> None:
    """Replay real usage through Segue and show every message on one page.

    Example: `segue demo`, or `segue demo --headless` to read the story in the terminal.
    """
    from segue.demo.run import run

    raise typer.Exit(run(headless=headless, host=host, port=port, folder=folder))


def main() -> None:
    """Run the command line; a refusal is one readable line and exit code 1, misuse is 2."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    try:
        app()
    except SegueError as error:
        print(f"segue: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

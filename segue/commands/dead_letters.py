"""`segue dead-letters`: usage that was acknowledged and could not be counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.context import Context
    from service.dead_letters import Letter
    from store.broker import Broker

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Usage that waited in NATS and could not be counted (with SEGUE_NATS_URL).\n\n"
        "It is kept for 30 days, so that a mended version can count it after all."
    ),
)
Number = Annotated[int, typer.Argument(help="The number that `dead-letters list` shows.")]


@app.command("list")
def listing(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
) -> None:
    """Show what was put aside, oldest first, and why.

    Example: `segue dead-letters list`
    """
    from service import dead_letters

    with _reached() as (context, broker):
        count, letters = dead_letters.listed(context, broker, limit=limit)
    if not count:
        print("Nothing was put aside.")
    for letter in letters:
        print(f"{letter.number:>6}  {_holds(letter)}: {letter.reason}")
    if count > len(letters):
        print(f"... and {count - len(letters):,} more")


@app.command()
def show(number: Number) -> None:
    """Show one: its size, the accounts and meters it is about, and why it is here.

    Example: `segue dead-letters show 3`
    """
    from service import dead_letters

    with _reached() as (context, broker):
        letter = dead_letters.one(context, broker, number)
    print(f"{letter.number}  {_holds(letter)}, {letter.size:,} bytes")
    print(f"why       {letter.reason}")
    if letter.accounts:
        print(f"accounts  {', '.join(letter.accounts)}")
        print(f"meters    {', '.join(letter.meters)}")


@app.command()
def replay(
    number: Annotated[int | None, typer.Argument(help="One of them.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Have them counted again; what still can't be comes back here. Nothing counts twice.

    Example: `segue dead-letters replay 3`, or `segue dead-letters replay --all`
    """
    from service import dead_letters

    if (number is None) is not everything:
        raise typer.BadParameter("name one, or say --all")
    with _reached() as (_, broker):
        count = dead_letters.replay(broker, number)
    print(f"{count:,} {'waits' if count == 1 else 'wait'} to be counted again.")


@app.command()
def drop(
    number: Number,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be lost; change nothing.")
    ] = False,
) -> None:
    """Forget one for good: its usage is never counted.

    Example: `segue dead-letters drop 3 --dry-run`
    """
    from service import dead_letters

    with _reached() as (context, broker):
        letter = dead_letters.one(context, broker, number)
        if dry_run:
            print(f"{_holds(letter)} would be lost. Nothing was changed (--dry-run).")
            return
        dead_letters.drop(broker, number)
    print(f"{_holds(letter)} will never be counted.")


def _holds(letter: "Letter") -> str:
    if letter.events is None:
        return "unreadable"
    return f"{letter.events:,} event{'' if letter.events == 1 else 's'}"


@contextmanager
def _reached() -> "Iterator[tuple[Context, Broker]]":
    from engine.errors import Invalid
    from segue import opening, settings
    from store.jetstream import opened

    told = settings.load()
    if told.nats_url is None:
        raise Invalid("it is not set, so usage waits nowhere", pointer="SEGUE_NATS_URL")
    context = opening.context_of(told)
    broker = opened(told.nats_url)
    try:
        yield context, broker
    finally:
        broker.close()

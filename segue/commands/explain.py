"""`segue explain`: any decision with its evidence, and what would change it."""

from datetime import UTC, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table


def explain(
    account: Annotated[str, typer.Argument(help="The account.")],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day to explain; default: now."),
    ] = None,
) -> None:
    """Say why Segue spoke to an account or stayed silent.

    Example: `segue explain acme --on 2026-06-12`
    """
    from segue import opening, settings
    from service import explain as service

    context = opening.context_of(settings.load())
    zone = ZoneInfo(context.policy().catalogue.product.time_zone)
    at = datetime.combine(on.date(), time.max, zone).astimezone(UTC) if on else None
    found = service.explain(context, account, on=at)
    console = Console(highlight=False)
    stored = found.stored
    when = f"{stored.at.astimezone(zone):%Y-%m-%d %H:%M}"
    until = f" to {stored.until.astimezone(zone):%Y-%m-%d %H:%M}" if stored.until else ""
    console.print(f"[bold]{account}[/] · {when}{until} · {stored.outcome}")
    console.print(found.sentence)
    console.print(f"[dim]Told to people at the account:[/] {found.customer}")
    table = Table(show_header=False, box=None, pad_edge=False)
    for label, value in found.lines:
        table.add_row(f"[dim]{label}[/]", value)
    console.print(table)
    console.print(
        f"[dim]Policy version {stored.policy_version}, digest {stored.digest[:16]}, "
        f"replayed from the stored facts: {'the same' if found.replayed else 'different'}.[/]"
    )

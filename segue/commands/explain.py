"""`segue explain`: any decision with its evidence, and what would change it."""

from typing import Annotated

import typer


def explain(
    account: Annotated[str, typer.Argument(help="The account.")],
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="DAY|INSTANT",
            help="2026-06-12, or 2026-06-12T09:00, in the account's own time; default: now.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
) -> None:
    """Say why Segue spoke to an account or stayed silent, and what would change it.

    Example: `segue explain acme --on 2026-06-12`
    """
    import msgspec
    from rich.console import Console

    from segue import opening, settings
    from segue.commands.explained import LINE, mailed, told
    from service import detail, digests
    from service.shown import shown

    context = opening.context_of(settings.load())
    found = detail.one(context, account, on=on)
    if json:
        text = msgspec.json.encode(shown(found.explanation, found))
        print(msgspec.json.format(text, indent=2).decode())
        return
    console = Console(highlight=False)
    console.width = min(console.width, LINE)
    with console.capture() as page:
        console.print(told(found))
        if on is None and (known := digests.of_account(context, account)):
            console.print(mailed(known, found.explanation.zone))
    print("\n".join(line.rstrip() for line in page.get().splitlines()))

"""`segue keys`: API keys, shown once and stored hashed."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="API keys: shown once, stored hashed.")


class Scope(StrEnum):
    """What a key may do."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@app.command()
def create(
    scope: Annotated[Scope, typer.Option(help="What the key may do.")] = Scope.INGEST,
) -> None:
    """Make a key and print it, alone on its line: it is never shown again.

    Example: `SEGUE_KEY=$(segue keys create --scope ingest)`
    """
    from segue import opening, settings
    from service import keys

    print(keys.create(opening.context_of(settings.load()), scope))


@app.command("list")
def listing() -> None:
    """List the keys: id, scope, when made, when revoked; never the key.

    Example: `segue keys list`
    """
    from segue import opening, settings
    from service import keys

    for key in keys.all_of(opening.context_of(settings.load())):
        ended = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "valid"
        print(f"{key.id}  {key.scope:6}  made {key.created_at:%Y-%m-%d %H:%M}  {ended}")


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="The id that `keys list` shows.")]) -> None:
    """Make a key worthless.

    Example: `segue keys revoke key_3f9c...`
    """
    from segue import opening, settings
    from service import keys

    keys.revoke(opening.context_of(settings.load()), key)
    print(f"{key} is revoked.")

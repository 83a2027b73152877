"""`segue serve` and `segue migrate`."""

from typing import Annotated

import typer

from segue.roles import Role


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8320,
    role: Annotated[
        Role, typer.Option(help="What this node does; one side alone needs PostgreSQL.")
    ] = Role.ALL,
) -> None:
    """Serve API, widget, Slack and jobs in one process, or one side of it beside other nodes.

    Example: `SEGUE_WIDGET_SECRET=... segue serve --port 8320`, or on PostgreSQL
    `segue serve --role api` on some machines and `segue serve --role worker` on others
    """
    from segue import settings
    from segue.server import run  # HTTP and chats are slow to import; other commands do without.
    from store.address import is_postgres

    told = settings.load()
    if role is not Role.ALL and not is_postgres(told.database_url):
        raise typer.BadParameter(
            "an SQLite file belongs to one process: use --role all, or PostgreSQL",
            param_hint="--role",
        )
    run(told, host=host, port=port, role=role)


def migrate() -> None:
    """Bring the database's tables to this version's shape.

    Example: `SEGUE_DATABASE_URL=sqlite:////var/lib/segue/segue.db segue migrate`
    """
    from segue import opening, settings
    from store.migrations import migrate as bring_up

    database = opening.database_of(settings.load())
    print(f"The database is at revision {bring_up(database)}.")

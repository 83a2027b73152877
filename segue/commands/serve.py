"""`segue serve` and `segue migrate`."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8320,
) -> None:
    """Serve API, widget, Slack and jobs in one process.

    Example: `SEGUE_WIDGET_SECRET=... segue serve --port 8320`
    """
    from segue import settings
    from segue.server import run  # HTTP and chats are slow to import; other commands do without.

    run(settings.load(), host=host, port=port)


def migrate() -> None:
    """Bring the database's tables to this version's shape.

    Example: `SEGUE_DATABASE_URL=sqlite:////var/lib/segue/segue.db segue migrate`
    """
    from segue import settings
    from store.database import Database
    from store.migrations import migrate as bring_up

    database = Database(settings.load().database_url)
    print(f"The database is at revision {bring_up(database)}.")

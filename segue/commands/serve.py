"""`segue serve` and `segue migrate`."""

import logging
from typing import Annotated

import typer
import uvicorn

from engine.errors import NotFound
from segue import settings, wiring
from service.context import Context
from store.database import Database
from store.migrations import migrate as bring_up

log = logging.getLogger("segue")


class Server(uvicorn.Server):
    """Ends the widget's streams first, so that stopping waits for nobody's browser."""

    def __init__(self, config: uvicorn.Config, runtime: wiring.Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    def handle_exit(self, sig: int, frame: object) -> None:
        """SIGTERM or SIGINT: close the streams, then stop as usual."""
        self._runtime.hub.close()
        super().handle_exit(sig, frame)  # type: ignore[arg-type]


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8320,
) -> None:
    """Serve API, widget, Slack and jobs in one process.

    Example: `SEGUE_WIDGET_SECRET=... segue serve --port 8320`
    """
    runtime = wiring.build(settings.load(), served_at=f"http://{host}:{port}")
    for warning in runtime.warnings:
        log.warning(warning)
    if not _has_policy(runtime.context):
        log.warning("no policy is in force: run `segue config apply segue.toml`")
    config = uvicorn.Config(
        runtime.app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        server_header=False,
    )
    log.info("Segue is at http://%s:%s (API document: /schema)", host, port)
    try:
        Server(config, runtime).run()
    finally:
        runtime.close()


def migrate() -> None:
    """Bring the database's tables to this version's shape.

    Example: `SEGUE_DATABASE_URL=sqlite:////var/lib/segue/segue.db segue migrate`
    """
    database = Database(settings.load().database_url)
    print(f"The database is at revision {bring_up(database)}.")


def _has_policy(context: Context) -> bool:
    try:
        context.policy()
    except NotFound:
        return False
    return True

"""Opens the demo: an empty database, Slack and mail stand-ins, and Segue served on one port."""

import asyncio
import fcntl
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import uvicorn

from engine.errors import Conflict
from segue import wiring
from segue.demo import schedule, world
from segue.demo.clock import DemoClock
from segue.demo.doors import Doors
from segue.demo.driver import Driver
from segue.demo.live import Live
from segue.demo.mailbox import Mailbox
from segue.demo.pace import Pace
from segue.demo.routes import routes
from segue.demo.workspace import Workspaces, token_of
from segue.server import Server
from segue.settings import Settings
from service import configure, keys
from service.context import Context
from store import installs

_FILES = ("segue.db", "segue.db-wal", "segue.db-shm", "segue.db.lock", "segue.db.key")
_PLACEHOLDER = '"https://app.northwind.example"'


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo."""

    base: str
    live: Live
    driver: Driver
    server: Server
    serving: asyncio.Task[None]


@asynccontextmanager
async def hosted(folder: Path, host: str, port: int, *, paced: bool) -> AsyncIterator[Demo]:
    """Everything up and answering; all of it is gone afterwards but the folder.

    Raises:
        Conflict: another demo uses the folder, or the port is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _claimed(folder):
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        listener = _listen(host, port)
        base = f"http://{host}:{listener.getsockname()[1]}"
        clock = DemoClock(world.START)
        mailbox, workspaces = Mailbox(clock.now), Workspaces(clock.now)
        settings = _settings(folder, base, await mailbox.start())
        live = Live(clock=clock, mailbox=mailbox, workspaces=workspaces, settings=settings)
        runtime = wiring.build(
            settings, served_at=base, clock=clock, extra=routes(live), background=False
        )
        try:
            _prepare(runtime.context, workspaces, base)
            async with _served(runtime, listener) as (server, serving):
                doors = _doors(runtime.context, base, settings)
                live.pace = Pace(clock) if paced else None
                plan = schedule.vendor(doors, world.usage())
                driver = Driver(runtime, clock, plan, doors, pace=live.pace)
                live.open(runtime.context, doors, driver.story)
                async with aclosing(doors):
                    yield Demo(base=base, live=live, driver=driver, server=server, serving=serving)
        finally:
            mailbox.stop()
            runtime.close()


@asynccontextmanager
async def _served(
    runtime: wiring.Runtime, listener: socket.socket
) -> AsyncIterator[tuple[Server, asyncio.Task[None]]]:
    config = uvicorn.Config(
        runtime.app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = Server(config, runtime)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    try:
        yield server, serving
    finally:
        runtime.hub.close()
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving


def _settings(folder: Path, base: str, smtp: str) -> Settings:
    return Settings(
        database_url=f"sqlite:///{(folder / 'segue.db').resolve()}",
        public_url=base,
        widget_secret=secrets.token_urlsafe(48),
        slack_signing_secret=secrets.token_hex(16),
        slack_api_url=f"{base}/demo/slack/api/",
        smtp_url=smtp,
        mail_from="Northwind Reports <reports@northwind.example>",
    )


def _prepare(context: Context, workspaces: Workspaces, base: str) -> None:
    """The policy in force, and each account's Slack workspace with the app installed."""
    text = (world.HERE / "segue.toml").read_text("utf-8")
    configure.apply(context, text.replace(_PLACEHOLDER, f'{_PLACEHOLDER}, "{base}"'), by="demo")
    with context.database.write() as session:
        for player in world.PLAYERS:
            for actor in player.people:
                if actor.slack:
                    workspaces.join(player.team, actor.name, player.email(actor))
            installs.save(session, _workspace(context, player))


def _workspace(context: Context, player: world.Player) -> installs.Workspace:
    return installs.Workspace(
        platform=installs.SLACK,
        team=player.team,
        account=player.id,
        name=player.name,
        bot_user="UBOT",
        token=context.secrets.encrypt(token_of(player.team)),
        scopes="chat:write,commands,im:write,users:read,users:read.email",
        installed_at=context.clock.now(),
        revoked_at=None,
    )


def _doors(context: Context, base: str, settings: Settings) -> Doors:
    return Doors(
        base,
        ingest_key=keys.create(context, keys.Scope.INGEST, by="demo"),
        admin_key=keys.create(context, keys.Scope.ADMIN, by="demo"),
        signing_secret=str(settings.slack_signing_secret),
    )


def _claimed(folder: Path) -> IO[str]:
    """Hold the folder for this process."""
    lock = (folder / "demo.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Conflict(f"another demo runs in {folder}: stop it, or use --folder") from None
    return lock


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise Conflict(f"can't listen on {host}:{port} ({error}): use --port 0") from None

"""Binds clock, store, secrets and channels to services and routes; nowhere else is this done."""

import fcntl
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from litestar import Litestar

import api.case
import api.decisions
import api.playground
import api.sent
import api.stream
import api.stripe
import api.summary
import api.timeline
import api.unsubscribe
import api.widget
from api.app import bare, create
from api.hub import Hub
from bot.email.send import EmailChannel
from engine.errors import Conflict, Invalid
from segue.live import Nodes
from segue.opening import context_of
from segue.roles import Role
from segue.settings import Settings
from segue.slack_mount import mounted
from segue.subjects import Subjects
from segue.teams_mount import route as teams_route
from segue.worker import Worker
from service import rejects
from service.channel import Channel
from service.context import Clock, Context
from service.front import Front
from service.merge import Merger
from service.retention import Keep
from service.webhook_send import Answer, Parcel, Post
from store import backtests, due, inbound, jetstream, outbox
from store.broker import Broker
from store.database import file_of
from templates import case_pdf

if TYPE_CHECKING:  # Slow to import, and nothing to who has no Slack.
    from bot.slack.app import SlackApp
    from bot.slack.tokens import Tokens
    from bot.teams.app import TeamsApp

log = logging.getLogger("segue")


@dataclass(kw_only=True)
class Runtime:
    """One process: its context, its channels, its worker and its HTTP application."""

    settings: Settings
    context: Context
    channels: dict[str, Channel]
    hub: Hub
    worker: Worker
    app: Litestar
    warnings: list[str] = field(default_factory=list)
    lock: IO[str] | None = None
    broker: Broker | None = None
    merger: Merger | None = None
    subjects: Subjects | None = None

    def close(self) -> None:
        """Give the database and its lock back."""
        if self.broker is not None:
            self.broker.close()
        self.context.database.close()
        if self.lock is not None:
            self.lock.close()


def build(
    settings: Settings,
    *,
    served_at: str,
    clock: Clock | None = None,
    extra: Sequence[Any] = (),
    background: bool = True,
    role: Role = Role.ALL,
) -> Runtime:
    """Everything of one process, ready to be served.

    `background` False: nobody works in the background; the caller runs the worker's steps.

    Raises:
        Conflict: another process serves the same SQLite file.
    """
    lock = _lock(file_of(settings.database_url))
    context = context_of(settings, clock=clock, served_at=served_at)
    if lock is not None:
        with context.database.write() as session:
            due.free(session)
            outbox.free(session)
            inbound.free(session)
            backtests.fail(session, None, "restarted")
    broker = jetstream.opened(settings.nats_url) if settings.nats_url else None
    merger = Merger(context, broker) if broker and role.works else None
    if broker is not None:
        context = replace(context, intake=Front(context.database, broker))
    subjects = Subjects(context, broker, works=role.works) if broker else None
    hub = Hub(context.signals, subjects)
    tokens = _tokens(settings, context) if settings.slack_is_on else None
    teams = _teams(settings, context)
    channels = _channels(settings, context, tokens, teams)
    keep = Keep(events=settings.keep_events_days, hours=settings.keep_hours_days)
    slack = _slack(settings, context, tokens) if tokens is not None else None
    more = [chat.catch_up for chat in (slack, teams) if chat is not None]
    worker = Worker(context, channels, keep, more=more, post=_post(settings))
    if role.answers:
        app = create(context, extra=[*_routes(settings, context, hub, slack, teams), *extra])
    else:
        app = bare(context)
    app.on_shutdown.append(lambda: rejects.flush(context))
    if teams is not None:
        app.on_startup.append(teams.start)
    if background and context.database.is_postgres:
        nodes = subjects or Nodes(context)
        app.on_startup.append(nodes.start)
        app.on_shutdown.append(nodes.stop)
    if background and merger is not None:
        app.on_startup.append(merger.start)
        app.on_shutdown.append(merger.stop)
    if background and slack is not None and tokens is not None and settings.slack_app_token:
        from bot.slack.socket import Socket

        socket = Socket(slack, tokens, settings.slack_app_token)
        app.on_startup.append(socket.start)
        app.on_shutdown.append(socket.stop)
    if background and role.works:
        app.on_startup.append(worker.start)
        app.on_shutdown.append(worker.stop)
    return Runtime(
        settings=settings,
        context=context,
        channels=channels,
        hub=hub,
        worker=worker,
        app=app,
        warnings=_warnings(settings),
        lock=lock,
        broker=broker,
        merger=merger,
        subjects=subjects,
    )


def _routes(
    settings: Settings,
    context: Context,
    hub: Hub,
    slack: "SlackApp | None",
    teams: "TeamsApp | None",
) -> list[Any]:
    """What people and chats reach, beside the vendor's API."""
    routes: list[Any] = [
        *api.widget.routes(context, settings.widget_secret),
        *api.stream.routes(context, hub, settings.widget_secret),
        *api.case.routes(context),
        *api.sent.routes(context),
        *api.summary.routes(context),
        *api.timeline.routes(context),
        *api.unsubscribe.routes(context),
        *api.decisions.routes(context),
        *api.stripe.routes(context, settings.stripe_webhook_secrets),
    ]
    if not context.public_url.startswith("https://"):  # Nobody's production.
        routes += api.playground.routes()
    if slack is not None:
        routes.append(mounted(slack))
    if teams is not None:
        routes.append(teams_route(teams))
    return routes


def _tokens(settings: Settings, context: Context) -> "Tokens":
    from bot.slack.tokens import Tokens

    return Tokens(
        context,
        api_url=settings.slack_api_url,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
    )


def _slack(settings: Settings, context: Context, tokens: "Tokens") -> "SlackApp":
    from bot.slack.app import create as slack_app

    return slack_app(
        context,
        tokens=tokens,
        signing_secret=settings.slack_signing_secret,
        api_url=settings.slack_api_url,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        home_team=settings.slack_home_team,
        admins=settings.slack_admins,
    )


def _teams(settings: Settings, context: Context) -> "TeamsApp | None":
    """Teams, where it is switched on.

    Raises:
        Invalid: it is, and Microsoft's SDK is not there.
    """
    if not settings.teams_is_on:
        return None
    if find_spec("microsoft_teams") is None:
        raise Invalid("it needs more: pip install 'segue[teams]'", pointer="SEGUE_TEAMS_CLIENT_ID")
    from bot.teams.app import TeamsApp
    from bot.teams.verify import Verifier

    app_id = str(settings.teams_client_id).lower()  # As Microsoft writes it into tokens.
    return TeamsApp(
        context,
        client_id=app_id,
        client_secret=settings.teams_client_secret,
        tenant_id=settings.teams_tenant_id,
        admins=settings.teams_admins,
        verifier=Verifier(app_id, tenants=frozenset(settings.teams_tenants)),
    )


def _channels(
    settings: Settings,
    context: Context,
    tokens: "Tokens | None",
    teams: "TeamsApp | None",
) -> dict[str, Channel]:
    channels: dict[str, Channel] = {}
    if teams is not None:
        channels["teams"] = teams.channel
    if tokens is not None:
        from bot.slack.send import SlackChannel

        channels["slack"] = SlackChannel(context, tokens=tokens)
    if settings.smtp_url and settings.mail_from:
        channels["email"] = EmailChannel(
            context, smtp_url=settings.smtp_url, mail_from=settings.mail_from
        )
    return channels


def _post(settings: Settings) -> Post:
    """What hands events over; aiohttp is slow to import, and nothing to who has no endpoint."""

    async def post(parcel: Parcel) -> Answer:
        from bot.hooks.post import Poster

        return await Poster(private=settings.webhook_private)(parcel)

    return post


def _warnings(settings: Settings) -> list[str]:
    """What is switched off, and which variable switches it on."""
    off = []
    if not settings.widget_secret:
        off.append("the widget answers nobody: set SEGUE_WIDGET_SECRET (32 bytes or more)")
    if not settings.slack_is_on:
        off.append("Slack is off: set SEGUE_SLACK_SIGNING_SECRET, _CLIENT_ID and _CLIENT_SECRET")
    elif not settings.slack_app_token and not (
        settings.slack_client_id and settings.slack_client_secret
    ):
        off.append("no link installs the Slack app: set SEGUE_SLACK_CLIENT_ID and _CLIENT_SECRET")
    if not settings.teams_is_on:
        off.append("Teams is off: set SEGUE_TEAMS_CLIENT_ID and _CLIENT_SECRET")
    if not settings.smtp_url:
        off.append("e-mail is off: set SEGUE_SMTP_URL and SEGUE_MAIL_FROM")
    if not case_pdf.available():
        off.append("cases have no PDF: pip install 'segue[pdf]'")
    if not settings.public_url:
        off.append("links name this machine: set SEGUE_PUBLIC_URL to the address people can open")
    if not settings.secret_keys:
        off.append("keys lie beside the database: set SEGUE_SECRET_KEYS to keep them elsewhere")
    return off


def _lock(file: Path | None) -> IO[str] | None:
    """Hold the SQLite file for this process."""
    if file is None:
        return None
    lock = Path(f"{file}.lock").open("a+")  # noqa: SIM115  (held as long as the process serves)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Conflict(f"another `segue serve` uses {file}: stop it first") from None
    return lock

"""Opens the database with what a use case needs; commands start here, without HTTP or chats."""

import os
import secrets as random
from pathlib import Path

from engine.errors import Conflict, Invalid
from segue.clock import SystemClock
from segue.settings import Settings
from service.context import Clock, Context
from service.secrets import Secrets
from store.database import Database
from store.migrations import migrate, pending


def database_of(settings: Settings) -> Database:
    """The database that the settings name."""
    return Database(settings.database_url, direct_url=settings.database_direct_url)


def context_of(settings: Settings, *, clock: Clock | None = None, served_at: str = "") -> Context:
    """A context for commands and servers; brings a SQLite file's tables up to date.

    Raises:
        Conflict: PostgreSQL's tables are older: nobody changes them but by `segue migrate`.
        Invalid: a database for many nodes, and no keys that all of them have.
    """
    database = database_of(settings)
    if not database.is_postgres:
        migrate(database)
    elif pending(database):
        raise Conflict("the tables are older than this version: run `segue migrate`")
    elif not settings.secret_keys:
        detail = "with PostgreSQL every node needs the same: set one of 16 characters or more"
        raise Invalid(detail, pointer="SEGUE_SECRET_KEYS")
    return Context(
        database=database,
        clock=clock or SystemClock(),
        secrets=Secrets(settings.secret_keys or (_own_key(database),)),
        public_url=settings.public_url or served_at,
        channels=_push_channels(settings),
        private_hooks=settings.webhook_private,
    )


def _push_channels(settings: Settings) -> tuple[str, ...]:
    names = []
    if settings.slack_signing_secret:
        names.append("slack")
    if settings.teams_is_on:
        names.append("teams")
    if settings.smtp_url:
        names.append("email")
    return tuple(names)


def _own_key(database: Database) -> str:
    """The embedded default's own key, made once beside the database and readable by its user."""
    file = database.file
    if file is None:
        return random.token_urlsafe(32)
    path = Path(f"{file}.key")
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(random.token_urlsafe(32))
    return path.read_text().strip()

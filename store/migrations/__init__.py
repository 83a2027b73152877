"""Alembic's migrations, run by `segue migrate` and at every start of the embedded default."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store.database import Database


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database"] = database
    return config


def migrate(database: Database) -> str:
    """Bring the tables to this version's shape and say which revision that is."""
    config = _config(database)
    command.upgrade(config, "head")
    return ScriptDirectory.from_config(config).get_current_head() or ""


def pending(database: Database) -> bool:
    """Whether the tables are older than this version needs."""
    head = ScriptDirectory.from_config(_config(database)).get_current_head()
    with database.sqlalchemy.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() != head

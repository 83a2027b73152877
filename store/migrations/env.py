"""Alembic's entry: runs on the engine that `store.migrations.migrate` was given."""

from alembic import context
from sqlmodel import SQLModel

import store.tables  # noqa: F401  (fills the metadata)

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    postgres = connection.dialect.name == "postgresql"
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=not postgres,
        # Each migration is durable by itself, so that one can go on where another was held up.
        transaction_per_migration=postgres,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()

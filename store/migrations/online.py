"""Changes to big tables that hold nobody up: for migrations, the same call on every database."""

from collections.abc import Sequence
from typing import Any

from alembic import op


def add_index(name: str, table: str, columns: Sequence[str], **options: Any) -> None:
    """Add an index while others read and write the table; `options`: as of `op.create_index`."""
    context = op.get_context()
    if context.dialect.name != "postgresql":
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(name, list(columns), **options)
        return
    with context.autocommit_block():
        # It waits for transactions that were there before it, but nobody waits for it.
        op.execute("SET lock_timeout = 0")
        # A build that was cut short leaves an index that is of no use.
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
        op.create_index(name, table, list(columns), postgresql_concurrently=True, **options)
        op.execute("RESET lock_timeout")


def drop_index(name: str, table: str) -> None:
    """Remove an index while others read and write the table."""
    context = op.get_context()
    if context.dialect.name != "postgresql":
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(name)
        return
    with context.autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)

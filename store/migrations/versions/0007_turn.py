"""what people changed is counted, who waits for a daily look waits last, days lie side by side."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.drop_column("guard")
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.add_column(sa.Column("daily", sa.Boolean(), nullable=True))
        batch_op.drop_index("ix_due_since")
        batch_op.create_index("due_order", ["daily", "since"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _days(with_rowid=False)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _days(with_rowid=True)
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.drop_index("due_order")
        batch_op.create_index("ix_due_since", ["since"], unique=False)
        batch_op.drop_column("daily")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("turn")
        batch_op.add_column(sa.Column("guard", sa.JSON(), nullable=False, server_default="{}"))


def _days(*, with_rowid: bool) -> None:
    """Write the day buckets anew, in the order of their keys or as they came."""
    op.rename_table("day_bucket", "day_bucket_before")
    op.create_table(
        "day_bucket",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("last_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("backfilled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", "meter", "day"),
        sqlite_with_rowid=with_rowid,
    )
    op.execute(
        "INSERT INTO day_bucket SELECT account, meter, day, units, micros, events, last_at,"
        " backfilled FROM day_bucket_before ORDER BY account, meter, day"
    )
    op.drop_table("day_bucket_before")

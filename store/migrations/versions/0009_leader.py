"""who leads, and when a backtest was last heard of."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leader",
        sa.Column("name", store.types.Text(), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.Column("holder", store.types.Text(), nullable=False),
        sa.Column("since", store.types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    heard: sa.Column[datetime] = sa.Column(
        "heard_at", store.types.Instant(timezone=True), nullable=True
    )
    with op.batch_alter_table("backtest", schema=None) as batch_op:
        batch_op.add_column(heard)


def downgrade() -> None:
    with op.batch_alter_table("backtest", schema=None) as batch_op:
        batch_op.drop_column("heard_at")
    op.drop_table("leader")

"""backtests over stored usage."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtest",
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("asked_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("asked_by", store.types.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("status", store.types.Text(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("detail", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "backtest_line",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("backtest", store.types.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", store.types.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account", "backtest", "n"),
    )
    with op.batch_alter_table("backtest_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_backtest_line_backtest"), ["backtest"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("backtest_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_backtest_line_backtest"))
    op.drop_table("backtest_line")
    op.drop_table("backtest")

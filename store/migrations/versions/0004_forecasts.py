"""forecasts with what came of them, and the calibrations learned from them."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("meter", store.types.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("raw", sa.Float(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("calibration", store.types.Text(), nullable=True),
        sa.Column("scale", store.types.Text(), nullable=False),
        sa.Column("used", store.types.Text(), nullable=False),
        sa.Column("limit", store.types.Text(), nullable=False),
        sa.Column("last_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("due_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("resolved_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("came", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "meter", "day"),
    )
    with op.batch_alter_table("forecast", schema=None) as batch_op:
        batch_op.create_index(
            "forecast_open",
            ["account", "due_at"],
            unique=False,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )
        batch_op.create_index("forecast_resolved", ["resolved_at"], unique=False)
    op.create_table(
        "calibration",
        sa.Column("scale", store.types.Text(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("version", store.types.Text(), nullable=False),
        sa.Column("learned_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("forecasts", sa.Integer(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column("happened", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scale", "night"),
    )


def downgrade() -> None:
    op.drop_table("calibration")
    with op.batch_alter_table("forecast", schema=None) as batch_op:
        batch_op.drop_index("forecast_resolved")
        batch_op.drop_index("forecast_open", sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.drop_table("forecast")

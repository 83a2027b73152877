"""Endpoints that are told of events, what is sent to them, and every try."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("url", store.types.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("secret", store.types.Text(), nullable=False),
        sa.Column("retired", sa.JSON(), nullable=False),
        sa.Column("created_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("failing_since", store.types.Instant(timezone=True), nullable=True),
        sa.Column("failed_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("disabled_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("disabled_why", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("event", store.types.Text(), nullable=False),
        sa.Column("endpoint", store.types.Text(), nullable=False),
        sa.Column("type", store.types.Text(), nullable=False),
        sa.Column("body", store.types.Text(), nullable=False),
        sa.Column("state", store.types.Text(), nullable=False),
        sa.Column("created_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("due_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("earlier", sa.Integer(), nullable=False),
        sa.Column("finished_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("reason", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "event", "endpoint"),
    )
    op.create_index("webhook_delivery_due", "webhook_delivery", ["endpoint", "state", "due_at"])
    op.create_index("webhook_delivery_log", "webhook_delivery", ["endpoint", "created_at", "event"])
    op.create_table(
        "webhook_attempt",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("event", store.types.Text(), nullable=False),
        sa.Column("endpoint", store.types.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", store.types.Text(), nullable=True),
        sa.Column("millis", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "event", "endpoint", "number"),
    )


def downgrade() -> None:
    op.drop_table("webhook_attempt")
    op.drop_index("webhook_delivery_log", table_name="webhook_delivery")
    op.drop_index("webhook_delivery_due", table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")

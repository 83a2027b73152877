"""What Slack sent is a row before it is answered; lanes of sending; tokens that are renewed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TEXTS = ("via", "refresh_token", "trouble")
_INSTANTS = ("expires_at", "refreshing_until")


def upgrade() -> None:
    op.create_table(
        "inbound",
        sa.Column("source", store.types.Text(), nullable=False),
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("body", store.types.Text(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("claimed_until", store.types.Instant(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("detail", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id"),
    )
    op.create_index("inbound_due", "inbound", ["done_at", "claimed_until"])
    op.create_table(
        "lane",
        sa.Column("name", store.types.Text(), nullable=False),
        sa.Column("free_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("why", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    with op.batch_alter_table("install", schema=None) as batch_op:
        for name in _TEXTS:
            batch_op.add_column(_text(name))
        for name in _INSTANTS:
            batch_op.add_column(_instant(name))
        batch_op.create_index("ix_install_via", ["via"])
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.add_column(_text("time_zone"))
        batch_op.add_column(_instant("looked_at"))


def downgrade() -> None:
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.drop_column("looked_at")
        batch_op.drop_column("time_zone")
    with op.batch_alter_table("install", schema=None) as batch_op:
        batch_op.drop_index("ix_install_via")
        for name in (*_INSTANTS, *_TEXTS):
            batch_op.drop_column(name)
    op.drop_table("lane")
    op.drop_index("inbound_due", table_name="inbound")
    op.drop_table("inbound")


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, store.types.Text(), nullable=True)


def _instant(name: str) -> sa.Column[datetime]:
    return sa.Column(name, store.types.Instant(timezone=True), nullable=True)

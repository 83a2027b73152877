"""who may change things by chat, when people want no push, and pauses that end by themselves."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slack_admin",
        sa.Column("user", store.types.Text(), nullable=False),
        sa.Column("added_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("added_by", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user"),
    )
    op.create_table(
        "quiet",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("person", store.types.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("until", store.types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "person"),
    )
    until: sa.Column[datetime] = sa.Column(
        "until", store.types.Instant(timezone=True), nullable=True
    )
    with op.batch_alter_table("pause", schema=None) as batch_op:
        batch_op.add_column(until)


def downgrade() -> None:
    with op.batch_alter_table("pause", schema=None) as batch_op:
        batch_op.drop_column("until")
    op.drop_table("quiet")
    op.drop_table("slack_admin")

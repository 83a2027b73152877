"""conversations that an app is in, and admins of any chat."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room",
        sa.Column("platform", store.types.Text(), nullable=False),
        sa.Column("team", store.types.Text(), nullable=False),
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("account", store.types.Text(), nullable=True),
        sa.Column("person", store.types.Text(), nullable=True),
        sa.Column("member", store.types.Text(), nullable=False),
        sa.Column("kind", store.types.Text(), nullable=False),
        sa.Column("name", store.types.Text(), nullable=False),
        sa.Column("service_url", store.types.Text(), nullable=False),
        sa.Column("bot", store.types.Text(), nullable=False),
        sa.Column("since", store.types.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("gone_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("why", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "team", "id"),
    )
    op.create_index("ix_room_account", "room", ["account"])
    op.create_index("room_member", "room", ["platform", "team", "member"])
    op.rename_table("slack_admin", "chat_admin")


def downgrade() -> None:
    op.rename_table("chat_admin", "slack_admin")
    op.drop_index("room_member", "room")
    op.drop_index("ix_room_account", "room")
    op.drop_table("room")

"""arms that stay for a year, pauses of asks, and an index on who was exposed."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_EXPOSED = {
    "sqlite_where": sa.text("exposed = 1"),
    "postgresql_where": sa.text("exposed"),
}


def upgrade() -> None:
    op.create_table(
        "arm",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("drawn_at", store.types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "term"),
    )
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since", store.types.Instant(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("lifted_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("decision_exposed", ["account", "at"], unique=False, **_EXPOSED)


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("decision_exposed", **_EXPOSED)
    op.drop_table("pause")
    op.drop_table("arm")

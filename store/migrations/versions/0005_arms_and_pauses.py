"""arms that stay for a year, pauses of asks, and an index on who was exposed."""

import sqlalchemy as sa
from alembic import op

import store.types
from store.migrations import online

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_EXPOSED: dict[str, sa.TextClause] = {
    "sqlite_where": sa.text("exposed = 1"),
    "postgresql_where": sa.text("exposed"),
}


def upgrade() -> None:
    op.create_table(
        "arm",
        sa.Column("account", store.types.Text(), nullable=False),
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
        sa.Column("why", store.types.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("lifted_at", store.types.Instant(timezone=True), nullable=True),
        sa.Column("lifted_by", store.types.Text(), nullable=True),
        sa.Column("because", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    online.add_index("decision_exposed", "decision", ["account", "at"], **_EXPOSED)


def downgrade() -> None:
    online.drop_index("decision_exposed", "decision")
    op.drop_table("pause")
    op.drop_table("arm")

"""what became of each digest: a person is told of a period once at most."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("person", store.types.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("reason", store.types.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "person", "period"),
    )
    op.create_index("digest_period", "digest", ["period"])


def downgrade() -> None:
    op.drop_index("digest_period", "digest")
    op.drop_table("digest")

"""what a sieve needs of a packed part of fingerprints, so that nobody reads its keys again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seen_part", sa.Column("filter", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("seen_part", "filter")

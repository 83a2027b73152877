"""how often a case was opened, and which one it was made anew from."""

import sqlalchemy as sa
from alembic import op

from store.types import Instant, Text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("views", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("case", sa.Column("viewed_at", Instant(), nullable=True))
    op.add_column("case", sa.Column("previous", Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("case", "previous")
    op.drop_column("case", "viewed_at")
    op.drop_column("case", "views")

"""what Stripe last said of its customers, and which alert came before a move to a larger plan."""

import sqlalchemy as sa
from alembic import op

import store.types
from store.migrations import online

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_object",
        sa.Column("customer", store.types.Text(), nullable=False),
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("kind", store.types.Text(), nullable=False),
        sa.Column("account", store.types.Text(), nullable=True),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "id"),
    )
    op.create_index("ix_stripe_object_account", "stripe_object", ["account"])
    op.add_column("planchange", sa.Column("alert", store.types.Text(), nullable=True))
    online.add_index("alert_named", "alert", ["id"])


def downgrade() -> None:
    online.drop_index("alert_named", "alert")
    with op.batch_alter_table("planchange", schema=None) as batch_op:
        batch_op.drop_column("alert")
    op.drop_index("ix_stripe_object_account", "stripe_object")
    op.drop_table("stripe_object")

"""what Stripe said of its customers, the alert before a move up, and who is not to be tried."""

import sqlalchemy as sa
from alembic import op

import store.types
from store.migrations import online

revision = "0017"
down_revision = "0016"
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
    op.create_table(
        "unreachable",
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("person", store.types.Text(), nullable=False),
        sa.Column("channel", store.types.Text(), nullable=False),
        sa.Column("reason", store.types.Text(), nullable=False),
        sa.Column("address", store.types.Text(), nullable=True),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "person", "channel"),
    )
    op.add_column("planchange", sa.Column("alert", store.types.Text(), nullable=True))
    online.add_index("alert_named", "alert", ["id"])


def downgrade() -> None:
    online.drop_index("alert_named", "alert")
    with op.batch_alter_table("planchange", schema=None) as batch_op:
        batch_op.drop_column("alert")
    op.drop_table("unreachable")
    op.drop_index("ix_stripe_object_account", "stripe_object")
    op.drop_table("stripe_object")

"""an index on what waits in the outbox of an account: who goes first is asked of each delivery."""

from store.migrations import online

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    online.add_index("delivery_waits", "delivery", ["account", "state", "due_at"])


def downgrade() -> None:
    online.drop_index("delivery_waits", "delivery")

"""indexes on time: what was said, and what had something to say, over all accounts in a week."""

from typing import Any

import sqlalchemy as sa

from store.migrations import online

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_WITH_A_MOMENT: dict[str, Any] = {
    "sqlite_where": sa.text("moment IS NOT NULL"),
    "postgresql_where": sa.text("moment IS NOT NULL"),
}


def upgrade() -> None:
    online.add_index("decision_at", "decision", ["at"], **_WITH_A_MOMENT)
    online.add_index("decision_until", "decision", ["until"], **_WITH_A_MOMENT)
    online.add_index("alert_raised", "alert", ["raised_at"])


def downgrade() -> None:
    online.drop_index("alert_raised", "alert")
    online.drop_index("decision_until", "decision")
    online.drop_index("decision_at", "decision")

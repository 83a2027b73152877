"""fingerprints instead of rows of usage events, and what each meter came to."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import store.types
from store.fingerprint import account_part, id_part

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROWS = 10_000


def upgrade() -> None:
    op.create_table(
        "seen_part",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("opened_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("sealed_at", store.types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_table(
        "seen_count",
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("writer", sa.String(), nullable=False),
        sa.Column("keys", sa.BigInteger(), nullable=False),
        sa.Column("newest_at", store.types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("part", "writer"),
    )
    op.create_table(
        "watch",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("meter", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.Column("guard", sa.Float(), nullable=True),
        sa.Column("told_at", store.types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "meter"),
    )
    _carry_over()
    op.drop_table("usage_event")
    with op.batch_alter_table("user_day") as batch_op:
        batch_op.drop_column("events")


def _carry_over() -> None:
    """Keep the ids of stored events; what they held is not known in the new form (empty)."""
    connection = op.get_bind()
    last = connection.execute(sa.text("SELECT max(received_at) FROM usage_event")).scalar()
    if last is None:
        return
    kind = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    connection.execute(
        sa.text(f"CREATE TABLE seen_1 (key {kind} PRIMARY KEY, content {kind} NOT NULL)")
    )
    rows = connection.execute(sa.text("SELECT account, id FROM usage_event"))
    kept = 0
    for part in rows.partitions(_ROWS):
        keys = [{"key": account_part(a) + id_part(i), "content": b""} for a, i in part]
        connection.execute(
            sa.text("INSERT INTO seen_1 (key, content) VALUES (:key, :content)"), keys
        )
        kept += len(keys)
    now = datetime.now(UTC).replace(tzinfo=None if connection.dialect.name == "sqlite" else UTC)
    connection.execute(
        sa.text("INSERT INTO seen_part (n, opened_at, sealed_at) VALUES (1, :now, :now)"),
        {"now": now},
    )
    connection.execute(
        sa.text(
            "INSERT INTO seen_count (part, writer, keys, newest_at) VALUES (1, 'old', :n, :now)"
        ),
        {"n": kept, "now": now},
    )

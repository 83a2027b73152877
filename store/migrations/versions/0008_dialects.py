"""what other systems call accounts and users, a log of what was not taken, and imports."""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KNOWN = {
    "sqlite": (
        "INSERT OR IGNORE INTO external_id (source, id, account) "
        "SELECT e.key, e.value, a.id FROM account a, json_each(a.external_ids) e ORDER BY a.id"
    ),
    "postgresql": (
        "INSERT INTO external_id (source, id, account) "
        "SELECT e.key, e.value, a.id FROM account a, json_each_text(a.external_ids) e "
        "ORDER BY a.id ON CONFLICT DO NOTHING"
    ),
}


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("user", store.types.Text(), nullable=False),
        sa.Column("at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("account", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user", "at"),
    )
    op.create_index("ix_identity_account", "identity", ["account"])
    op.create_table(
        "external_id",
        sa.Column("source", store.types.Text(), nullable=False),
        sa.Column("id", store.types.Text(), nullable=False),
        sa.Column("account", store.types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id"),
    )
    op.create_index("ix_external_id_account", "external_id", ["account"])
    op.create_table(
        "reject",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", store.types.Text(), nullable=False),
        sa.Column("code", store.types.Text(), nullable=False),
        sa.Column("account", store.types.Text(), nullable=False),
        sa.Column("name", store.types.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("last_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("detail", store.types.Text(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "code", "account", "name"),
    )
    op.create_table(
        "import_run",
        sa.Column("digest", store.types.Text(), nullable=False),
        sa.Column("file", store.types.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("began_at", store.types.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", store.types.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.execute(_KNOWN[op.get_bind().dialect.name])


def downgrade() -> None:
    op.drop_table("import_run")
    op.drop_table("reject")
    op.drop_table("external_id")
    op.drop_table("identity")

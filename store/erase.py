"""Forgets an account or a person in every table that knows of them."""

from sqlalchemy import Table, delete, null, update
from sqlmodel import Session, SQLModel

from store import tables

ERASED = "erased"
_WHO = ("user", "person", "champion", "recipient", "to")
"""Columns that name a person."""


def account(session: Session, id: str) -> None:
    """Remove the account and every row of its own; of the audit log only the contents go."""
    connection = session.connection()
    for table in SQLModel.metadata.sorted_tables:
        if table.name == tables.Audit.__tablename__:
            connection.execute(
                update(table).where(table.c.account == id).values(before=null(), after=null())
            )
        elif table.name == tables.Account.__tablename__:
            connection.execute(delete(table).where(table.c.id == id))
        elif "account" in table.c:
            connection.execute(delete(table).where(table.c.account == id))


def person(session: Session, account: str, id: str) -> None:
    """Remove a person; what is counted or was decided stays, without saying whose it was."""
    connection = session.connection()
    for table in SQLModel.metadata.sorted_tables:
        if table.name == tables.Person.__tablename__:
            connection.execute(delete(table).where(table.c.account == account, table.c.id == id))
        elif "account" in table.c:
            for column in _naming(table):
                mine = (table.c.account == account) & (table.c[column] == id)
                if table.c[column].primary_key or table.name == tables.Friction.__tablename__:
                    connection.execute(delete(table).where(mine))
                else:
                    value = null() if table.c[column].nullable else ERASED
                    connection.execute(update(table).where(mine).values({column: value}))


def _naming(table: Table) -> list[str]:
    return [c.name for c in table.columns if c.name in _WHO]

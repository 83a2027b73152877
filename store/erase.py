"""Forgets an account or a person in every table that knows of them."""

from secrets import token_hex

from sqlalchemy import Connection, Table, delete, null, select, update
from sqlmodel import Session, SQLModel

from store import tables

_WHO = ("user", "person", "champion", "recipient", "to")
"""Columns that name a person."""
_KEPT = (tables.UserDay.__tablename__, tables.Alert.__tablename__)
"""Tables in which it matters that it was one and the same person, whoever that was."""
_THEIRS = (tables.Friction.__tablename__, tables.Room.__tablename__)
"""Tables whose rows say nothing but what one person met, or where they are written to."""
_BLANK = {
    "email": None,
    "name": None,
    "role": "user",
    "can_buy": False,
    "locale": None,
    "time_zone": None,
    "joined": None,
}

ERASED = "erased-"
"""What the ids begin with that stand for people who were erased."""


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
    """Remove a person; what is counted or was decided stays, without saying whose it was.

    What was said still binds whom it bound, so a marker drawn by chance takes the person's place:
    one for all of their rows, and nothing leads from it to them.
    """
    connection, marker = session.connection(), f"{ERASED}{token_hex(8)}"
    _forget(connection, account, id, marker)
    _readers(connection, account, id, marker)
    for table in SQLModel.metadata.sorted_tables:
        if table.name != tables.Person.__tablename__ and "account" in table.c:
            for column in _naming(table):
                mine = (table.c.account == account) & (table.c[column] == id)
                if not _stays(table, column):
                    connection.execute(delete(table).where(mine))
                else:
                    kept = table.name in _KEPT or not table.c[column].nullable
                    value = marker if kept else null()
                    connection.execute(update(table).where(mine).values({column: value}))


def _forget(connection: Connection, account: str, id: str, marker: str) -> None:
    """Remove who they were; that somebody was muted stays, for it must not become an ask."""
    table = _table(tables.Person)
    mine = (table.c.account == account) & (table.c.id == id)
    connection.execute(update(table).where(mine, table.c.muted).values(id=marker, **_BLANK))
    connection.execute(delete(table).where(mine))


def _readers(connection: Connection, account: str, id: str, marker: str) -> None:
    """Take them out of the lists of whom a banner was meant for."""
    table = _table(tables.Alert)
    rows = connection.execute(
        select(table.c.id, table.c.audience).where(table.c.account == account)
    ).all()
    for alert, audience in rows:
        if id in audience:
            connection.execute(
                update(table)
                .where(table.c.account == account, table.c.id == alert)
                .values(audience=[marker if who == id else who for who in audience])
            )


def _stays(table: Table, column: str) -> bool:
    """Whether a row is worth keeping without its person."""
    if table.name == tables.UserDay.__tablename__:
        return True
    return not table.c[column].primary_key and table.name not in _THEIRS


def _naming(table: Table) -> list[str]:
    return [c.name for c in table.columns if c.name in _WHO]


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]

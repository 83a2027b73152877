"""Many rows in one statement: given as one parameter to read by, or written without ORM or rebuild.

SQLAlchemy binds each value of each row anew, which at ingest costs more than SQLite's own work. So
for SQLite a statement is compiled once and its rows go straight to the driver.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Dialect, String, Table, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for statements that skip the ORM."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def dialect_of(session: Session) -> str:
    """sqlite or postgresql."""
    return session.get_bind().dialect.name


def insert_into(dialect: str, model: type[SQLModel]) -> Any:
    """An insert that can say what to do on a conflict, in the words of the database in use."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table(model))


def listed(dialect: str) -> Any:
    """Rows of texts as something to select from, the one parameter `listed` of `as_list`."""
    given: Any = bindparam("listed")
    if dialect == "postgresql":
        elements = func.json_array_elements(func.cast(given, postgresql.JSON))
        return elements.table_valued("value", name="listed")
    return func.json_each(given).table_valued("value", name="listed")


def nth(given: Any, n: int) -> ColumnElement[str]:
    """The n-th text of a listed row."""
    found: ColumnElement[str] = given.c.value.op("->>")(n)
    return found


def nth_day(dialect: str, given: Any, n: int) -> ColumnElement[Any]:
    """The same where it is a date; SQLite keeps dates as texts."""
    found = nth(given, n)
    return cast(found, Date) if dialect == "postgresql" else found


def among(dialect: str, column: Any) -> ColumnElement[bool]:
    """Whether a column holds the first text of a listed row."""
    found: ColumnElement[bool] = column.in_(select(nth(listed(dialect), 0)))
    return found


def gathered(dialect: str, column: Any) -> ColumnElement[str]:
    """A group's numbers or dates as one text with commas between them, in any order."""
    return func.aggregate_strings(cast(column, String) if dialect == "postgresql" else column, ",")


def as_list(rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """The parameter that `listed` reads."""
    return {"listed": json.dumps(rows)}


def by_account(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """The rows of each account, in the order in which they came."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.account, []).append(row)
    return found


def write(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run one statement for every row; `statement` is kept by whoever made it, and reused."""
    if not rows:
        return
    connection = session.connection()
    if dialect_of(session) != "sqlite":
        connection.execute(statement, rows)
        return
    prepared = _prepared(statement, connection.dialect)
    connection.exec_driver_sql(prepared.sql, prepared.bound(rows))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A compiled statement: its text, and for each `?` the name, its own value and its binding."""

    sql: str
    places: tuple[tuple[str, Any, Callable[[Any], Any] | None], ...]

    def bound(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The rows as the driver wants them; a value seen before is not bound again."""
        columns = []
        for name, own, bind in self.places:
            values = [row.get(name, own) for row in rows]
            if bind is not None:
                done = {value: bind(value) for value in set(values)}
                values = [done[value] for value in values]
            columns.append(values)
        return list(zip(*columns, strict=True))


@lru_cache
def _prepared(statement: Any, dialect: Dialect) -> Prepared:
    compiled = statement.compile(dialect=dialect)
    own = compiled.params
    return Prepared(
        sql=str(compiled),
        places=tuple(
            (
                name,
                own[name],
                compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect),
            )
            for name in compiled.positiontup
        ),
    )

"""Many rows in one statement: given as one parameter to read by, or written without ORM or rebuild.

SQLAlchemy binds each value of each row anew, which at ingest costs more than the database's own
work. So an insert is compiled once, and its rows go straight to the driver.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from types import NoneType
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    String,
    Table,
    bindparam,
    cast,
    func,
    select,
)
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


def add_once(session: Session, model: type[SQLModel], row: Mapping[str, Any]) -> bool:
    """Insert a row unless one like it is there; says whether it was not, also among nodes."""
    statement = insert_into(dialect_of(session), model).on_conflict_do_nothing()
    counted = statement.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted, row).rowcount == 1


def put(session: Session, model: type[SQLModel], row: Mapping[str, Any]) -> None:
    """Insert a row, or state the one of its key anew."""
    keys = [column.name for column in table(model).primary_key]
    statement = insert_into(dialect_of(session), model).values(**row)
    news = {name: statement.excluded[name] for name in row if name not in keys}
    session.connection().execute(statement.on_conflict_do_update(index_elements=keys, set_=news))


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
    many = _many(statement, connection.dialect)
    if many is None:
        connection.execute(statement, rows)
        return
    many.run(connection, {name: [row.get(name) for row in rows] for name, _, _ in many.columns})


def write_columns(
    session: Session, statement: Any, columns: Mapping[str, Sequence[Any]]
) -> list[Any]:
    """`write` for an insert whose rows come by column; what it returns, in no certain order."""
    connection = session.connection()
    many = _many(statement, connection.dialect)
    assert many is not None, "only an insert of plain values goes by columns"
    return many.run(connection, columns)


@dataclass(frozen=True, slots=True)
class _Many:
    """An insert taken apart: what stands before its values and after, and how each is bound.

    It goes as few statements of many rows: between two statements Python's other threads take the
    interpreter, and each time it takes a while until they give it back.
    """

    dialect: str
    before: str
    after: str
    columns: tuple[tuple[str, str, Callable[[Any], Any] | None], ...]

    def run(self, connection: Connection, given: Mapping[str, Sequence[Any]]) -> list[Any]:
        """Insert the rows; what they return."""
        columns = [_bound(given[name], bind) for name, _, bind in self.columns]
        width, rows, start = len(columns), len(columns[0]), 0
        out: list[Any] = []
        if self.dialect == "postgresql" and rows:
            arrays = [_as_array(column) for column in columns]
            plain = tuple(type(array) is str for array in arrays)
            done = connection.exec_driver_sql(_postgresql(self, plain), tuple(arrays))
            return list(done) if done.returns_rows else []
        while start < rows:
            size = _size(rows - start)
            parts = (column[start : start + size] for column in columns)
            values = list(chain.from_iterable(zip(*parts, strict=True)))
            values += [None] * (size * width - len(values))
            done = connection.exec_driver_sql(_sqlite(self, size), tuple(values))
            out += done if done.returns_rows else ()
            start += size
        return out


_NEXT, _NONE = "\x1f", "\x1e"
"""ASCII's separators of units and of records: between two values, and for one that is not there."""
_FEW = 16
"""Values that the driver may dump, since it takes longer to see whether they are plain."""
_AS_TEXT: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: str,
    float: repr,
    datetime: datetime.isoformat,
    date: date.isoformat,
}


def _as_array(values: Sequence[Any]) -> Any:
    """Values of one kind as one text that PostgreSQL takes apart: the driver dumps each in Python.

    As they are where they are few, or no text.
    """
    kinds = set(map(type, values))
    present = kinds - {NoneType} or {str}
    if len(values) < _FEW or len(present) > 1 or not present <= _AS_TEXT.keys():
        return values
    show = _AS_TEXT[present.pop()]
    if NoneType in kinds:
        text = _NEXT.join(_NONE if value is None else show(value) for value in values)
    else:
        text = _NEXT.join(map(show, values))
    apart = text.count(_NEXT) == len(values) - 1 and text.count(_NONE) == values.count(None)
    return text if apart else values


_MOST = 512
"""Rows in one statement of SQLite: enough, and far from its bound of 32,766 values."""


def _size(rows: int) -> int:
    """Rows of the next statement: a power of two, so that few statements are prepared."""
    return min(_MOST, 1 << (rows - 1).bit_length())


@lru_cache(maxsize=256)
def _postgresql(many: _Many, plain: tuple[bool, ...]) -> str:
    """The statement for any number of rows, in the order of their keys: so none waits in a ring.

    `plain`: which columns come as one text.
    """
    cut = f"string_to_array(%s, '{_NEXT}', '{_NONE}')"
    arrays = ", ".join(
        f"{cut if text else '%s'}::{kind}[]"
        for text, (_, kind, _) in zip(plain, many.columns, strict=True)
    )
    return f"{many.before} SELECT * FROM unnest({arrays}) ORDER BY 1, 2, 3{many.after}"  # noqa: S608


@lru_cache(maxsize=256)
def _sqlite(many: _Many, size: int) -> str:
    """The statement for so many rows; places left over hold nulls, which are no rows."""
    row = f"({', '.join('?' * len(many.columns))})"
    values = ", ".join([row] * size)
    found = f"SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL"  # noqa: S608
    return f"{many.before} {found}{many.after}"


def _bound(values: Sequence[Any], bind: Callable[[Any], Any] | None) -> Sequence[Any]:
    """Values as the driver wants them; one seen before is not bound again."""
    if bind is None:
        return values
    done = {value: bind(value) for value in set(values)}
    return [done[value] for value in values]


@lru_cache
def _many(statement: Any, dialect: Dialect) -> _Many | None:
    """The parts of an insert whose only parameters are its values, else None."""
    compiled = statement.compile(dialect=dialect)
    found = _INSERT.fullmatch(str(compiled)) if statement.is_insert else None
    if found is None:
        return None
    names = [name.strip().strip('"') for name in found["names"].split(",")]
    types = [statement.table.c[name].type for name in names]
    if any(isinstance(kind, JSON) for kind in types) or re.search(r"\?|%\(", found["after"]):
        return None
    return _Many(
        dialect=dialect.name,
        before=found["before"],
        after=found["after"],
        columns=tuple(
            (
                name,
                _kind(kind, dialect),
                kind.dialect_impl(dialect).bind_processor(dialect),
            )
            for name, kind in zip(names, types, strict=True)
        ),
    )


def _kind(column: Any, dialect: Dialect) -> str:
    """A column's type in the database's words; in an array, it has no collation of its own."""
    return str(column.compile(dialect=dialect)).partition(" COLLATE")[0]


_INSERT = re.compile(
    r"(?P<before>INSERT INTO \w+ \((?P<names>[^)]*)\)) VALUES \(.*?\)"
    r"(?P<after>( ON CONFLICT .*| RETURNING .*)?)",
    re.DOTALL,
)

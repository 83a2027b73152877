"""Judges a statement: which key it binds, so that it could be sent to one account's shard.

The database itself says how it would find the rows. For that, what it could find them by beside
the account is taken away, and given back at the end.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from bench.shards.across import ACROSS, SHARED
from bench.shards.statements import Statement
from store.fingerprint import account_part

_PART = re.compile(r"seen_[0-9]+")
_INSERT = re.compile(r"\s*INSERT INTO \"?(\w+)\"? \(([^)]*)\)")
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE) \"?(\w+)\"?(?: AS (\w+)| (?!SET\b)(\w+))?")
_SQLITE = re.compile(r"(?:SCAN|SEARCH) (\w+)(?: .*?\((\w+)=\?)?")
_EQUAL = re.compile(r"\(*(?:\w+\.)?\"?(\w+)\"?\)?(?:::\w+)? = ")
_SMALL = ("seqscan", "hashjoin", "mergejoin", "bitmapscan", "material")
"""What PostgreSQL would rather do with small tables."""
_EVERYONE = b'"*"'
"""The account under which is kept what holds for all, a copy on each shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The keys that a statement binds, why it need not, and (`free`) what it leaves open."""

    statement: Statement
    tables: tuple[str, ...]
    binds: tuple[str, ...] = ()
    excused: str | None = None
    free: tuple[str, ...] = ()


def judged(
    connection: Connection, statements: Iterable[Statement], accounts: Iterable[str]
) -> list[Verdict]:
    """What each statement binds; `accounts` are those that the statements were about."""
    marks = [mark for name in accounts for mark in (name.encode(), account_part(name))]
    _leave_the_account_alone(connection)
    found = [_judge(connection, one, [*marks, _EVERYONE]) for one in statements]
    connection.rollback()
    return found


def key_of(table: str) -> str:
    """The column by which a table is spread; that of fingerprints begins with the account's."""
    return "key" if _PART.fullmatch(table) else "id" if table == "account" else "account"


def _leave_the_account_alone(connection: Connection) -> None:
    """Until the transaction is undone, no index leads anywhere but by the account."""
    for name in SQLModel.metadata.tables.keys() - SHARED.keys():
        for index in inspect(connection).get_indexes(name):
            if index["column_names"][0] != key_of(name):
                connection.exec_driver_sql(f'DROP INDEX "{index["name"]}"')
    if connection.dialect.name == "postgresql":
        for way in _SMALL:
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")


def _judge(connection: Connection, statement: Statement, marks: list[bytes]) -> Verdict:
    names = {name: alias or other for name, alias, other in _NAMED.findall(statement.text)}
    known = {name: alias for name, alias in names.items() if _is_table(name)}
    looked_up = [
        (name, column)
        for name, column in (_looked_up(connection, statement, known) if known else ())
        if _is_table(name)
    ]
    tables = tuple(dict.fromkeys([*known, *(name for name, _ in looked_up)]))
    own = [name for name in tables if name not in SHARED]
    shared = "; ".join(SHARED[name] for name in tables if name in SHARED)
    excused = ACROSS.get(statement.where) if own else shared or "no table"
    if excused is not None:
        return Verdict(statement=statement, tables=tables, excused=excused)
    binds, free = list[str](), list[str]()
    if insert := _INSERT.match(statement.text):
        columns = [one.strip(' "') for one in insert[2].split(",")]
        (binds if key_of(insert[1]) in columns else free).append(f"{insert[1]}: in the row")
    for name, column in looked_up:
        if name in own:
            (binds if column == key_of(name) else free).append(f"{name}.{column or '(all rows)'}")
    if not any(mark in _bytes(statement.given) for mark in marks):
        free.append("no parameter names an account")
    return Verdict(
        statement=statement,
        tables=tables,
        binds=tuple(dict.fromkeys(binds)),
        free=tuple(dict.fromkeys(free)),
    )


def _is_table(name: str) -> bool:
    return name in SQLModel.metadata.tables or _PART.fullmatch(name) is not None


def _bytes(given: Any) -> bytes:
    """Every parameter, one after the other."""
    return b"\0".join(_flat(given.values() if isinstance(given, dict) else given or ()))


def _flat(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        match value:
            case bytes():
                yield value
            case list() | tuple():
                yield from _flat(value)
            case "*":
                yield _EVERYONE
            case _:
                yield str(value).encode()


def _looked_up(
    connection: Connection, statement: Statement, names: dict[str, str]
) -> Iterator[tuple[str, str | None]]:
    """Each table that the database looks into, and the column it looks up by; None: all rows."""
    if connection.dialect.name == "sqlite":
        called = {alias: name for name, alias in names.items()}
        text = f"EXPLAIN QUERY PLAN {statement.text}"
        for row in connection.exec_driver_sql(text, statement.given or ()):
            if found := _SQLITE.match(row[-1]):
                yield called.get(found[1], found[1]), found[2]
        return
    text = f"EXPLAIN (FORMAT JSON) {statement.text}"
    (plan,) = connection.exec_driver_sql(text, statement.given or ()).scalar_one()
    nodes = list(_nodes(plan["Plan"]))
    joins = " ".join(node.get("Join Filter", "") for node in nodes)
    for node in nodes:
        if "Relation Name" in node and node["Node Type"] != "ModifyTable":
            yield node["Relation Name"], _column(node, joins)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's steps, one after the other."""
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _column(scan: dict[str, Any], joins: str) -> str | None:
    """By which column rows are found; a table with a row or two is read, and compared after."""
    key = key_of(scan["Relation Name"])
    equal = _EQUAL.findall(scan.get("Index Cond", ""))
    own = rf"\b{scan['Alias']}\.{key}\b"
    if key in equal or re.search(rf"{own}\)?(::\w+)? = |= \(*{own}", joins):
        return key
    return next(iter(equal), None)

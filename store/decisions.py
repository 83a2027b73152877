"""Decisions: every one is kept with its reasons; identical silent ones are one row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from store import tables
from store.rows import as_list, dialect_of, listed, nth, table

_LASTING = ("digest", "body", "snapshot", "p")
"""What a decision that lasts has anew from each look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision as JSON values, and the instants between which it stayed the same."""

    account: str
    at: datetime
    until: datetime | None
    outcome: str
    reason: str | None
    meter: str | None
    moment: str | None
    stage: str
    p: float | None
    exposed: bool
    policy_version: int
    digest: str
    body: dict[str, Any]
    snapshot: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What tells an account's newest decision from another, without all that it rests on."""

    at: datetime
    outcome: str
    reason: str | None
    meter: str | None
    moment: str | None
    stage: str
    policy_version: int
    codes: tuple[str, ...]

    def like(self, decision: StoredDecision) -> bool:
        """Whether a decision says the same, for the same reasons."""
        names = ("outcome", "reason", "meter", "moment", "stage", "policy_version")
        codes = tuple(reason["code"] for reason in decision.body["reasons"])
        return codes == self.codes and all(
            getattr(self, name) == getattr(decision, name) for name in names
        )


def newest(session: Session, accounts: Iterable[str]) -> dict[str, Newest]:
    """The newest decision about each of these accounts, where there is one."""
    asked = as_list([[account] for account in accounts])
    rows = session.execute(_newest(dialect_of(session)), asked)
    return {
        row.account: Newest(
            at=row.at,
            outcome=row.outcome,
            reason=row.reason,
            meter=row.meter,
            moment=row.moment,
            stage=row.stage,
            policy_version=row.policy_version,
            codes=tuple(reason["code"] for reason in row.reasons or ()),
        )
        for row in rows
    }


def add(session: Session, decisions: Sequence[StoredDecision]) -> None:
    """Keep decisions, each in a row of its own."""
    if decisions:
        names = StoredDecision.__slots__
        rows = [{name: getattr(one, name) for name in names} for one in decisions]
        session.connection().execute(insert(table(tables.Decision)), rows)


def prolong(session: Session, repeated: Sequence[tuple[datetime, StoredDecision]]) -> None:
    """Let the decisions made at these instants last, each with what it rests on by now."""
    rows = [
        {
            "of": one.account,
            "from": at,
            "to": one.at,
            **{f"new_{name}": getattr(one, name) for name in _LASTING},
        }
        for at, one in repeated
    ]
    if rows:
        session.connection().execute(_prolong(), rows)


def of_account(
    session: Session, account: str, *, limit: int = 100, on: datetime | None = None
) -> tuple[StoredDecision, ...]:
    """Decisions of an account, newest first; with `on` only what held at that instant."""
    query = select(tables.Decision).where(col(tables.Decision.account) == account)
    if on is not None:
        query = query.where(col(tables.Decision.at) <= on)
    rows = session.exec(query.order_by(col(tables.Decision.at).desc()).limit(limit)).all()
    return tuple(_value(r) for r in rows)


def since(session: Session, account: str, start: datetime) -> tuple[StoredDecision, ...]:
    """Decisions that held at or after an instant, oldest first, without what they rested on."""
    decision = tables.Decision
    names = [name for name in StoredDecision.__slots__ if name != "snapshot"]
    lasted = or_(col(decision.at) >= start, col(decision.until) >= start)
    rows = session.execute(
        select_columns(*(getattr(decision, name) for name in names))
        .where(col(decision.account) == account, lasted)
        .order_by(col(decision.at))
    )
    return tuple(StoredDecision(**row._mapping, snapshot=None) for row in rows)


def latest(session: Session, account: str) -> StoredDecision | None:
    """The newest decision."""
    found = of_account(session, account, limit=1)
    return found[0] if found else None


def snapshots(session: Session, accounts: Iterable[str]) -> dict[str, bytes]:
    """What the newest decision about each of these accounts rested on."""
    asked = as_list([[account] for account in accounts])
    rows = session.execute(_snapshots(dialect_of(session)), asked)
    return {account: bytes(packed) for account, packed in rows if packed is not None}


def _value(row: tables.Decision) -> StoredDecision:
    return StoredDecision(**{n: getattr(row, n) for n in StoredDecision.__slots__})


def _last(dialect: str, *columns: Any) -> Any:
    """Columns of the last decision about each account that is asked for."""
    d, asked = table(tables.Decision), listed(dialect)
    other = d.alias()
    last = (
        select_columns(func.max(other.c.at)).where(other.c.account == nth(asked, 0))
    ).scalar_subquery()
    return (
        select_columns(d.c.account, *columns)
        .select_from(asked)
        .join(d, (d.c.account == nth(asked, 0)) & (d.c.at == last))
    )


@lru_cache
def _newest(dialect: str) -> Any:
    d = table(tables.Decision).c
    kind = (d.at, d.outcome, d.reason, d.meter, d.moment, d.stage, d.policy_version)
    return _last(dialect, *kind, d.body["reasons"].label("reasons"))


@lru_cache
def _snapshots(dialect: str) -> Any:
    return _last(dialect, table(tables.Decision).c.snapshot)


@lru_cache
def _prolong() -> Any:
    d = table(tables.Decision)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _LASTING}
    return (
        update(d)
        .where(d.c.account == bindparam("of"), d.c.at == bindparam("from"))
        .values(until=bindparam("to"), **values)
    )

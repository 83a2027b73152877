"""Decisions: every one is kept with its reasons; identical silent ones are one row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from store import tables


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


def record(session: Session, decision: StoredDecision) -> None:
    """Keep a decision; a silent one that repeats the last only prolongs it."""
    last = session.exec(
        select(tables.Decision)
        .where(col(tables.Decision.account) == decision.account)
        .order_by(col(tables.Decision.at).desc())
        .limit(1)
    ).first()
    if last is not None and last.at == decision.at:
        return
    if last is not None and decision.outcome == "silent" and _alike(last, decision):
        last.until = decision.at
        last.digest, last.body, last.snapshot = decision.digest, decision.body, decision.snapshot
        last.p = decision.p
        session.add(last)
        return
    session.add(tables.Decision(**{n: getattr(decision, n) for n in StoredDecision.__slots__}))


def _alike(last: tables.Decision, decision: StoredDecision) -> bool:
    names = ("outcome", "reason", "meter", "moment", "stage", "policy_version")
    same = all(getattr(last, n) == getattr(decision, n) for n in names)
    return same and _codes(last.body) == _codes(decision.body)


def _codes(body: dict[str, Any]) -> list[str]:
    return [r["code"] for r in body.get("reasons", [])]


def of_account(
    session: Session, account: str, *, limit: int = 100, on: datetime | None = None
) -> tuple[StoredDecision, ...]:
    """Decisions of an account, newest first; with `on` only what held at that instant."""
    query = select(tables.Decision).where(col(tables.Decision.account) == account)
    if on is not None:
        query = query.where(col(tables.Decision.at) <= on)
    rows = session.exec(query.order_by(col(tables.Decision.at).desc()).limit(limit)).all()
    return tuple(_value(r) for r in rows)


def latest(session: Session, account: str) -> StoredDecision | None:
    """The newest decision."""
    found = of_account(session, account, limit=1)
    return found[0] if found else None


def _value(row: tables.Decision) -> StoredDecision:
    return StoredDecision(**{n: getattr(row, n) for n in StoredDecision.__slots__})

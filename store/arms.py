"""The arm each account was in when it first mattered, kept whatever the share becomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from engine.snapshot import Arm
from store import tables
from store.rows import among, as_list, dialect_of, insert_into, table


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArm:
    """One draw. `share`: the chance of being held out in it; `term`: 0 for the first year."""

    account: str
    term: int
    arm: Arm
    share: float
    drawn_at: datetime


def newest(session: Session, accounts: Iterable[str]) -> dict[str, StoredArm | None]:
    """The last draw of each of these accounts, but for those that an admin excluded."""
    asked = as_list([[account] for account in accounts])
    rows = session.execute(_drawn(dialect_of(session)), asked)
    return {row.id: None if row.term is None else _value(row) for row in rows}


def every(session: Session) -> dict[str, list[StoredArm]]:
    """All draws of all accounts, each account's oldest first."""
    arm, found = tables.Arm, dict[str, list[StoredArm]]()
    for row in session.exec(select(arm).order_by(col(arm.account), col(arm.term))):
        found.setdefault(row.account, []).append(_value(row))
    return found


def keep(session: Session, draws: Iterable[StoredArm]) -> None:
    """Note draws; one of the same term that is there already stays."""
    rows = [
        {
            "account": drawn.account,
            "term": drawn.term,
            "held": drawn.arm is Arm.HOLDOUT,
            "share": drawn.share,
            "drawn_at": drawn.drawn_at,
        }
        for drawn in draws
    ]
    kept = insert_into(dialect_of(session), tables.Arm).on_conflict_do_nothing()
    if rows:
        session.connection().execute(kept, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """How many of the accounts drawn since an instant are held out, and the last of those draws."""

    held: int
    drawn: int
    last: datetime | None


def held_out(session: Session, since: datetime) -> HeldOut:
    """The draws that still hold, of accounts that are not excluded."""
    arm, account = tables.Arm, tables.Account
    rows: Iterable[tuple[bool, int, datetime]] = session.exec(
        select(col(arm.held), func.count(), func.max(col(arm.drawn_at)))
        .join(account, col(account.id) == col(arm.account))
        .where(col(arm.drawn_at) > since, col(account.holdout) == "auto")
        .group_by(col(arm.held))
    )
    counted = {held: (number, last) for held, number, last in rows}
    held, last = counted.get(True, (0, None))
    return HeldOut(held=held, drawn=sum(n for n, _ in counted.values()), last=last)


def _value(row: Any) -> StoredArm:
    return StoredArm(
        account=row.account,
        term=row.term,
        arm=Arm.HOLDOUT if row.held else Arm.TREATED,
        share=row.share,
        drawn_at=row.drawn_at,
    )


@lru_cache
def _drawn(dialect: str) -> Any:
    """Terms are few, so the last comes over those before it."""
    account, arm = table(tables.Account), table(tables.Arm)
    return (
        select_columns(account.c.id, *arm.c)
        .select_from(account.outerjoin(arm, arm.c.account == account.c.id))
        .where(among(dialect, account.c.id), account.c.holdout != "exclude")
        .order_by(arm.c.term)
    )

"""The arm each account was in when it first mattered, kept whatever the share becomes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.snapshot import Arm
from store import tables
from store.rows import dialect_of, insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArm:
    """One draw. `share`: the chance of being held out in it; `term`: 0 for the first year."""

    account: str
    term: int
    arm: Arm
    share: float
    drawn_at: datetime


def newest(session: Session, account: str) -> StoredArm | None:
    """The account's last draw."""
    arm = tables.Arm
    row = session.exec(
        select(arm).where(col(arm.account) == account).order_by(col(arm.term).desc()).limit(1)
    ).first()
    return _value(row) if row else None


def every(session: Session) -> dict[str, list[StoredArm]]:
    """All draws of all accounts, each account's oldest first."""
    arm, found = tables.Arm, dict[str, list[StoredArm]]()
    for row in session.exec(select(arm).order_by(col(arm.account), col(arm.term))):
        found.setdefault(row.account, []).append(_value(row))
    return found


def keep(session: Session, drawn: StoredArm) -> None:
    """Note a draw; one of the same term that is there already stays."""
    row = {
        "account": drawn.account,
        "term": drawn.term,
        "held": drawn.arm is Arm.HOLDOUT,
        "share": drawn.share,
        "drawn_at": drawn.drawn_at,
    }
    kept = insert_into(dialect_of(session), tables.Arm).on_conflict_do_nothing()
    session.connection().execute(kept, [row])


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


def _value(row: tables.Arm) -> StoredArm:
    return StoredArm(
        account=row.account,
        term=row.term,
        arm=Arm.HOLDOUT if row.held else Arm.TREATED,
        share=row.share,
        drawn_at=row.drawn_at,
    )

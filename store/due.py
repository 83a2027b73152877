"""Accounts to be looked at: marked by usage and by the day, claimed by one worker at a time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, or_, select

from store import tables

LEASE = timedelta(seconds=120)


def mark(session: Session, account: str, now: datetime) -> None:
    """The account should be looked at; an earlier mark keeps its time."""
    row = session.get(tables.Due, account)
    if row is None:
        session.add(tables.Due(account=account, since=now, mark=1))
    else:
        row.mark += 1
        session.add(row)
    session.flush()


def mark_daily(session: Session, now: datetime, *, limit: int = 1000) -> int:
    """Mark accounts whose daily evaluation has come; says how many."""
    accounts = session.exec(
        select(tables.Account.id)
        .outerjoin(tables.Due, col(tables.Due.account) == col(tables.Account.id))
        .where(col(tables.Account.next_daily) <= now, col(tables.Due.account).is_(None))
        .order_by(col(tables.Account.next_daily))
        .limit(limit)
    ).all()
    for account in accounts:
        session.add(tables.Due(account=account, since=now, mark=1))
    return len(accounts)


def claim(session: Session, now: datetime, *, limit: int = 20) -> tuple[tuple[str, int], ...]:
    """Take accounts that are due, oldest first: (account, mark) pairs."""
    table = tables.Due
    rows = session.exec(
        select(table)
        .where(or_(col(table.claimed_until).is_(None), col(table.claimed_until) <= now))
        .order_by(col(table.since), col(table.account))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.claimed_until = now + LEASE
        session.add(row)
    return tuple((r.account, r.mark) for r in rows)


def free(session: Session) -> None:
    """Take every claim back: whoever held one has died, since nobody else uses this database."""
    session.execute(update(tables.Due).values(claimed_until=None))


def done(session: Session, account: str, mark: int) -> None:
    """The look is over; what came in meanwhile keeps the account due."""
    session.execute(
        delete(tables.Due).where(col(tables.Due.account) == account, col(tables.Due.mark) == mark)
    )
    session.execute(
        update(tables.Due).where(col(tables.Due.account) == account).values(claimed_until=None)
    )


def looked(
    session: Session,
    account: str,
    *,
    next_daily: datetime | None = None,
    guard: dict[str, float | None] | None = None,
) -> None:
    """Note when the account is looked at next and from which usage on sooner."""
    values: dict[str, object] = {}
    if next_daily is not None:
        values["next_daily"] = next_daily
    if guard is not None:
        values["guard"] = guard
    if values:
        session.execute(
            update(tables.Account).where(col(tables.Account.id) == account).values(**values)
        )


def unguard(session: Session, account: str) -> None:
    """What the guard rests on has changed: the account is worth a look whatever it uses."""
    looked(session, account, guard={})


def unguard_all(session: Session) -> None:
    """A new policy: what any guard rests on may have changed."""
    session.execute(update(tables.Account).values(guard={}))


def next_daily(session: Session) -> datetime | None:
    """When the next daily evaluation is due."""
    return session.exec(select(func.min(tables.Account.next_daily))).one()


def waiting(session: Session) -> int:
    """How many accounts are due."""
    return session.exec(select(func.count()).select_from(tables.Due)).one()


def watch(session: Session, account: str) -> tuple[datetime, dict[str, float | None] | None]:
    """When the account's daily evaluation is due, and its guard (None: never looked at)."""
    row = session.get(tables.Account, account)
    assert row is not None
    return row.next_daily, row.guard or None

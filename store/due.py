"""Accounts to be looked at: marked by usage, by people and by the day, claimed by one worker each.

What came in through usage or people goes before the daily looks: those can wait a minute.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlmodel import Session

from store import tables, watch
from store.rows import among, as_list, dialect_of, insert_into, table
from store.types import Instant

LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An account taken for a look, by one worker until an instant; `mark` counts what came in."""

    account: str
    mark: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """When an account's daily look is due; `turn` counts what people and admins changed."""

    next_daily: datetime
    turn: int


def mark(session: Session, account: str, now: datetime) -> None:
    """The account should be looked at; an earlier mark keeps its time."""
    statement = insert_into(dialect_of(session), tables.Due).on_conflict_do_update(
        index_elements=["account"], set_={"mark": table(tables.Due).c.mark + 1, "daily": None}
    )
    session.execute(statement, {"account": account, "since": now, "mark": 1, "daily": None})


def mark_daily(session: Session, now: datetime, *, limit: int) -> None:
    """Mark accounts whose daily look has come and that do not wait already, oldest first."""
    session.execute(_mark_daily(dialect_of(session)), {"now": now, "limit": limit})


def waiting(session: Session, now: datetime) -> list[bool]:
    """Who is to be looked at now: False, somebody where something came in; True, a daily look."""
    asked = {"now": now}
    found = [session.execute(_waiting(daily), asked).first() for daily in (False, True)]
    if found[1] is None:
        found[1] = session.execute(_unmarked_one(), asked).first()
    return [daily for daily in (False, True) if found[daily] is not None]


def claim(session: Session, now: datetime, *, daily: bool, limit: int) -> list[Claim]:
    """Take accounts that are due, oldest first: for their daily look, or for another one."""
    asked = {"now": now, "until": now + LEASE, "limit": limit}
    rows = session.execute(_claim(daily), asked)
    found = [Claim(account=account, mark=mark, until=now + LEASE) for account, mark in rows]
    return sorted(found, key=lambda one: one.account)


def free(session: Session) -> None:
    """Take every claim back: whoever held one has died, since nobody else uses this database."""
    session.execute(update(table(tables.Due)).values(claimed_until=None))


def watches(session: Session, accounts: Iterable[str]) -> dict[str, Watch]:
    """What is watched of these accounts, of those there are."""
    asked = as_list([[account] for account in accounts])
    rows = session.execute(_watches(dialect_of(session)), asked)
    return {account: Watch(next_daily=daily, turn=turn) for account, daily, turn in rows}


def standing(session: Session, claims: Iterable[Claim]) -> dict[str, int]:
    """The turn of each account whose claim still stands, locked until the commit.

    Whoever waits here for another worker learns that the account has been looked at.
    """
    until = {one.account: one.until for one in claims}
    dialect, asked = dialect_of(session), as_list([[account] for account in until])
    turns = {row.id: row.turn for row in session.execute(_locked(dialect), asked)}
    held = session.execute(_held(dialect), asked).all()
    return {
        row.account: turns[row.account]
        for row in held
        if row.account in turns and row.claimed_until == until[row.account]
    }


def done(session: Session, claims: Iterable[Claim], *, again: Collection[str] = ()) -> None:
    """The looks are over; what came in meanwhile, or is to be done `again`, keeps them due."""
    mine = {one.account: one for one in claims}
    dialect = dialect_of(session)
    rows = session.execute(_held(dialect, lock=True), as_list([[account] for account in mine]))
    over, rest = list[list[str]](), list[list[str]]()
    for account, mark, until in rows:
        if until == mine[account].until:
            new = account in again or mark != mine[account].mark
            (rest if new else over).append([account])
    if over:
        session.execute(_over(dialect), as_list(over))
    if rest:
        session.execute(_free(dialect), as_list(rest))


def looked(session: Session, looks: Mapping[str, datetime]) -> None:
    """Note when accounts are looked at next, whatever they use."""
    rows = [{"of": account, "at": daily} for account, daily in sorted(looks.items())]
    if rows:
        session.connection().execute(_looked(), rows)


def unguard(session: Session, account: str) -> None:
    """What guards rest on has changed: the account is worth a look whatever it uses."""
    a = table(tables.Account)
    session.execute(update(a).where(a.c.id == account).values(turn=a.c.turn + 1))
    watch.unguard(session, account)


def next_daily(session: Session) -> datetime | None:
    """When the next daily evaluation is due."""
    found: datetime | None = session.execute(
        select(func.min(table(tables.Account).c.next_daily))
    ).scalar_one()
    return found


def _unclaimed() -> ColumnElement[bool]:
    d = table(tables.Due).c
    return or_(d.claimed_until.is_(None), d.claimed_until <= _now())


def _now() -> Any:
    return bindparam("now", type_=Instant())


def _which(daily: bool) -> ColumnElement[bool]:
    """Who waits for a look of this kind, and is with no worker."""
    d = table(tables.Due).c
    return and_(d.daily.is_(true() if daily else None), _unclaimed())


@lru_cache
def _waiting(daily: bool) -> Any:
    return select(literal(1)).select_from(table(tables.Due)).where(_which(daily)).limit(1)


def _unmarked(*columns: Any) -> Any:
    """Of accounts whose daily look has come and that do not wait already."""
    a, d = table(tables.Account), table(tables.Due)
    return (
        select(*columns)
        .select_from(a.outerjoin(d, d.c.account == a.c.id))
        .where(a.c.next_daily <= _now(), d.c.account.is_(None))
    )


@lru_cache
def _unmarked_one() -> Any:
    return _unmarked(literal(1)).limit(1)


@lru_cache
def _mark_daily(dialect: str) -> Any:
    a = table(tables.Account).c
    oldest = _unmarked(a.id).order_by(a.next_daily).limit(bindparam("limit")).subquery().c
    # In the order in which ingest marks: two who mark the same never wait for each other.
    found = select(oldest.id, _now(), literal(1), true()).where(true()).order_by(oldest.id)
    statement = insert_into(dialect, tables.Due)
    return statement.from_select(
        ["account", "since", "mark", "daily"], found, include_defaults=False
    ).on_conflict_do_nothing()


@lru_cache
def _claim(daily: bool) -> Any:
    d = table(tables.Due)
    picked = (
        select(d.c.account)
        .where(_which(daily))
        .order_by(d.c.since, d.c.account)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    return (
        update(d)
        .where(d.c.account.in_(select(picked.c.account)))
        .values(claimed_until=bindparam("until", type_=Instant()))
        .returning(d.c.account, d.c.mark)
    )


@lru_cache
def _watches(dialect: str) -> Any:
    a = table(tables.Account).c
    return select(a.id, a.next_daily, a.turn).where(among(dialect, a.id))


@lru_cache
def _locked(dialect: str) -> Any:
    a = table(tables.Account).c
    return select(a.id, a.turn).where(among(dialect, a.id)).order_by(a.id).with_for_update()


@lru_cache
def _held(dialect: str, *, lock: bool = False) -> Any:
    d = table(tables.Due).c
    found = select(d.account, d.mark, d.claimed_until).where(among(dialect, d.account))
    return found.order_by(d.account).with_for_update() if lock else found


@lru_cache
def _over(dialect: str) -> Any:
    d = table(tables.Due)
    return delete(d).where(among(dialect, d.c.account))


@lru_cache
def _free(dialect: str) -> Any:
    d = table(tables.Due)
    return update(d).where(among(dialect, d.c.account)).values(claimed_until=None, daily=None)


@lru_cache
def _looked() -> Any:
    a = table(tables.Account)
    return update(a).where(a.c.id == bindparam("of")).values(next_daily=bindparam("at"))

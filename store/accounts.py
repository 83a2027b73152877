"""Accounts and their plan changes; the lock that makes usage of one account one thing at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Date, bindparam, func, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from store import tables
from store.rows import add_once, as_list, dialect_of, insert_into, listed, nth, table, write


class Home(NamedTuple):
    """What placing usage in time needs of an account; a tuple, since there are many."""

    time_zone: str | None
    plan: str | None
    anchor: int | None
    since: date | None
    last_report: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account as the vendor states it."""

    id: str
    plan: str | None = None
    name: str | None = None
    seats: int | None = None
    time_zone: str | None = None
    locale: str | None = None
    country: str | None = None
    currency: str | None = None
    since: date | None = None
    anchor: int | None = None
    renewal: date | None = None
    limits: Mapping[str, str | None] = field(default_factory=dict)
    price: str | None = None
    custom: bool = False
    integrations: tuple[str, ...] = ()
    external_ids: Mapping[str, str] = field(default_factory=dict)
    holdout: str = "auto"
    objected: bool = False
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChange:
    """A move between plans. `alert`: the one that came before, where it was a move up."""

    at: datetime
    plan: str
    previous: str | None
    direction: int
    reason: str | None
    alert: str | None = None


def homes(session: Session, accounts: Iterable[str], *, held: bool = True) -> dict[str, Home]:
    """The known ones of these accounts.

    `held`: each is locked until the commit, in one order for all.
    """
    asked = as_list([[account] for account in sorted(accounts)])
    statement = _homes(dialect_of(session), held=held)
    rows = session.connection().execute(statement, asked).all()
    return {account: Home._make(home) for account, *home in rows}


def hold(session: Session, account: str) -> None:
    """Until the commit nobody else decides about this account, or answers for it.

    What is about to change counts: a look that began before it is not kept.
    """
    a = table(tables.Account)
    counted = update(a).where(a.c.id == account).values(turn=a.c.turn + 1)
    session.connection().execute(counted)


def create(session: Session, accounts: Mapping[str, date], now: datetime, daily: datetime) -> None:
    """Make accounts that usage made known, each with its first day; they have no plan."""
    statement = insert_into(dialect_of(session), tables.Account).on_conflict_do_nothing()
    rows = [
        {**_columns(StoredAccount(id=account, since=since)), **_beginning(now, daily)}
        for account, since in sorted(accounts.items())
    ]
    if rows:
        session.connection().execute(statement, rows)


def reported(session: Session, first_days: Mapping[str, date], at: datetime) -> None:
    """Note that accounts reported usage; one without a `since` has it from its first day."""
    rows = [{"of": account, "on": at, "first": day} for account, day in sorted(first_days.items())]
    write(session, _reported(), rows)


def get(session: Session, account: str) -> StoredAccount | None:
    """One account."""
    row = session.get(tables.Account, account)
    return _value(row) if row else None


def put(session: Session, account: StoredAccount, now: datetime, daily: datetime) -> None:
    """State an account anew: all of it, but for what usage and evaluations noted."""
    beginning = {**_columns(account), **_beginning(now, daily)}
    if add_once(session, tables.Account, beginning):
        return
    row = session.get_one(tables.Account, account.id, with_for_update=True)
    if row.time_zone != account.time_zone:
        row.next_daily = daily
    changed = _changed(row.limits, account.limits)
    row.limits_since = row.limits_since | dict.fromkeys(changed, now.isoformat())
    for name, value in _columns(account).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def page(session: Session, *, after: str, limit: int) -> list[StoredAccount]:
    """Accounts in the order of their ids, from behind `after` on."""
    rows = session.exec(
        select_rows(tables.Account)
        .where(col(tables.Account.id) > after)
        .order_by(col(tables.Account.id))
        .limit(limit)
    )
    return [_value(row) for row in rows]


def count(session: Session, *, most: int) -> int:
    """How many accounts there are, counted no further than `most`."""
    some = select(col(tables.Account.id)).limit(most).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())


def changes(session: Session, account: str) -> list[StoredChange]:
    """The account's plan changes, oldest first."""
    rows = session.exec(
        select_rows(tables.PlanChange)
        .where(col(tables.PlanChange.account) == account)
        .order_by(col(tables.PlanChange.at))
    )
    return [
        StoredChange(
            at=row.at,
            plan=row.plan,
            previous=row.previous,
            direction=row.direction,
            reason=row.reason,
            alert=row.alert,
        )
        for row in rows
    ]


def add_change(session: Session, account: str, change: StoredChange) -> None:
    """Append a plan change."""
    session.add(tables.PlanChange(account=account, **asdict(change)))
    session.flush()


def credit(session: Session, account: str, at: datetime, alert: str) -> None:
    """Say which alert came before the change of that instant."""
    session.get_one(tables.PlanChange, (account, at)).alert = alert
    session.flush()


def set_external(session: Session, account: str, source: str, id: str) -> None:
    """Say what another system calls the account; other systems' names stay."""
    row = session.get_one(tables.Account, account)
    row.external_ids = {**row.external_ids, source: id}
    session.flush()


def set_plan(session: Session, account: str, plan: str | None) -> None:
    """Say which plan the account is on."""
    session.get_one(tables.Account, account).plan = plan
    session.flush()


def close_for_plan_change(session: Session, account: str, at: datetime) -> int:
    """Close what is open: a new plan answers it. Says how many alerts that were."""
    alert = table(tables.Alert)
    done = session.connection().execute(
        update(alert)
        .where(alert.c.account == account, alert.c.closed_at.is_(None))
        .values(closed_at=at, closed_as="plan_changed")
    )
    return done.rowcount


def _changed(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[str]:
    """Meters whose own limit is another one, or is there no more; no limit is one, too."""
    return [meter for meter, _ in before.items() ^ after.items()]


@lru_cache
def _present(dialect: str) -> Any:
    a, asked = table(tables.Account).c, listed(dialect)
    return select(a.id).where(a.id.in_(select(nth(asked, 0))))


@lru_cache
def _homes(dialect: str, *, held: bool) -> Any:
    a, asked = table(tables.Account).c, listed(dialect)
    found = (
        select(a.id, a.time_zone, a.plan, a.anchor, a.since, a.last_report)
        .where(a.id.in_(select(nth(asked, 0))))
        .order_by(a.id)
    )
    return found.with_for_update() if held else found


@lru_cache
def _reported() -> Any:
    a = table(tables.Account)
    return (
        update(a)
        .where(a.c.id == bindparam("of"))
        .values(
            last_report=bindparam("on"),
            since=func.coalesce(a.c.since, bindparam("first", type_=Date)),
        )
    )


def _beginning(now: datetime, daily: datetime) -> dict[str, object]:
    noted: dict[str, object] = {"limits_since": {}, "last_report": None}
    return {"created_at": now, "next_daily": daily, **noted}


def _columns(account: StoredAccount) -> dict[str, object]:
    return {
        **asdict(account),
        "integrations": list(account.integrations),
        "domains": list(account.domains),
    }


def _value(row: tables.Account) -> StoredAccount:
    return StoredAccount(
        id=row.id,
        plan=row.plan,
        name=row.name,
        seats=row.seats,
        time_zone=row.time_zone,
        locale=row.locale,
        country=row.country,
        currency=row.currency,
        since=row.since,
        anchor=row.anchor,
        renewal=row.renewal,
        limits=dict(row.limits),
        price=row.price,
        custom=row.custom,
        integrations=tuple(row.integrations),
        external_ids=dict(row.external_ids),
        holdout=row.holdout,
        objected=row.objected,
        domains=tuple(row.domains),
    )

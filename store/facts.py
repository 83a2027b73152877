"""Loads the snapshots of many accounts: every fact a decision may look at, a query a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from engine.catalogue import Catalogue
from engine.snapshot import AccountFacts, PlanChange, Snapshot, Staff
from store import buckets, meters, past, people, tables
from store.buckets import Line
from store.days import Days
from store.meters import Known
from store.rows import among, as_list, by_account, dialect_of, table


def load(
    session: Session,
    account: str,
    now: datetime,
    catalogue: Catalogue,
    *,
    channels: Sequence[str] = (),
) -> Snapshot | None:
    """All facts of one account, None where there is no such account."""
    return load_all(session, [account], now, catalogue, channels=channels).get(account)


def load_all(
    session: Session,
    accounts: Iterable[str],
    now: datetime,
    catalogue: Catalogue,
    *,
    channels: Sequence[str] = (),
) -> dict[str, Snapshot]:
    """All facts of these accounts as known at `now`, of those there are.

    `channels`: push channels that are set up; holdout, rollout and calibration are the caller's.
    """
    known = _known(session, accounts, now, catalogue)
    stored = _days(session, known)
    known = _begun(known, stored)
    uses = meters.uses(session, known, catalogue, stored)
    happened = past.load(session, {one.account: one.today for one in known}, now)
    asked = {name: of.asked for name, of in happened.items()}
    staff = people.everybody(session, asked, channels=channels)
    first = first_policy_at(session)
    return {
        name: Snapshot(
            account=_facts(one, catalogue),
            meters=uses[name],
            people=staff.get(name, ()),
            user_days=of.user_days,
            frictions=of.frictions,
            blockers=of.blockers,
            plan_changes=one.changes,
            alerts=of.alerts,
            answers=of.answers,
            readers_known=True,
            last_report=one.row.last_report,
            live_since=max(one.row.created_at, first) if first else one.row.created_at,
        )
        for one, (name, of) in zip(known, happened.items(), strict=True)
    }


def staff(
    session: Session,
    account: str,
    now: datetime,
    catalogue: Catalogue,
    *,
    channels: Sequence[str] = (),
) -> Staff | None:
    """The account and its people alone, None where there is no such account.

    `last_asked` is nobody's, and the account's `since` is what was stated.
    """
    for one in _known(session, [account], now, catalogue):
        found = people.everybody(session, {account: {}}, channels=channels)
        return Staff(account=_facts(one, catalogue), people=found.get(account, ()))
    return None


def first_policy_at(session: Session) -> datetime | None:
    """When the vendor went live: the first policy that was applied."""
    return session.exec(
        select_rows(tables.ConfigVersion.applied_at)
        .order_by(col(tables.ConfigVersion.version))
        .limit(1)
    ).first()


def zone(session: Session, account: str, catalogue: Catalogue) -> str | None:
    """The name of an account's time zone, None where there is no such account."""
    row = session.get(tables.Account, account)
    return (row.time_zone or catalogue.product.time_zone) if row else None


def _known(
    session: Session, accounts: Iterable[str], now: datetime, catalogue: Catalogue
) -> list[Known]:
    """The rows of those accounts that there are, in the order of their names."""
    asked, dialect = as_list([[account] for account in accounts]), dialect_of(session)
    rows = sorted(session.execute(_accounts(dialect), asked), key=attrgetter("id"))
    changes = by_account(session.execute(_plan_changes(dialect), asked))
    return [
        Known(
            row=row,
            plan=catalogue.plans.get(row.plan or ""),
            today=now.astimezone(ZoneInfo(row.time_zone or catalogue.product.time_zone)).date(),
            since=row.since,
            changes=tuple(
                PlanChange(at=change.at, plan=change.plan, direction=change.direction)
                for change in changes.get(row.id, ())
            ),
        )
        for row in rows
    ]


def _days(session: Session, known: Iterable[Known]) -> dict[Line, Days]:
    """The days of all meters until each one's today; a query for each day it is somewhere."""
    todays: dict[date, list[str]] = {}
    for one in known:
        todays.setdefault(one.today, []).append(one.account)
    stored: dict[Line, Days] = {}
    for today, accounts in todays.items():
        stored |= buckets.load(session, accounts, today)
    return stored


def _begun(known: Sequence[Known], stored: Mapping[Line, Days]) -> list[Known]:
    """The same; where nobody stated since when there is an account, since its first day."""
    if all(one.since for one in known):
        return list(known)
    first: dict[str, date] = {}
    for (account, _), of in stored.items():
        assert of.first is not None
        first[account] = min(of.first, first.get(account, of.first))
    return [replace(one, since=one.since or first.get(one.account)) for one in known]


def _facts(one: Known, catalogue: Catalogue) -> AccountFacts:
    row, product = one.row, catalogue.product
    return AccountFacts(
        id=row.id,
        name=row.name or row.id,
        plan=row.plan,
        next_plan=one.plan.next if one.plan else None,
        time_zone=row.time_zone or product.time_zone,
        locale=row.locale or product.locale,
        product_locale=product.locale,
        currency=row.currency or product.currency,
        country=row.country,
        seats=row.seats,
        since=one.since,
        renewal=row.renewal,
        custom=row.custom,
        objected=row.objected,
        integrations=tuple(row.integrations),
        price=Decimal(row.price) if row.price is not None else None,
    )


@lru_cache
def _accounts(dialect: str) -> Any:
    a = table(tables.Account).c
    stated = (a.id, a.name, a.plan, a.seats, a.time_zone, a.locale, a.country, a.currency, a.since)
    more = (a.anchor, a.renewal, a.limits, a.limits_since, a.price, a.custom, a.integrations)
    noted = (a.objected, a.created_at, a.last_report)
    return select(*stated, *more, *noted).where(among(dialect, a.id))


@lru_cache
def _plan_changes(dialect: str) -> Any:
    p = table(tables.PlanChange).c
    return (
        select(p.account, p.at, p.plan, p.direction).where(among(dialect, p.account)).order_by(p.at)
    )

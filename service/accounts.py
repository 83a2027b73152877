"""What the vendor says about its accounts: stated, read, listed, erased."""

from dataclasses import replace
from typing import Any

import msgspec
from sqlmodel import Session

from engine.errors import NotFound
from engine.usage import MeterUse
from service import plans, stripe_account
from service.amounts import plain
from service.calendar import next_daily
from service.context import Context
from service.shapes import Account, amount, identifier
from store import accounts as stored
from store import audit, due, erase, facts, identities, retention, usage
from store.accounts import StoredAccount


def put(context: Context, account: str, wanted: Account, by: str) -> Account:
    """State an account anew; a plan that differs is a plan change."""
    identifier("an account", account)
    catalogue, now = context.policy().catalogue, context.clock.now()
    with context.database.write() as session:
        stored.homes(session, [account])
        before = stored.get(session, account)
        after = _stored(account, wanted, before)
        after = stripe_account.completed(session, after, before, catalogue)
        daily = next_daily(after.time_zone or catalogue.product.time_zone, now)
        plan = before.plan if before else None
        stored.put(session, replace(after, plan=plan), now, daily)
        identities.state(session, account, after.external_ids)
        if plan != after.plan:
            if after.plan is not None:
                plans.move(session, account, after.plan, catalogue, now=now)
            stored.set_plan(session, account, after.plan)
            plans.close_open(session, account, now)
        customer = after.external_ids.get(stripe_account.SOURCE)
        stripe_account.claimed(session, account, customer, catalogue, now)
        due.unguard(session, account)
        usage.mark_due(session, [account], now)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="account.put",
            account=account,
            before=_document(before) if before else None,
            after=_document(after),
        )
        audit.add(session, entry)
    context.signals.changed(account)
    return shape(after)


def get(context: Context, account: str) -> Account:
    """One account.

    Raises:
        NotFound: there is none of that name.
    """
    with context.database.read() as session:
        return shape(known(session, account))


def page(context: Context, *, after: str, limit: int) -> list[tuple[str, Account]]:
    """Accounts by id, from behind `after` on."""
    with context.database.read() as session:
        found = stored.page(session, after=after, limit=limit)
    return [(a.id, shape(a)) for a in found]


def forget(context: Context, account: str, by: str) -> None:
    """Erase an account with everything that is known of it."""
    now = context.clock.now()
    with context.database.write() as session:
        stored.hold(session, account)
        known(session, account)
        erase.account(session, account)
        retention.forget_events(session, account, now)
        entry = audit.Entry(at=now, actor=by, action="account.erase", account=account)
        audit.add(session, entry)
    context.signals.changed(account)


def used(context: Context, account: str) -> tuple[MeterUse, ...]:
    """What the account uses of each meter."""
    catalogue, now = context.policy().catalogue, context.clock.now()
    with context.database.read() as session:
        found = facts.load(session, account, now, catalogue)
    if found is None:
        raise NotFound(f"there is no account {account!r}")
    return found.meters


def known(session: Session, account: str) -> StoredAccount:
    """The account, or NotFound."""
    found = stored.get(session, account)
    if found is None:
        raise NotFound(f"there is no account {account!r}")
    return found


def shape(account: StoredAccount) -> Account:
    """The account as the API says it."""
    return Account(
        plan=account.plan,
        name=account.name,
        seats=account.seats,
        time_zone=account.time_zone,
        locale=account.locale,
        country=account.country,
        currency=account.currency,
        since=account.since,
        anchor=account.anchor,
        renewal=account.renewal,
        limits={k: _limit(v) for k, v in account.limits.items()},
        price=account.price,
        custom=account.custom,
        integrations=list(account.integrations),
        external_ids=dict(account.external_ids),
        holdout="exclude" if account.holdout == "exclude" else "auto",
        objected=account.objected,
        domains=list(account.domains),
    )


def _limit(text: str | None) -> int | str | None:
    """An integer where it is one, as the vendor most likely wrote it."""
    return int(text) if text is not None and text.isdigit() else text


def _document(account: StoredAccount) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(shape(account))
    return found


def _stored(id: str, wanted: Account, before: StoredAccount | None) -> StoredAccount:
    """The account to keep; its first day is not lost where nobody states another."""
    return StoredAccount(
        id=id,
        plan=wanted.plan,
        name=wanted.name,
        seats=wanted.seats,
        time_zone=wanted.time_zone,
        locale=wanted.locale,
        country=wanted.country,
        currency=wanted.currency,
        since=wanted.since or (before.since if before else None),
        anchor=wanted.anchor,
        renewal=wanted.renewal,
        limits={
            k: None if v is None else plain(amount(v, "/limits")) for k, v in wanted.limits.items()
        },
        price=None if wanted.price is None else str(amount(wanted.price, "/price")),
        custom=wanted.custom,
        integrations=tuple(wanted.integrations),
        external_ids=wanted.external_ids,
        holdout=wanted.holdout,
        objected=wanted.objected,
        domains=tuple(wanted.domains),
    )

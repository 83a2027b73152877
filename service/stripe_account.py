"""Makes an account what Stripe says of its customer: the plan, wrong times to speak, the chain."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.snapshot import Blocker, BlockerKind
from service import blockers, plans
from service.stripe_customer import PREFIX, SUBSCRIPTION, Standing, references, standing
from store import accounts, alerts, roster, stripe
from store.accounts import StoredAccount
from store.stripe import StoredObject

SOURCE = "stripe"
"""The key of `external_ids` that holds a customer's id, and who the audit log says it was."""
_NEAR = timedelta(days=1)
"""A checkout and the plan change it led to are no further apart."""


def completed(
    session: Session, stated: StoredAccount, before: StoredAccount | None, catalogue: Catalogue
) -> StoredAccount:
    """The account with the plan that Stripe says, or said last, where nobody states one."""
    customer = stated.external_ids.get(SOURCE)
    if customer is None or stated.plan is not None:
        return stated
    stripe.lock(session, customer)
    objects = stripe.of_customer(session, customer)
    known = any(one.kind == SUBSCRIPTION for one in objects)
    last = before.plan if before is not None and known else None
    return replace(stated, plan=standing(objects, catalogue).plan or last)


def claimed(
    session: Session, account: str, customer: str | None, catalogue: Catalogue, now: datetime
) -> None:
    """An account says which customer it is: what Stripe said before stands in the way from now."""
    if customer is None:
        return
    stripe.lock(session, customer)
    objects = stripe.of_customer(session, customer)
    if any(one.account != account for one in objects):
        stripe.tie(session, customer, account)
        _block(session, account, standing(objects, catalogue), now=now, at=now)


def settle(
    session: Session,
    account: str,
    objects: Sequence[StoredObject],
    catalogue: Catalogue,
    *,
    now: datetime,
    at: datetime,
    plan: bool,
) -> Standing:
    """Have the account be as its customer stands. `plan`: the news may be of the plan, too."""
    said, at = standing(objects, catalogue), min(at, now)
    if plan and said.plan is not None:
        _move(session, account, said.plan, catalogue, now=now, at=at)
    _block(session, account, said, now=now, at=at)
    _credit(session, account, objects)
    return said


def _move(
    session: Session, account: str, plan: str, catalogue: Catalogue, *, now: datetime, at: datetime
) -> None:
    """Move to the plan as of the event, but after every move that is known already."""
    stated = accounts.get(session, account)
    if stated is None or stated.plan == plan:
        return
    known = accounts.changes(session, account)
    if known:
        at = max(at, known[-1].at + timedelta.resolution)
    _, new = plans.within(
        session, account, plan, catalogue, now=now, by=SOURCE, at=at, reason="Stripe"
    )
    if not new:  # The last move led there; the account was stated without a plan since.
        accounts.set_plan(session, account, plan)


def _block(session: Session, account: str, said: Standing, *, now: datetime, at: datetime) -> None:
    """Open and close what Stripe's words opened; what an admin closed since stays closed."""
    known = roster.blockers(session, account)
    after = {one.id: one for one in said.blockers}
    if said.stays:
        for id, one in known.items():
            ours = id.startswith(PREFIX) and id not in after and one.closed is None
            if ours and one.kind in (BlockerKind.CANCELLATION, BlockerKind.PAYMENT):
                after[id] = replace(one, closed=max(one.opened, at))
    for id, one in after.items():
        before = known.get(id)
        closed = one.closed and min(one.closed, now)  # Stripe's clock may be ahead.
        wanted = _wanted(replace(one, opened=min(one.opened, now), closed=closed), before)
        if wanted is not None:
            blockers.keep(session, account, wanted, before, now=now, by=SOURCE)


def _wanted(said: Blocker, before: Blocker | None) -> Blocker | None:
    """The blocker to keep; None: it is as it should be."""
    if before is None:
        return said
    if said.closed is not None:
        closes = before.closed is None
        return replace(before, closed=max(before.opened, said.closed)) if closes else None
    if before.closed is not None:
        return said if said.opened > before.closed else None
    return replace(said, opened=before.opened) if said.kind is not before.kind else None


def _credit(session: Session, account: str, objects: Sequence[StoredObject]) -> None:
    """Where the checkout named an alert, that one led to the move up, whichever came last."""
    ups = [change for change in accounts.changes(session, account) if change.direction > 0]
    if not ups:
        return
    for at, reference in references(objects):
        alert = alerts.named(session, reference) if abs(at - ups[-1].at) <= _NEAR else None
        if alert is not None and alert.account == account:
            if alert.id != ups[-1].alert:
                accounts.credit(session, account, ups[-1].at, alert.id)
            return

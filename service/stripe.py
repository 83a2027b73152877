"""Takes Stripe's events: each once, in whatever order, and all of it in one commit."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from engine.catalogue import Catalogue
from service import rejects
from service.context import Context
from service.rejects import Refusal
from service.stripe_account import SOURCE, settle
from service.stripe_customer import merged
from service.stripe_event import CHECKOUT, Event, read
from store import accounts, alerts, audit, callbacks, identities, stripe

LOG = "stripe_events"
"""Where the reject log counts what could not be used."""


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    OLDER = "older"
    KEPT = "kept"


def receive(context: Context, body: bytes) -> Outcome:
    """Take one event, whose signature was found to be Stripe's.

    Raises:
        Invalid: it is no event of Stripe's.
        Unavailable: the database does not take it now; Stripe sends it again.
    """
    event = read(body)
    if event is None:
        return Outcome.IGNORED
    catalogue, now = context.policy().catalogue, context.clock.now()
    notes: list[Refusal] = []
    with context.database.write() as session:
        if not callbacks.claim(session, source=LOG, id=event.id, at=now):
            return Outcome.DUPLICATE
        account, tied = _account(session, event, now, notes)
        outcome = _take(session, event, account, catalogue, now, notes, tied=tied)
    rejects.note(context, LOG, notes)
    if account is not None and outcome is Outcome.APPLIED:
        context.signals.changed(account)
    return outcome


def _take(
    session: Session,
    event: Event,
    account: str | None,
    catalogue: Catalogue,
    now: datetime,
    notes: list[Refusal],
    *,
    tied: bool,
) -> Outcome:
    known = {one.id: one for one in stripe.of_customer(session, event.customer)}
    after = merged(known.get(event.object), event)
    if after is None:
        return Outcome.OLDER
    known[after.id] = replace(after, account=account)
    stripe.keep(session, known[after.id])
    if account is None:
        notes.append(_note(event, "unknown_customer", "no account has this external_ids.stripe"))
        return Outcome.KEPT
    if tied:
        stripe.tie(session, event.customer, account)
    news = event.subscription is not None
    objects = [known[id] for id in sorted(known)]
    said = settle(session, account, objects, catalogue, now=now, at=event.at, plan=news or tied)
    if news and said.unknown:
        detail = f"no [[plan]] names it under `stripe`: {', '.join(said.unknown)}"
        notes.append(_note(event, "unknown_price", detail))
    return Outcome.APPLIED


def _account(
    session: Session, event: Event, now: datetime, notes: list[Refusal]
) -> tuple[str | None, bool]:
    """Whose event it is, and whether that is known only now; nobody else changes either."""
    owner = _owner(session, event)
    named = _referenced(session, event) if owner is None and event.type == CHECKOUT else None
    if owner or named:
        accounts.hold(session, owner or named or "")
    stripe.lock(session, event.customer)
    owner = _owner(session, event)
    if owner is not None or event.type != CHECKOUT or not event.reference:
        return owner, False
    if named is None:
        notes.append(_note(event, "unknown_reference", "no account or alert is called that"))
        return None, False
    return (named, True) if _tie(session, named, event, now, notes) else (None, False)


def _owner(session: Session, event: Event) -> str | None:
    return identities.owners(session, SOURCE, [event.customer]).get(event.customer)


def _referenced(session: Session, event: Event) -> str | None:
    """The account that a checkout names: by its id, or by an alert whose upgrade link was used."""
    name = event.reference
    if not name or not name.isprintable():
        return None
    if identities.existing(session, [name]):
        return name
    alert = alerts.named(session, name)
    return alert.account if alert else None


def _tie(session: Session, account: str, event: Event, now: datetime, notes: list[Refusal]) -> bool:
    """Note which customer an account is; not where it says that it is another one."""
    stated = accounts.get(session, account)
    if stated is None:
        return False
    if SOURCE in stated.external_ids:
        notes.append(_note(event, "other_customer", "the account is another customer already"))
        return False
    accounts.set_external(session, account, SOURCE, event.customer)
    identities.state(session, account, {**stated.external_ids, SOURCE: event.customer})
    entry = audit.Entry(
        at=now,
        actor=SOURCE,
        action="account.link",
        account=account,
        after={"external_ids": {SOURCE: event.customer}},
    )
    audit.add(session, entry)
    return True


def _note(event: Event, code: str, detail: str) -> Refusal:
    return Refusal(
        index=0,
        code=code,
        detail=detail,
        account=event.customer,
        name=event.type,
        id=event.id,
        at=event.at.isoformat(),
    )

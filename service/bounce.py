"""A mail server refused an address after ours had handed the message over: as if it had at once."""

from datetime import datetime, timedelta

from sqlmodel import Session

from engine.snapshot import Person
from service import routing, snapshot
from service.context import Context
from service.delivered import otherwise
from service.people import named
from service.shapes import Bounce
from store import accounts, alerts, audit, forwards, people

_LATEST = timedelta(days=7)
"""How long after it went a message may still come back: relays give up after five days."""


def take(context: Context, bounce: Bounce, by: str) -> int:
    """Note it for all who have this address; how many that are. The same again changes nothing.

    What was passed on to them by e-mail of late and is open becomes a draft of who sent it.
    """
    with context.database.read() as session:
        found = people.with_email(session, bounce.email)
    return sum(_noted(context, account, person, bounce, by) for account, person in found)


def _noted(context: Context, account: str, id: str, bounce: Bounce, by: str) -> bool:
    now, reason = context.clock.now(), routing.BOUNCED
    if bounce.reason:
        reason = f"{reason}: {bounce.reason}"
    with context.database.write() as session:
        accounts.hold(session, account)
        facts = snapshot.staff(context, session, account, now, context.policy())
        person = named(facts.people, id) if facts else None
        if person is None or (person.email or "").lower() != bounce.email.lower():
            return False
        if routing.refusal(session, account, person, now) is None:
            routing.remember(session, account, person, routing.EMAIL, reason, now)
            entry = audit.Entry(
                at=now, actor=by, action="person.bounce", account=account, after={"reason": reason}
            )
            audit.add(session, entry)
        _told(context, session, account, person, reason, now)
    context.signals.changed(account)
    return True


def _told(
    context: Context, session: Session, account: str, person: Person, reason: str, now: datetime
) -> None:
    """Their colleagues believe that they have it: that ends, where nothing says they do."""
    for sent in forwards.sent_to(session, account, person.id, routing.EMAIL, now - _LATEST):
        alert = alerts.get(session, account, sent.alert)
        open_ = alert is not None and alert.closed_at is None
        if open_ and not forwards.answers(session, account, sent.case):
            otherwise(context, session, sent, person, reason, now)

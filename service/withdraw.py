"""A champion takes back what went out: the link opens nothing any more, the message goes."""

from datetime import datetime

from sqlmodel import Session

from engine.errors import NotFound
from service import cards
from service.channel import DeliveryKind
from service.context import Context
from service.secrets import new_id
from store import accounts, feedback, forwards, outbox


def withdraw(context: Context, *, account: str, forward: str, person: str) -> bool:
    """Withdraw a forward that was sent; False where it never went or was withdrawn before.

    What was read stays read, and the champion is told so.

    Raises:
        NotFound: this person has no such forward.
    """
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = forwards.get(session, account, forward)
        if stored is None or stored.champion != person:
            raise NotFound("there is no such forward of yours")
        if stored.state == "withdrawn":
            return True
        if stored.state != "sent":
            return False
        take_back(session, stored, now)
    context.signals.changed(account)
    return True


def take_back(session: Session, stored: forwards.StoredForward, now: datetime) -> None:
    """As `withdraw`, of a forward that was sent, inside a unit of work that holds its account."""
    account = stored.account
    forwards.move(session, account, stored.id, "withdrawn")
    forwards.revoke(session, account, stored.case, now)
    feedback.undo(session, account, stored.id, now)
    sent = _message(session, stored)
    if sent is not None:
        outbox.add(
            session,
            outbox.StoredDelivery(
                account=account,
                id=new_id("delivery"),
                alert=stored.alert,
                kind=DeliveryKind.WITHDRAWAL,
                person=stored.to,
                channel=sent.channel,
                forward=stored.id,
                body={"reference": sent.reference},
                due_at=now,
                created_at=now,
            ),
        )
    cards.refresh(session, account, stored.alert, now)


def _message(session: Session, stored: forwards.StoredForward) -> outbox.StoredDelivery | None:
    """The message of a forward, where its channel can change one."""
    for sent in outbox.of_alert(session, stored.account, stored.alert):
        own = sent.forward == stored.id and sent.kind == DeliveryKind.FORWARD
        if own and sent.state is outbox.DeliveryState.SENT and sent.channel != "email":
            return sent
    return None

"""Keeps the champion's message true: every change that shows there puts an update in the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from engine.snapshot import Person
from service import routing
from service.channel import DeliveryKind
from service.secrets import new_id
from store import outbox
from store.forwards import StoredCase

PUSHED = (DeliveryKind.SUMMARY, DeliveryKind.NOTICE)


def refresh(session: Session, account: str, alert: str, now: datetime) -> None:
    """Update the message that told the champion, if one was sent."""
    deliveries = outbox.of_alert(session, account, alert)
    for sent in deliveries:
        if sent.kind not in PUSHED or sent.state is not outbox.DeliveryState.SENT:
            continue
        if sent.channel == "email":
            continue
        outbox.add(
            session,
            outbox.StoredDelivery(
                account=account,
                id=new_id("delivery"),
                alert=alert,
                kind=DeliveryKind.CARD,
                person=sent.person,
                channel=sent.channel,
                body={"reference": sent.reference},
                due_at=now,
                created_at=now,
            ),
        )


def receipt(
    session: Session,
    case: StoredCase,
    to: Person,
    channels: Sequence[str],
    now: datetime,
    *,
    text: str,
) -> None:
    """Tell somebody what came back on a case: in the thread of their message, or the best way."""
    channel, reference = _thread(session, case, to.id) or (
        routing.best(session, case.account, to, channels, now=now),
        None,
    )
    if channel == routing.DRAFT:
        return
    outbox.add(
        session,
        outbox.StoredDelivery(
            account=case.account,
            id=new_id("delivery"),
            alert=case.alert,
            kind=DeliveryKind.RECEIPT,
            person=to.id,
            channel=channel,
            body={"reference": reference, "text": text, "case": case.id},
            due_at=now,
            created_at=now,
        ),
    )


def _thread(session: Session, case: StoredCase, person: str) -> tuple[str, str | None] | None:
    """Where the message that told this person of the case, or of its alert, went."""
    for sent in outbox.of_alert(session, case.account, case.alert):
        own = sent.kind in PUSHED or sent.kind == DeliveryKind.FORWARD
        if own and sent.person == person and sent.state is outbox.DeliveryState.SENT:
            return sent.channel, sent.reference
    return None

"""Keeps the champion's message true: every change that shows there puts an update in the outbox."""

from datetime import datetime

from sqlmodel import Session

from service.channel import DeliveryKind
from service.secrets import new_id
from store import outbox

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
    session: Session, account: str, alert: str, now: datetime, *, text: str, case: str
) -> None:
    """Tell the champion, in the thread of their message, what came back."""
    for sent in outbox.of_alert(session, account, alert):
        if sent.kind in PUSHED and sent.state is outbox.DeliveryState.SENT:
            outbox.add(
                session,
                outbox.StoredDelivery(
                    account=account,
                    id=new_id("delivery"),
                    alert=alert,
                    kind=DeliveryKind.RECEIPT,
                    person=sent.person,
                    channel=sent.channel,
                    body={"reference": sent.reference, "text": text, "case": case},
                    due_at=now,
                    created_at=now,
                ),
            )
            return

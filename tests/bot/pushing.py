"""The champion's summary on its way out by a chat, whether it may go or not."""

from service import outgoing, snapshot
from service.channel import Channel, DeliveryKind, Sent
from service.context import Context
from store import alerts, outbox
from store.outbox import DeliveryState, StoredDelivery


def waiting(context: Context, channel: str, kind: DeliveryKind, *, alert: str) -> StoredDelivery:
    """The delivery, in the outbox and due."""
    now = context.clock.now()
    delivery = StoredDelivery(
        account="acc_harbor",
        id=f"delivery_{kind}",
        alert=alert,
        kind=kind,
        person="mara",
        channel=channel,
        due_at=now,
        created_at=now,
    )
    with context.database.write() as session:
        outbox.add(session, delivery)
    return delivery


async def sent(context: Context, channel: Channel, delivery: StoredDelivery) -> None:
    """It has gone out, and that is noted."""
    now, applied = context.clock.now(), context.policy()
    with context.database.write() as session:
        facts = snapshot.load(context, session, delivery.account, now, applied)
        alert = alerts.get(session, delivery.account, delivery.alert)
        assert facts
        assert alert
        made = outgoing.build(context, session, delivery, alert, facts, applied)
    result = await channel.send(made)
    assert isinstance(result, Sent), result
    with context.database.write() as session:
        outbox.finish(session, delivery, DeliveryState.SENT, at=now, reference=result.reference)

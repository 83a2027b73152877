"""Writes down what came of a delivery: its state, the attempt, the budget, and what follows."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.alert import AlertClass
from engine.snapshot import Person
from service import cards, events, forward, routing
from service.channel import Behind, DeliveryKind, Failed, Hold, Outgoing, Queue, Retry, Sent
from service.context import Context
from service.withdraw import take_back
from store import alerts, forwards, outbox, places
from store.forwards import StoredForward
from store.outbox import DeliveryState, StoredDelivery

log = logging.getLogger(__name__)
GIVE_UP = timedelta(days=3)
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery that may go now, with what is to be sent.

    `unwanted`: why its reader is not to be tried this way.
    """

    delivery: StoredDelivery
    outgoing: Outgoing
    unwanted: str | None = None


def record(context: Context, ready: Ready, result: Sent | Retry | Failed) -> None:
    """One commit for what came of it."""
    now = context.clock.now()
    delivery = ready.delivery
    with context.database.write() as session:
        match result:
            case Sent(reference=reference):
                outbox.attempt(session, delivery, at=now, outcome="sent", detail="")
                outbox.finish(session, delivery, DeliveryState.SENT, at=now, reference=reference)
                _sent(session, delivery, now)
            case Retry(after=after, reason=reason, unsure=unsure):
                outcome = "unsure" if unsure else "retry"
                outbox.attempt(session, delivery, at=now, outcome=outcome, detail=reason)
                if _tried_enough(session, delivery, now):
                    outbox.finish(session, delivery, DeliveryState.FAILED, at=now, reason=reason)
                    _failed(context, session, ready, reason, now)
                else:
                    wait = min(max(after, 2.0 ** min(delivery.attempts, 11)), LONGEST_WAIT)
                    outbox.later(session, delivery, now + timedelta(seconds=wait), reason=reason)
            case Failed(reason=reason):
                outbox.attempt(session, delivery, at=now, outcome="failed", detail=reason)
                outbox.finish(session, delivery, DeliveryState.FAILED, at=now, reason=reason)
                _failed(context, session, ready, reason, now)
                log.warning("%s over %s failed: %s", delivery.id, delivery.channel, reason)
    context.signals.changed(delivery.account)


def hold(
    context: Context, delivery: StoredDelivery, held: Hold, behind: Sequence[StoredDelivery]
) -> frozenset[str]:
    """Put it back until its turn, and what waits for the same: the ids of all that was put back.

    `behind`: what its sender has claimed as well and not begun.
    """
    now = context.clock.now()
    with context.database.write() as session:
        if held.queue is None:
            outbox.later(session, delivery, held.until, reason=held.reason, tried=False)
            return frozenset([delivery.id])
        return _queued(session, [delivery, *behind], held, held.queue, now)


def _queued(
    session: Session, mine: Sequence[StoredDelivery], held: Hold, queue: Queue, now: datetime
) -> frozenset[str]:
    place = places.Place(until=held.until, gap=queue.gap, burst=queue.burst, reason=held.reason)
    if queue.behind is Behind.NOBODY:
        places.at_the_end(session, mine[0], place)
        return frozenset([mine[0].id])
    person = mine[0].person if queue.behind is Behind.PERSON else None
    without = () if queue.updates else places.UPDATES
    return places.in_order(session, mine, place, now, person=person, without=without)


def give_back(context: Context, deliveries: Sequence[StoredDelivery]) -> None:
    """The database was away before these were handed over: they are due at once, and untried."""
    now = context.clock.now()
    with context.database.write() as session:
        for delivery in deliveries:
            if outbox.renew(session, delivery, now):
                outbox.later(session, delivery, now, reason="database", tried=False)


def put_back(context: Context, delivery: StoredDelivery) -> None:
    """Something nobody foresaw came between: it is tried again."""
    now = context.clock.now()
    with context.database.write() as session:
        outbox.attempt(session, delivery, at=now, outcome="error", detail="see the log")
        if _tried_enough(session, delivery, now):
            outbox.finish(session, delivery, DeliveryState.FAILED, at=now, reason="error")
        else:
            outbox.later(session, delivery, now + timedelta(minutes=1), reason="error")


def _tried_enough(session: Session, delivery: StoredDelivery, now: datetime) -> bool:
    """Three days from the first try: how long a push had to wait for its reader counts not."""
    first = outbox.first_tried(session, delivery)
    return first is not None and now - first > GIVE_UP


def _sent(session: Session, delivery: StoredDelivery, now: datetime) -> None:
    if delivery.kind in cards.PUSHED:
        alert = alerts.get(session, delivery.account, delivery.alert)
        if alert is not None and alert.key.alert_class is not AlertClass.NOTICE:
            alerts.charge(session, delivery.account, delivery.alert, now)
    if delivery.kind == DeliveryKind.FORWARD and delivery.forward is not None:
        going = forwards.get(session, delivery.account, delivery.forward)
        if going is not None and going.state == "withdrawn":  # While it went.
            take_back(session, going, now)
            return
        forwards.move(
            session,
            delivery.account,
            delivery.forward,
            "sent",
            sent_at=now,
            channel=delivery.channel,
        )
        cards.refresh(session, delivery.account, delivery.alert, now)
        stored = forwards.get(session, delivery.account, delivery.forward)
        if stored is not None:
            events.tell(session, [events.forward(stored, delivery.channel, now)])


def _failed(context: Context, session: Session, ready: Ready, reason: str, now: datetime) -> None:
    """A push or a forward that can't go one way takes the next; of a forward that can go none the
    champion is told."""
    delivery, person = ready.delivery, ready.outgoing.person
    routing.remember(session, delivery.account, person, delivery.channel, reason, now)
    if delivery.kind in cards.PUSHED:
        _another_way(session, delivery, person, now)
    if delivery.kind != DeliveryKind.FORWARD or delivery.forward is None:
        return
    stored = forwards.get(session, delivery.account, delivery.forward)
    if stored is not None and stored.state != "withdrawn":
        otherwise(context, session, stored, person, reason, now)


def otherwise(
    context: Context,
    session: Session,
    stored: StoredForward,
    person: Person,
    reason: str,
    now: datetime,
) -> None:
    """What could not go the ways that were tried takes the next, or becomes its sender's draft."""
    account = stored.account
    tried = _tried(session, account, stored.alert, DeliveryKind.FORWARD, stored.id)
    channel = routing.best(session, account, person, context.channels, now=now, without=tried)
    if channel == routing.DRAFT:
        forwards.move(session, account, stored.id, "draft", detail=reason, channel=channel)
    else:
        forwards.move(session, account, stored.id, "waiting", channel=channel)
        outbox.add(session, forward.delivery_of(stored, channel))
    cards.refresh(session, account, stored.alert, now)


def tried_ways(session: Session, delivery: StoredDelivery) -> list[str]:
    """The channels over which this push or this forward was to go, or is."""
    who = delivery.account, delivery.alert
    return _tried(session, *who, delivery.kind, delivery.forward)


def _tried(session: Session, account: str, alert: str, kind: str, forward: str | None) -> list[str]:
    return [
        d.channel
        for d in outbox.of_alert(session, account, alert)
        if d.kind == kind and d.forward == forward
    ]


def _another_way(session: Session, delivery: StoredDelivery, person: Person, now: datetime) -> None:
    """One push an alert, whatever happens: another is tried only where this one surely failed."""
    channel = routing.next_way(person, tried_ways(session, delivery))
    if channel is None or outbox.may_have_arrived(session, delivery):
        return
    if routing.has_left(session, delivery.account, person.id):
        return
    outbox.add(
        session,
        replace(
            delivery,
            id=f"{delivery.id}.{channel}",
            channel=channel,
            due_at=now,
            attempts=0,
            reference=None,
            reason=None,
        ),
    )

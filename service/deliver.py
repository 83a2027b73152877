"""Drains the outbox: checks that the moment still holds, sends, and records every attempt."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from engine.alert import AlertClass
from engine.errors import Unavailable
from engine.release import Defer, Ended, Expire
from service import cards, dispatch, forward, outgoing, quiet, routing, snapshot
from service.channel import Channel, DeliveryKind, Failed, Hold, Outgoing, Retry, Sent
from service.context import Context
from store import alerts, forwards, outbox
from store.outbox import DeliveryState, StoredDelivery

log = logging.getLogger(__name__)
GIVE_UP = timedelta(days=3)
LONGEST_WAIT = 3600.0
AT_ONCE = 32
"""Lines that are sent at the same time."""
_FOR_ALL = (Ended.TOO_OLD, Ended.BLOCKED)
"""Ends of a push that hold for those raised with it too: no other takes its place."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery that may go now, with what is to be sent."""

    delivery: StoredDelivery
    outgoing: Outgoing


async def run_due(context: Context, channels: Mapping[str, Channel], *, limit: int = 20) -> int:
    """Send what is due; says how many deliveries were handled."""
    claimed = await asyncio.to_thread(_claim, context, limit)
    lines: dict[tuple[str, str], list[StoredDelivery]] = {}
    for delivery in claimed:
        lines.setdefault(_line(delivery), []).append(delivery)
    room = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_in_turn(context, channels, line, room) for line in lines.values()))
    return len(claimed)


def _line(delivery: StoredDelivery) -> tuple[str, str]:
    """Who waits behind whom: an account's pushes keep their order, and so does what one person
    gets; a slow room holds up no other."""
    pushed = delivery.kind in cards.PUSHED
    return delivery.account, "" if pushed else delivery.person


async def _in_turn(
    context: Context,
    channels: Mapping[str, Channel],
    deliveries: list[StoredDelivery],
    room: asyncio.Semaphore,
) -> None:
    """One line keeps its order: the notice first, the card after the summary."""
    async with room:
        await _each(context, channels, deliveries)


async def _each(
    context: Context, channels: Mapping[str, Channel], deliveries: list[StoredDelivery]
) -> None:
    for place, delivery in enumerate(deliveries):
        try:
            await _one(context, channels, delivery)
        except Unavailable as error:
            log.warning("%s over %s waits: %s", delivery.id, delivery.channel, error)
            context.owed.later(partial(_give_back, context, deliveries[place:]))
            return
        except Exception:
            # One delivery's trouble must not hold up the others; it is put back and tried again.
            log.exception("%s over %s could not be sent", delivery.id, delivery.channel)
            await asyncio.to_thread(_put_back, context, delivery)


async def _one(context: Context, channels: Mapping[str, Channel], delivery: StoredDelivery) -> None:
    ready = await asyncio.to_thread(_prepare, context, delivery)
    if ready is None:
        return
    channel = channels.get(delivery.channel)
    result: Sent | Retry | Hold | Failed = (
        Failed("channel_off") if channel is None else await channel.send(ready.outgoing)
    )
    try:
        await asyncio.to_thread(_record, context, ready, result)
    except Unavailable as error:
        # What was handed over must not go out again.
        log.warning("%s over %s is noted later: %s", delivery.id, delivery.channel, error)
        context.owed.later(partial(_record, context, ready, result))


def _claim(context: Context, limit: int) -> tuple[StoredDelivery, ...]:
    now = context.clock.now()
    with context.database.read() as session:  # Mostly nothing is, and to see that locks nobody.
        first = outbox.next_due(session)
    if first is None or first > now:
        return ()
    with context.database.write() as session:
        return outbox.claim(session, now, limit=limit)


def _prepare(context: Context, delivery: StoredDelivery) -> Ready | None:
    """Decide again at the moment of sending; None where it does not go now."""
    now = context.clock.now()
    applied = context.policy()
    with context.database.write() as session:
        if not outbox.renew(session, delivery, now):
            return None
        facts = snapshot.load(context, session, delivery.account, now, applied)
        alert = alerts.get(session, delivery.account, delivery.alert)
        if facts is None or alert is None:
            outbox.finish(
                session, delivery, DeliveryState.CANCELLED, at=now, reason="erased", tried=False
            )
            return None
        if delivery.kind in cards.PUSHED:
            zone = dispatch.zone_of(facts, delivery.person)
            rest = quiet.undisturbed_until(session, delivery.account, delivery.person, zone, now)
            release = dispatch.release_push(
                facts, alert, delivery, applied.policy, now, undisturbed_until=rest
            )
            if _held(context, session, delivery, alert, release, now):
                if isinstance(release, Expire) and release.reason not in _FOR_ALL:
                    dispatch.pass_on(session, alert, delivery, facts, applied.policy, now)
                return None
        return Ready(delivery, outgoing.build(context, session, delivery, alert, facts, applied))


def _held(
    context: Context,
    session: Session,
    delivery: StoredDelivery,
    alert: alerts.StoredAlert,
    release: dispatch.Release,
    now: datetime,
) -> bool:
    """Write down a push that is deferred or no longer true."""
    match release:
        case Defer(until=until, reason=reason):
            outbox.later(session, delivery, until, reason=reason, tried=False)
            return True
        case Expire(reason=reason):
            outbox.finish(
                session, delivery, DeliveryState.EXPIRED, at=now, reason=reason, tried=False
            )
            if reason in dispatch.OVER:
                alerts.close(session, alert.account, alert.id, at=now, closed_as=reason)
                context.signals.changed(alert.account)
            return True
        case _:
            return False


def _record(context: Context, ready: Ready, result: Sent | Retry | Hold | Failed) -> None:
    """One commit for what came of it: state, attempt, budget, and what follows from it."""
    now = context.clock.now()
    delivery = ready.delivery
    with context.database.write() as session:
        match result:
            case Sent(reference=reference):
                outbox.attempt(session, delivery, at=now, outcome="sent", detail="")
                outbox.finish(session, delivery, DeliveryState.SENT, at=now, reference=reference)
                _sent(session, delivery, now)
            case Hold(until=until, reason=reason):
                outbox.later(session, delivery, until, reason=reason, tried=False)
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


def _give_back(context: Context, deliveries: Sequence[StoredDelivery]) -> None:
    """The database was away before these were handed over: they are due at once, and untried."""
    now = context.clock.now()
    with context.database.write() as session:
        for delivery in deliveries:
            if outbox.renew(session, delivery, now):
                outbox.later(session, delivery, now, reason="database", tried=False)


def _put_back(context: Context, delivery: StoredDelivery) -> None:
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
        forwards.move(
            session,
            delivery.account,
            delivery.forward,
            "sent",
            sent_at=now,
            channel=delivery.channel,
        )
        cards.refresh(session, delivery.account, delivery.alert, now)


def _failed(context: Context, session: Session, ready: Ready, reason: str, now: datetime) -> None:
    """A forward that can't go one way takes the next; at the end the champion is told."""
    delivery = ready.delivery
    if delivery.kind != DeliveryKind.FORWARD or delivery.forward is None:
        return
    stored = forwards.get(session, delivery.account, delivery.forward)
    if stored is None:
        return
    tried = [d.channel for d in outbox.of_alert(session, delivery.account, delivery.alert)
             if d.forward == stored.id and d.kind == DeliveryKind.FORWARD]  # fmt: skip
    channel = routing.best(
        session, delivery.account, ready.outgoing.person, context.channels, without=tried
    )
    if channel == routing.DRAFT:
        forwards.move(session, delivery.account, stored.id, "draft", detail=reason, channel=channel)
    else:
        forwards.move(session, delivery.account, stored.id, "waiting", channel=channel)
        outbox.add(session, forward.delivery_of(stored, channel))
    cards.refresh(session, delivery.account, delivery.alert, now)

"""Drains the outbox: checks that the moment still holds, sends, and records every attempt."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial

from sqlmodel import Session

from engine.errors import Unavailable
from engine.policy import Policy
from engine.release import Defer, Ended, Expire
from engine.snapshot import Person, Snapshot
from service import cards, delivered, digests, dispatch, outgoing, quiet, routing, snapshot
from service.channel import Channel, DeliveryKind, Failed, Hold, Retry, Sent
from service.config import Applied
from service.context import Context
from service.delivered import Ready
from store import alerts, outbox
from store.outbox import LEASE, DeliveryState, StoredDelivery

log = logging.getLogger(__name__)
AT_ONCE = 32
"""Lines that are sent at the same time."""
_FOR_ALL = (Ended.TOO_OLD, Ended.BLOCKED)
"""Ends of a push that hold for those raised with it too: no other takes its place."""
Key = tuple[str, str]
Line = list[StoredDelivery]


async def run_due(context: Context, channels: Mapping[str, Channel]) -> int:
    """Take up what is due, and send it to the end; says how many deliveries that was."""
    sender = Sender(context, channels)
    count = await sender.begin()
    await sender.settled()
    return count


class Sender:
    """Keeps lines of deliveries under way; where one ends, its place is free for the next.

    `freed` is called then. A slow room holds up no other: nobody waits for the slowest. What is
    under way is claimed anew each `renewed` seconds, so that it stays ours however long it takes.
    """

    def __init__(
        self,
        context: Context,
        channels: Mapping[str, Channel],
        *,
        freed: Callable[[], None] = lambda: None,
        renewed: float = LEASE.total_seconds() / 3,
    ) -> None:
        self._context, self._channels = context, channels
        self._freed, self._renewed = freed, renewed
        self._waiting: deque[tuple[Key, Line]] = deque()
        self._under_way: dict[asyncio.Task[None], Key] = {}

    async def begin(self) -> int:
        """Take up what is due, as far as there are places; says how many deliveries that was."""
        places = AT_ONCE - len(self._under_way) - len(self._waiting)
        if places <= 0:
            return 0
        claimed = await asyncio.to_thread(_claim, self._context, places)
        lines: dict[Key, Line] = {}
        for delivery in claimed:
            lines.setdefault(_line(delivery), []).append(delivery)
        # A clock that jumped lets a claim run out: what is here already is not begun again.
        here = {key for key, _ in self._waiting}.union(self._under_way.values())
        self._waiting.extend((key, line) for key, line in lines.items() if key not in here)
        self._fill()
        return len(claimed)

    async def settled(self) -> None:
        """Until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _fill(self) -> None:
        while self._waiting and len(self._under_way) < AT_ONCE:
            key, line = self._waiting.popleft()
            task = asyncio.create_task(self._in_turn(line))
            self._under_way[task] = key
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if task.cancelled():  # The process ends; claims run out by themselves.
            self._waiting.clear()
            return
        if (error := task.exception()) is not None:
            log.error("a line could not be sent to its end", exc_info=error)
        self._fill()
        self._freed()

    async def _in_turn(self, line: Line) -> None:
        """One line keeps its order: the notice first, the card after the summary."""
        while line:
            delivery = line.pop(0)
            try:
                await self._one(delivery, line)
            except Unavailable as error:
                log.warning("%s over %s waits: %s", delivery.id, delivery.channel, error)
                owed = partial(delivered.give_back, self._context, [delivery, *line])
                self._context.owed.later(owed)
                return
            except Exception:
                # One delivery's trouble must not hold up the others; it is tried again.
                log.exception("%s over %s could not be sent", delivery.id, delivery.channel)
                await self._noted(partial(delivered.put_back, self._context, delivery))

    async def _one(self, delivery: StoredDelivery, behind: Line) -> None:
        ready = await asyncio.to_thread(_prepare, self._context, delivery)
        if ready is None:
            return
        result = await self._handed_over(ready)
        if not isinstance(result, Hold):
            # What was handed over must not go out again.
            await self._noted(partial(delivered.record, self._context, ready, result))
            return
        put_back = await asyncio.to_thread(
            delivered.hold, self._context, delivery, result, list(behind)
        )
        behind[:] = [one for one in behind if one.id not in put_back]

    async def _handed_over(self, ready: Ready) -> Sent | Retry | Hold | Failed:
        channel = self._channels.get(ready.delivery.channel)
        if channel is None:
            return Failed("channel_off")
        if ready.unwanted is not None:
            return Failed(ready.unwanted)
        async with _kept(self._context, ready.delivery, self._renewed):
            return await channel.send(ready.outgoing)

    async def _noted(self, write: Callable[[], object]) -> None:
        """Write it down: now, or as soon as the database takes it."""
        try:
            await asyncio.to_thread(write)
        except Unavailable as error:
            log.warning("what became of a delivery is noted later: %s", error)
            self._context.owed.later(write)


@asynccontextmanager
async def _kept(context: Context, delivery: StoredDelivery, renewed: float) -> AsyncIterator[None]:
    """What takes longer than a minute stays ours until it has ended."""
    over = asyncio.Event()

    async def keep() -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), renewed)
                return
            with suppress(Unavailable):
                await asyncio.to_thread(_renew, context, delivery)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        over.set()
        await keeping


def _line(delivery: StoredDelivery) -> Key:
    """Who waits behind whom: an account's pushes keep their order, and so does what one person
    gets; a slow room holds up no other."""
    pushed = delivery.kind in cards.PUSHED
    return delivery.account, "" if pushed else delivery.person


def _renew(context: Context, delivery: StoredDelivery) -> None:
    with context.database.write() as session:
        outbox.renew(session, delivery, context.clock.now())


def _claim(context: Context, limit: int) -> tuple[StoredDelivery, ...]:
    now = context.clock.now()
    with context.database.read() as session:  # Mostly nothing is, and to see that locks nobody.
        first = outbox.next_due(session)
    if first is None or first > now:
        return ()
    with context.database.write() as session:
        return outbox.claim(session, now, limit=limit)


def _prepare(context: Context, delivery: StoredDelivery) -> Ready | None:
    """Decide again at the moment of sending, where it is a push; None where it does not go now."""
    now = context.clock.now()
    applied = context.policy()
    if delivery.kind == DeliveryKind.DIGEST:
        return _prepare_digest(context, delivery, applied, now)
    load = snapshot.load if delivery.kind in cards.PUSHED else snapshot.staff
    with context.database.write() as session:
        if not outbox.renew(session, delivery, now):
            return None
        facts = load(context, session, delivery.account, now, applied)
        alert = alerts.get(session, delivery.account, delivery.alert)
        if facts is None or alert is None:
            outbox.finish(
                session, delivery, DeliveryState.CANCELLED, at=now, reason="erased", tried=False
            )
            return None
        if isinstance(facts, Snapshot):
            policy = applied.policy
            if _held(context, session, delivery, alert, facts, policy, now):
                return None
        made = outgoing.build(context, session, delivery, alert, facts, applied)
        return Ready(delivery, made, unwanted=_unwanted(session, delivery, made.person, now))


def _prepare_digest(
    context: Context, delivery: StoredDelivery, applied: Applied, now: datetime
) -> Ready | None:
    """The same for what tells of no alert."""
    with context.database.write() as session:
        if not outbox.renew(session, delivery, now):
            return None
        made = digests.prepare(context, session, delivery, applied, now)
    return Ready(delivery, made) if made else None


def _unwanted(
    session: Session, delivery: StoredDelivery, person: Person, now: datetime
) -> str | None:
    """Why its reader is not to be mailed it: they want none, or it is no way to them by now."""
    if delivery.channel != routing.EMAIL:
        return None
    no = routing.refusal(session, delivery.account, person, now)
    if no is not None or delivery.kind not in cards.PUSHED:
        return no
    tried = set(delivered.tried_ways(session, delivery)) - {routing.EMAIL}
    return routing.not_by_mail(person, tuple(tried))


def _held(
    context: Context,
    session: Session,
    delivery: StoredDelivery,
    alert: alerts.StoredAlert,
    facts: Snapshot,
    policy: Policy,
    now: datetime,
) -> bool:
    """Write down a push that is deferred or no longer true."""
    zone = dispatch.zone_of(facts, delivery.person)
    rest = quiet.undisturbed_until(session, delivery.account, delivery.person, zone, now)
    release = dispatch.release_push(facts, alert, delivery, policy, now, undisturbed_until=rest)
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
            if reason not in _FOR_ALL:
                dispatch.pass_on(session, alert, delivery, facts, policy, now)
            return True
        case _:
            return False

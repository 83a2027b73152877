"""Drains the events that wait: each endpoint by itself, so that a dead one holds up no other."""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlmodel import Session

from engine.errors import SegueError, Unavailable
from service.context import Context
from store import audit, webhook_deliveries, webhooks
from store.webhook_deliveries import State, StoredEvent, StoredTry
from store.webhooks import StoredWebhook

log = logging.getLogger(__name__)
AT_ONCE = 4
"""Events that one endpoint is sent at the same time."""
WAITS = tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
"""How long after each try the next one comes, three days in all; after the last there is none."""
LONGEST = timedelta(hours=24)
FAILING = timedelta(days=5)
"""So long nothing may be taken before an endpoint is given up ..."""
REST = timedelta(days=2)
"""... and no longer than this between two failures: a quiet endpoint is not a dead one."""
GONE = 410
_JITTER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One event on its way; it is signed by each of the secrets."""

    id: str
    url: str
    body: str
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint said: a status, or what stood in the way before it could say one."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether it has the event."""
        return self.status is not None and 200 <= self.status < 300


class Post(Protocol):
    """Hands one event over. It never retries, and never raises for a refusal."""

    async def __call__(self, parcel: Parcel) -> Answer:
        """Send it once, and say what came back."""
        ...


class Sender:
    """Keeps events under way, a few to each endpoint; `freed` is called where one has ended."""

    def __init__(
        self, context: Context, post: Post, *, freed: Callable[[], None] = lambda: None
    ) -> None:
        self._context, self._post, self._freed = context, post, freed
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def begin(self) -> int:
        """Take up what is due, where there is a place for it; says how many events that was."""
        busy = Counter(self._under_way.values())
        claimed = await asyncio.to_thread(_claim, self._context, busy)
        for endpoint, event in claimed:
            task = asyncio.create_task(self._one(endpoint, event))
            self._under_way[task] = endpoint.id
            task.add_done_callback(self._ended)
        return len(claimed)

    async def settled(self) -> None:
        """Until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def run_due(self) -> int:
        """Take up what is due and send it to the end; says how many events that was."""
        count = await self.begin()
        await self.settled()
        return count

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if task.cancelled():  # The process ends; claims run out by themselves.
            return
        if (error := task.exception()) is not None:
            log.error("what became of an event could not be noted", exc_info=error)
        self._freed()

    async def _one(self, endpoint: StoredWebhook, event: StoredEvent) -> None:
        at, begun = self._context.clock.now(), time.monotonic()
        answer = await self._sent(endpoint, event, at)
        millis = round(1000 * (time.monotonic() - begun))
        tried = StoredTry(
            number=event.attempts, at=at, millis=millis, status=answer.status, error=answer.error
        )
        write = partial(_record, self._context, event, tried, answer)
        try:
            await asyncio.to_thread(write)
        except Unavailable as error:
            log.warning("what became of %s is noted later: %s", event.event, error)
            self._context.owed.later(write)

    async def _sent(self, endpoint: StoredWebhook, event: StoredEvent, now: datetime) -> Answer:
        try:
            secrets = _secrets(self._context, endpoint, now)
        except SegueError:
            return Answer(error="secret_unreadable")
        parcel = Parcel(id=event.event, url=endpoint.url, body=event.body, secrets=secrets)
        try:
            return await self._post(parcel)
        except Exception:
            # Nobody foresaw it: it counts as a failed try, or the event would wait for its lease.
            log.exception("%s could not be sent to %s", event.event, endpoint.id)
            return Answer(error="error")


def _secrets(context: Context, endpoint: StoredWebhook, now: datetime) -> tuple[str, ...]:
    """The secret of an endpoint, and the old ones that still hold."""
    kept = (endpoint.secret, *(old for old, until in endpoint.retired if until > now))
    return tuple(context.secrets.decrypt(one) for one in kept)


def _claim(context: Context, busy: Mapping[str, int]) -> list[tuple[StoredWebhook, StoredEvent]]:
    now = context.clock.now()
    with context.database.read() as session:  # Mostly nothing is, and to see that locks nobody.
        waiting = webhook_deliveries.waiting(session)
    due = {id for id, at in waiting.items() if at <= now and busy.get(id, 0) < AT_ONCE}
    claimed: list[tuple[StoredWebhook, StoredEvent]] = []
    if not due:
        return claimed
    with context.database.write() as session:
        for endpoint in webhooks.every(session):
            if endpoint.id not in due:
                continue
            if not endpoint.enabled:  # It was raised just before.
                webhook_deliveries.bury(session, endpoint.id, now, "off")
                continue
            limit = AT_ONCE - busy.get(endpoint.id, 0)
            events = webhook_deliveries.claim(session, endpoint.id, now, limit=limit)
            claimed += [(endpoint, event) for event in events]
    return claimed


def _record(context: Context, event: StoredEvent, tried: StoredTry, answer: Answer) -> None:
    """One commit for what came of a try."""
    now = context.clock.now()
    with context.database.write() as session:
        # First the endpoint, then what waits for it: whoever locks both does so in this order.
        if webhooks.get(session, event.endpoint, lock=True) is None:
            return
        if answer.taken:
            webhook_deliveries.settle(session, event, State.SENT, tried, at=now)
            webhooks.took(session, event.endpoint)
            return
        reason = answer.error or f"status_{answer.status}"
        due_at = None if answer.status == GONE else _next_try(event, answer, now)
        state = State.DEAD if due_at is None else State.DUE
        mine = webhook_deliveries.settle(
            session, event, state, tried, at=now, due_at=due_at, reason=reason
        )
        if mine:
            _failed(session, event, answer, now)
    if mine and state is State.DEAD:
        log.warning("%s to %s is dead: %s", event.event, event.endpoint, reason)


def _next_try(event: StoredEvent, answer: Answer, now: datetime) -> datetime | None:
    """When it is tried again; None: it was tried enough."""
    tries = event.attempts - event.earlier
    if tries > len(WAITS):
        return None
    asked = timedelta(seconds=answer.retry_after or 0)
    wait = WAITS[tries - 1] * (1 + _JITTER * _drawn(event))
    return now + max(wait, min(asked, LONGEST))


def _drawn(event: StoredEvent) -> float:
    """Between 0 and 1, another for each try: what failed together does not come back together."""
    told = f"{event.endpoint}\x1f{event.event}\x1f{event.attempts}"
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:4], "big") / 2**32


def _failed(session: Session, event: StoredEvent, answer: Answer, now: datetime) -> None:
    """An endpoint that is gone, or took nothing for days, is given up and its admins are told."""
    endpoint = event.endpoint
    webhooks.failed(session, endpoint, now, rest=now - REST)
    if answer.status == GONE:
        given_up, why = webhooks.give_up(session, endpoint, now, "gone"), "gone"
    else:
        before = now - FAILING
        given_up = webhooks.give_up(session, endpoint, now, "failing", failing_before=before)
        why = "failing"
    if not given_up:
        return
    webhook_deliveries.bury(session, endpoint, now, "disabled")
    after: dict[str, object] = {"endpoint": endpoint, "enabled": False, "why": why}
    entry = audit.Entry(
        at=now,
        actor="segue",
        action="webhook.disable",
        before={"endpoint": endpoint, "enabled": True},
        after=after,
    )
    audit.add(session, entry)
    log.warning("the endpoint %s is disabled (%s): enable it once it works", endpoint, why)

"""What was and is to be sent to an endpoint, with every try; and sending it once more."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Invalid, NotFound
from service import webhooks
from service.context import Context
from service.shapes import Shape, instant
from store import audit
from store import webhook_deliveries as stored
from store.webhook_deliveries import State, StoredEvent, StoredTry

_AFTER = re.compile(r"([0-9]{1,16})-(evt_[0-9a-f]{24})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Try(msgspec.Struct, kw_only=True):
    """One try: the status that was answered, or the error that came before; and how long it took.

    `error`: timeout, dns, connection, tls, private_address, secret_unreadable or error.
    """

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int


class Delivery(msgspec.Struct, kw_only=True):
    """An event at an endpoint. `id` is its webhook-id; `account` null where it is about none.

    `state`: due, sent or dead. `due_at`: when it is tried next. `reason`: why it is dead.
    """

    id: str
    type: str
    account: str | None
    state: str
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    attempts: list[Try]


class Deliveries(msgspec.Struct, kw_only=True):
    """Events at an endpoint, newest first; `next` is where the following page begins."""

    deliveries: list[Delivery]
    next: str | None


class Replay(Shape):
    """Everything dead that was raised `since` an instant is to be sent once more."""

    since: datetime

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        instant(self.since, "/since")


def page(
    context: Context, endpoint: str, *, after: str, state: str | None, limit: int
) -> Deliveries:
    """A page of the log.

    Raises:
        NotFound: there is no such endpoint.
        Invalid: `after` was not the `next` of a page.
    """
    before = _place(after) if after else None
    with context.database.read() as session:
        webhooks.known(session, endpoint)
        found = stored.page(session, endpoint, before=before, state=state, limit=limit)
        shown = _shown(session, found)
    return Deliveries(deliveries=shown, next=_next(found[-1]) if len(found) == limit else None)


def one(context: Context, endpoint: str, event: str) -> Delivery:
    """One event at an endpoint."""
    with context.database.read() as session:
        webhooks.known(session, endpoint)
        return _one(session, stored.get(session, endpoint, event), event)


def replay(context: Context, endpoint: str, event: str, by: str) -> Delivery:
    """Send an event once more, now, whatever came of it before.

    Raises:
        NotFound: there is no such endpoint or event.
        Conflict: the endpoint is off.
    """
    now = context.clock.now()
    with context.database.write() as session:
        webhooks.enabled(session, endpoint)
        found = _one(session, stored.replay(session, endpoint, event, now), event)
        _log(session, now, by, {"endpoint": endpoint, "event": event})
    context.signals.told((), work=True)
    return found


def replay_dead(context: Context, endpoint: str, wanted: Replay, by: str) -> int:
    """Send everything once more that is dead and was raised since; says how much that is."""
    now, since = context.clock.now(), wanted.since
    with context.database.write() as session:
        webhooks.enabled(session, endpoint)
        count = stored.replay_dead(session, endpoint, since, now)
        told = {"endpoint": endpoint, "since": since.isoformat(), "replayed": count}
        _log(session, now, by, told)
    context.signals.told((), work=True)
    return count


def _one(session: Session, found: StoredEvent | None, event: str) -> Delivery:
    if found is None:
        raise NotFound(f"there is no delivery {event!r} to this endpoint")
    return _shown(session, [found])[0]


def _shown(session: Session, found: Sequence[StoredEvent]) -> list[Delivery]:
    tries = stored.tries(session, found)
    return [_delivery(one, tries.get(one.event, ())) for one in found]


def _delivery(of: StoredEvent, tries: Sequence[StoredTry]) -> Delivery:
    return Delivery(
        id=of.event,
        type=of.type,
        account=None if of.account == stored.NO_ACCOUNT else of.account,
        state=of.state,
        created_at=of.created_at,
        due_at=of.due_at if of.state is State.DUE else None,
        finished_at=of.finished_at,
        reason=of.reason,
        attempts=[
            Try(at=t.at, status=t.status, error=t.error, milliseconds=t.millis) for t in tries
        ],
    )


def _next(last: StoredEvent) -> str:
    return f"{(last.created_at - _EPOCH) // _MICRO}-{last.event}"


def _place(after: str) -> tuple[datetime, str]:
    found = _AFTER.fullmatch(after)
    if found is None:
        raise Invalid("use `next` of the page before", pointer="/after")
    try:
        return _EPOCH + int(found[1]) * _MICRO, found[2]
    except OverflowError:
        raise Invalid("use `next` of the page before", pointer="/after") from None


def _log(session: Session, now: datetime, by: str, after: dict[str, object]) -> None:
    audit.add(session, audit.Entry(at=now, actor=by, action="webhook.replay", after=after))

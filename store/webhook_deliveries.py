"""Events on their way to endpoints: claimed, sent, tried again, dead, replayed; and every try."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, tuple_, update
from sqlmodel import Session, col, or_, select

from store.rows import add_once, put
from store.tables import Webhook, WebhookAttempt, WebhookDelivery

LEASE = timedelta(seconds=60)
"""Longer than a try may take: if its sender dies, it is due again then."""
NO_ACCOUNT = "*"
"""Of events that are about no account."""


class State(StrEnum):
    """Where an event stands with an endpoint."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event for one endpoint; `body` is what is sent, to the byte.

    `earlier`: those of its `attempts` that were made before it was replayed last.
    """

    event: str
    endpoint: str
    type: str
    body: str
    created_at: datetime
    due_at: datetime
    account: str = NO_ACCOUNT
    state: State = State.DUE
    attempts: int = 0
    earlier: int = 0
    finished_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTry:
    """One try; `status`: what was answered, `error`: what stood in the way."""

    number: int
    at: datetime
    millis: int
    status: int | None = None
    error: str | None = None


def add(session: Session, event: StoredEvent) -> bool:
    """Write an event down; False where it was told to this endpoint before."""
    return add_once(session, WebhookDelivery, asdict(event))


def waiting(session: Session) -> Mapping[str, datetime]:
    """Since when something is due at which endpoint; a seek for each, in one question."""
    if session.exec(select(Webhook.id).limit(1)).first() is None:
        return {}
    first = (
        select(func.min(WebhookDelivery.due_at))
        .where(
            col(WebhookDelivery.endpoint) == col(Webhook.id),
            col(WebhookDelivery.state) == State.DUE,
        )
        .correlate(Webhook)
        .scalar_subquery()
    )
    rows = session.exec(select(Webhook.id, first)).all()
    return {id: at for id, at in rows if at is not None}


def claim(session: Session, endpoint: str, now: datetime, *, limit: int) -> tuple[StoredEvent, ...]:
    """Take what is due first at an endpoint, for a minute."""
    table = WebhookDelivery
    rows = session.exec(
        select(table)
        .where(
            col(table.endpoint) == endpoint,
            col(table.state) == State.DUE,
            col(table.due_at) <= now,
        )
        .order_by(col(table.due_at), col(table.created_at), col(table.event))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.due_at = now + LEASE
        row.attempts += 1
        session.add(row)
    return tuple(_value(row) for row in rows)


def settle(
    session: Session,
    event: StoredEvent,
    state: State,
    tried: StoredTry | None,
    *,
    at: datetime,
    due_at: datetime | None = None,
    reason: str | None = None,
) -> bool:
    """Write down what came of a claim; False where it is nobody's or somebody else's by now."""
    table = WebhookDelivery
    done = session.execute(
        update(table)
        .where(
            *_this(event),
            col(table.state) == State.DUE,
            col(table.attempts) == event.attempts,
        )
        .values(
            state=state,
            due_at=due_at or at,
            finished_at=None if state is State.DUE else at,
            reason=reason,
            attempts=event.attempts if tried else event.attempts - 1,
        )
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    if tried is not None:
        key = {"account": event.account, "event": event.event, "endpoint": event.endpoint}
        put(session, WebhookAttempt, key | asdict(tried))
    return True


def bury(session: Session, endpoint: str, now: datetime, reason: str) -> None:
    """Nothing that waits for an endpoint is sent any more, until it is replayed."""
    table = WebhookDelivery
    session.execute(
        update(table)
        .where(col(table.endpoint) == endpoint, col(table.state) == State.DUE)
        .values(state=State.DEAD, due_at=now, finished_at=now, reason=reason)
    )


def replay(session: Session, endpoint: str, event: str, now: datetime) -> StoredEvent | None:
    """Send one again now, whatever came of it; None where there is none."""
    found = get(session, endpoint, event)
    if found is not None:
        _again(session, now, _this(found))
    return get(session, endpoint, event)


def replay_dead(session: Session, endpoint: str, since: datetime, now: datetime) -> int:
    """Send everything again now that is dead and was raised since then; says how much that is."""
    table = WebhookDelivery
    dead = (
        col(table.endpoint) == endpoint,
        col(table.state) == State.DEAD,
        col(table.created_at) >= since,
    )
    return _again(session, now, dead)


def get(session: Session, endpoint: str, event: str) -> StoredEvent | None:
    """One event at an endpoint."""
    table = WebhookDelivery
    row = session.exec(
        select(table).where(col(table.endpoint) == endpoint, col(table.event) == event)
    ).first()
    return _value(row) if row else None


def page(
    session: Session,
    endpoint: str,
    *,
    before: tuple[datetime, str] | None,
    state: str | None,
    limit: int,
) -> tuple[StoredEvent, ...]:
    """What was and is to be sent to an endpoint, newest first, from behind one on."""
    table = WebhookDelivery
    query = select(table).where(col(table.endpoint) == endpoint)
    if state is not None:
        query = query.where(col(table.state) == state)
    if before is not None:
        at, event = before
        made = col(table.created_at)
        query = query.where((made < at) | ((made == at) & (col(table.event) < event)))
    newest = col(table.created_at).desc(), col(table.event).desc()
    return tuple(_value(row) for row in session.exec(query.order_by(*newest).limit(limit)).all())


def tries(session: Session, of: Sequence[StoredEvent]) -> Mapping[str, tuple[StoredTry, ...]]:
    """Every try of these, oldest first, by event; they are of one endpoint."""
    table, found = WebhookAttempt, dict[str, list[StoredTry]]()
    keys = [(one.account, one.event, one.endpoint) for one in of]
    rows = session.exec(
        select(table)
        .where(tuple_(col(table.account), col(table.event), col(table.endpoint)).in_(keys))
        .order_by(col(table.event), col(table.number))
    ).all()
    for row in rows:
        tried = StoredTry(
            number=row.number, at=row.at, millis=row.millis, status=row.status, error=row.error
        )
        found.setdefault(row.event, []).append(tried)
    return {event: tuple(known) for event, known in found.items()}


def standing(session: Session, endpoint: str | None = None) -> Mapping[str, Mapping[State, int]]:
    """How many events stand where, by endpoint; of one of them or of all."""
    table = WebhookDelivery
    query = select(table.endpoint, table.state, func.count())
    if endpoint is not None:
        query = query.where(col(table.endpoint) == endpoint)
    rows = session.exec(query.group_by(col(table.endpoint), col(table.state))).all()
    found: dict[str, dict[State, int]] = {}
    for endpoint, state, count in rows:
        found.setdefault(endpoint, {})[State(state)] = count
    return found


def forget_before(session: Session, at: datetime, *, limit: int) -> int:
    """Forget some of what ended before an instant, with its tries; says how many.

    And of what is due to an endpoint that was forgotten at the instant when it was raised.
    """
    table, tried = WebhookDelivery, WebhookAttempt
    keys = session.exec(
        select(table.account, table.event, table.endpoint)
        .where(
            or_(
                col(table.finished_at) < at,
                (col(table.due_at) < at) & col(table.endpoint).not_in(select(Webhook.id)),
            )
        )
        .limit(limit)
    ).all()
    for model in (tried, table):
        key = tuple_(col(model.account), col(model.event), col(model.endpoint))
        session.execute(delete(model).where(key.in_(keys)))
    return len(keys)


def _again(session: Session, now: datetime, which: Iterable[Any]) -> int:
    table = WebhookDelivery
    done = session.execute(
        update(table)
        .where(*which)
        .values(state=State.DUE, due_at=now, earlier=table.attempts, finished_at=None, reason=None)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _this(event: StoredEvent) -> tuple[Any, ...]:
    table = WebhookDelivery
    return (
        col(table.account) == event.account,
        col(table.event) == event.event,
        col(table.endpoint) == event.endpoint,
    )


def _value(row: WebhookDelivery) -> StoredEvent:
    return StoredEvent(
        **{name: getattr(row, name) for name in StoredEvent.__slots__} | {"state": State(row.state)}
    )

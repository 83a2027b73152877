"""Deliveries and their attempts: what is due goes out, nothing acknowledged is lost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import case, func, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from store import tables
from store.rows import add_once, put

LEASE = timedelta(seconds=60)
AT_A_TIME = 8
"""Deliveries of one account that are claimed together: a long queue takes nobody's place."""


class DeliveryState(StrEnum):
    """Where a delivery stands; only `due` ones are in the outbox."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDelivery:
    """One alert to one person over one channel."""

    account: str
    id: str
    alert: str
    kind: str
    person: str
    channel: str
    due_at: datetime
    created_at: datetime
    forward: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    state: DeliveryState = DeliveryState.DUE
    attempts: int = 0
    reference: str | None = None
    reason: str | None = None
    sent_at: datetime | None = None


def add(session: Session, delivery: StoredDelivery) -> None:
    """Put a delivery in the outbox; the same id again changes nothing."""
    add_once(session, tables.Delivery, asdict(delivery) | {"claimed_until": None})


def claim(session: Session, now: datetime, *, limit: int = 20) -> tuple[StoredDelivery, ...]:
    """Take what is due first of some accounts for a minute; if its sender dies, it is free then.

    An account's deliveries go to one sender at a time, who keeps them in order: the notice first.
    """
    first = session.exec(_first_due(now).limit(limit).with_for_update(skip_locked=True)).all()
    table = tables.Delivery
    rows = session.exec(
        select(table)
        .where(tuple_(col(table.account), col(table.id)).in_(_next_of(first, now)))
        .order_by(*_order(table))
        .with_for_update()
    ).all()
    for row in rows:
        row.claimed_until = now + LEASE
        row.attempts += 1
        session.add(row)
    return tuple(_value(r) for r in rows)


def _first_due(now: datetime) -> Any:
    """The accounts with something due that nobody sends for, by the first of each: the one row to
    be locked, so that two who claim at the same time never share an account."""
    table = tables.Delivery
    other, before = aliased(table), aliased(table)
    sent_for = (
        select(col(other.id))
        .where(
            col(other.account) == col(table.account),
            col(other.state) == DeliveryState.DUE,
            col(other.claimed_until) > now,
        )
        .exists()
    )
    not_first = (
        select(col(before.id))
        .where(
            col(before.account) == col(table.account),
            *_due(before, now),
            tuple_(*_order(before)) < tuple_(*_order(table)),
        )
        .exists()
    )
    return (
        select(table.account)
        .where(*_due(table, now), ~sent_for, ~not_first)
        .order_by(*_order(table))
    )


def _next_of(accounts: Sequence[str], now: datetime) -> Any:
    """The first few of what is due at each of these accounts."""
    table = tables.Delivery
    number = func.row_number().over(partition_by=col(table.account), order_by=_order(table))
    due = (
        select(table.account, table.id, number.label("number"))
        .where(*_due(table, now), col(table.account).in_(accounts))
        .subquery()
    )
    return select(due.c.account, due.c.id).where(due.c.number <= AT_A_TIME)


def _due(table: Any, now: datetime) -> tuple[Any, ...]:
    free = or_(col(table.claimed_until).is_(None), col(table.claimed_until) <= now)
    return col(table.state) == DeliveryState.DUE, col(table.due_at) <= now, free


def _order(table: Any) -> tuple[Any, ...]:
    return col(table.due_at), col(table.account), *in_the_order_made(table)


def in_the_order_made(table: Any) -> tuple[Any, ...]:
    """A notice goes before the ask it was raised with."""
    rank = case({"notice": 0, "summary": 1}, value=col(table.kind), else_=2)
    return col(table.created_at), rank, col(table.id)


def renew(session: Session, delivery: StoredDelivery, now: datetime) -> bool:
    """Begin the minute anew, just before sending; False where another has taken it meanwhile."""
    table = tables.Delivery
    done = session.execute(
        update(table)
        .where(
            col(table.account) == delivery.account,
            col(table.id) == delivery.id,
            col(table.state) == DeliveryState.DUE,
            col(table.attempts) == delivery.attempts,
        )
        .values(claimed_until=now + LEASE)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def free(session: Session) -> None:
    """Take every claim back: whoever held one has died, since nobody else uses this database."""
    session.execute(update(tables.Delivery).values(claimed_until=None))


def attempt(
    session: Session, delivery: StoredDelivery, *, at: datetime, outcome: str, detail: str
) -> None:
    """Write down one try."""
    tried = {
        "account": delivery.account,
        "delivery": delivery.id,
        "number": delivery.attempts,
        "at": at,
        "outcome": outcome,
        "detail": detail[:500],
    }
    put(session, tables.Attempt, tried)


def first_tried(session: Session, delivery: StoredDelivery) -> datetime | None:
    """When it was tried first; None: not yet."""
    return session.exec(
        select(func.min(tables.Attempt.at)).where(
            col(tables.Attempt.account) == delivery.account,
            col(tables.Attempt.delivery) == delivery.id,
        )
    ).one()


def unsure(session: Session, delivery: StoredDelivery) -> bool:
    """Whether an earlier try may have arrived: nobody wrote down how it ended, or its answer was
    lost."""
    table = tables.Attempt
    settled = session.exec(
        select(func.count())
        .select_from(table)
        .where(
            col(table.account) == delivery.account,
            col(table.delivery) == delivery.id,
            col(table.number) < delivery.attempts,
            col(table.outcome) == "retry",
        )
    ).one()
    return settled < delivery.attempts - 1


def may_have_arrived(session: Session, delivery: StoredDelivery) -> bool:
    """Whether some try, the last one too, may have arrived: not each of them was refused."""
    table = tables.Attempt
    refused = session.exec(
        select(func.count())
        .select_from(table)
        .where(
            col(table.account) == delivery.account,
            col(table.delivery) == delivery.id,
            col(table.outcome).in_(("retry", "failed")),
        )
    ).one()
    return refused < delivery.attempts


def finish(
    session: Session,
    delivery: StoredDelivery,
    state: DeliveryState,
    *,
    at: datetime,
    reference: str | None = None,
    reason: str | None = None,
    tried: bool = True,
) -> None:
    """The delivery is over, one way or the other; `tried` False: it was never handed over."""
    session.execute(
        update(tables.Delivery)
        .where(
            col(tables.Delivery.account) == delivery.account,
            col(tables.Delivery.id) == delivery.id,
        )
        .values(
            state=state,
            reference=reference,
            reason=reason,
            claimed_until=None,
            attempts=delivery.attempts if tried else delivery.attempts - 1,
            sent_at=at if state is DeliveryState.SENT else None,
        )
    )


def later(
    session: Session,
    delivery: StoredDelivery,
    due_at: datetime,
    *,
    reason: str,
    tried: bool = True,
) -> None:
    """Try again at `due_at`; `tried` False: it was held back, which is no attempt."""
    session.execute(
        update(tables.Delivery)
        .where(
            col(tables.Delivery.account) == delivery.account,
            col(tables.Delivery.id) == delivery.id,
        )
        .values(
            due_at=due_at,
            claimed_until=None,
            reason=reason,
            attempts=delivery.attempts if tried else delivery.attempts - 1,
        )
    )


def cancel_forward(session: Session, account: str, forward: str, now: datetime) -> bool:
    """Take back a forward's delivery; False where it is on its way or gone."""
    table = tables.Delivery
    done = session.execute(
        update(table)
        .where(
            col(table.account) == account,
            col(table.forward) == forward,
            col(table.kind) == "forward",
            col(table.state) == DeliveryState.DUE,
            or_(col(table.claimed_until).is_(None), col(table.claimed_until) <= now),
        )
        .values(state=DeliveryState.CANCELLED)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def of_alert(session: Session, account: str, alert: str) -> Sequence[StoredDelivery]:
    """All deliveries of an alert, oldest first."""
    rows = session.exec(
        select(tables.Delivery)
        .where(col(tables.Delivery.account) == account, col(tables.Delivery.alert) == alert)
        .order_by(*in_the_order_made(tables.Delivery))
    ).all()
    return tuple(_value(r) for r in rows)


def said_before(
    session: Session, delivery: StoredDelivery, meter: str, since: datetime
) -> str | None:
    """Where the newest push on a meter went to the same person the same way, from then on."""
    mine, alert = tables.Delivery, tables.Alert
    found: str | None = session.exec(
        select(mine.reference)
        .join(alert, (col(alert.account) == mine.account) & (col(alert.id) == mine.alert))
        .where(
            col(mine.account) == delivery.account,
            col(mine.person) == delivery.person,
            col(mine.channel) == delivery.channel,
            col(mine.kind).in_(("notice", "summary")),
            col(mine.sent_at) >= since,
            col(mine.reference).is_not(None),
            col(mine.id) != delivery.id,
            col(alert.meter) == meter,
        )
        .order_by(col(mine.sent_at).desc(), col(mine.id))
        .limit(1)
    ).first()
    return found


def went(session: Session, account: str, person: str, channel: str, since: datetime) -> bool:
    """Whether anything went to a person over a channel since then, or is to go."""
    mine = tables.Delivery
    found = session.exec(
        select(mine.id)
        .where(
            col(mine.account) == account,
            col(mine.person) == person,
            col(mine.channel) == channel,
            or_(col(mine.sent_at) >= since, col(mine.state) == DeliveryState.DUE),
        )
        .limit(1)
    ).first()
    return found is not None


def trouble(
    session: Session, channel: str, since: datetime
) -> tuple[tuple[DeliveryState, str, int], ...]:
    """What stood in the way of deliveries over a channel since then: state, reason, how many.

    Of those that failed, and of those that are tried again.
    """
    table = tables.Delivery
    rows = session.exec(
        select(table.state, table.reason, func.count())
        .where(
            col(table.channel) == channel,
            col(table.state).in_((DeliveryState.FAILED, DeliveryState.DUE)),
            col(table.reason).is_not(None),
            col(table.created_at) >= since,
        )
        .group_by(col(table.state), col(table.reason))
        .order_by(func.count().desc(), col(table.reason))
    ).all()
    return tuple((DeliveryState(state), reason or "", count) for state, reason, count in rows)


def with_reference(session: Session, channel: str, ending: str) -> int:
    """How many deliveries of a channel went to a place that ends so."""
    return session.exec(
        select(func.count())
        .select_from(tables.Delivery)
        .where(
            col(tables.Delivery.channel) == channel,
            col(tables.Delivery.reference).endswith(ending, autoescape=True),
        )
    ).one()


def next_due(session: Session) -> datetime | None:
    """When the next delivery is due."""
    first: datetime | None = session.exec(_next_due()).one()
    return first


@cache
def _next_due() -> Any:
    due = tables.Delivery
    return select(func.min(due.due_at)).where(col(due.state) == DeliveryState.DUE)


def _value(row: tables.Delivery) -> StoredDelivery:
    return StoredDelivery(
        account=row.account,
        id=row.id,
        alert=row.alert,
        kind=row.kind,
        person=row.person,
        channel=row.channel,
        due_at=row.due_at,
        created_at=row.created_at,
        forward=row.forward,
        body=row.body,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        reference=row.reference,
        reason=row.reason,
        sent_at=row.sent_at,
    )

"""Deliveries that wait for one lane: each is put back at a place of its own, a gap apart.

Each is claimed again when its own place has come, and not whenever the lane opens for one of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select, true, update
from sqlmodel import Session, col

from store import tables
from store.outbox import DeliveryState, StoredDelivery, in_the_order_made, later
from store.rows import table, write

PACED, CLOSED = "pace", "rate_limited"
"""Why a delivery waits for its lane: its turn has not come, or the platform wants nothing now."""
_WAITS = (PACED, CLOSED)
UPDATES = ("card", "withdrawal")
"""Kinds that change an earlier message and send none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the queue of a lane begins: `burst` go when it opens, and then one each `gap`."""

    until: datetime
    gap: timedelta
    burst: int
    reason: str

    def of(self, number: int) -> datetime:
        """When it is the turn of the first, or of one behind it."""
        return self.until + self.gap * max(0, number + 1 - self.burst)


def in_order(
    session: Session,
    mine: Sequence[StoredDelivery],
    place: Place,
    now: datetime,
    *,
    person: str | None = None,
    without: Collection[str] = (),
) -> frozenset[str]:
    """Put back the first of `mine`, and all of its account and channel that waits with it.

    They stay in the order in which they were made, but an update of a message goes first. `mine`:
    what its sender has claimed; what another has is left alone. `person`: only what goes to them;
    `without`: kinds that don't wait. Gives the ids of those of `mine` that were put back.
    """
    first, held = mine[0], {one.id: one for one in mine}
    put_back, moved = set[str](), list[dict[str, Any]]()
    waiting = session.execute(_waiting(mine, place, now, person, without)).all()
    for number, (id, due_at) in enumerate(waiting):
        at = place.of(number)
        if id in held:
            later(session, held[id], at, reason=place.reason, tried=False)
            put_back.add(id)
        elif due_at != at:
            key = {"of_account": first.account, "of_id": id}
            moved.append(key | {"due_at": at, "reason": place.reason})
    write(session, _move(), moved)
    return frozenset(put_back)


def at_the_end(session: Session, delivery: StoredDelivery, place: Place) -> None:
    """Put it back behind the last of its account and channel that waits already."""
    d = tables.Delivery
    last = session.execute(
        select(func.max(col(d.due_at))).where(
            *_same(delivery), col(d.reason).in_(_WAITS), col(d.due_at) >= place.until
        )
    ).scalar_one()
    at = last + place.gap if last else place.until
    later(session, delivery, at, reason=place.reason, tried=False)


def _waiting(
    mine: Sequence[StoredDelivery],
    place: Place,
    now: datetime,
    person: str | None,
    without: Collection[str],
) -> Any:
    """The one that is held, and what waits with it: the caller's own, and what nobody has."""
    d, ids = tables.Delivery, [one.id for one in mine]
    free = or_(col(d.claimed_until).is_(None), col(d.claimed_until) <= now)
    waits = or_(col(d.due_at) <= place.until, col(d.reason).in_(_WAITS))
    behind = and_(
        or_(col(d.id).in_(ids[1:]), and_(free, waits)),
        true() if person is None else col(d.person) == person,
        col(d.kind).not_in(without),
    )
    return (
        select(col(d.id), col(d.due_at))
        .where(*_same(mine[0]), or_(col(d.id) == ids[0], behind))
        .order_by(case((col(d.kind).in_(UPDATES), 0), else_=1), *in_the_order_made(d))
        .with_for_update()
    )


def _same(delivery: StoredDelivery) -> tuple[Any, ...]:
    """What is due some time over the channel of its account."""
    d = tables.Delivery
    return (
        col(d.account) == delivery.account,
        col(d.channel) == delivery.channel,
        col(d.state) == DeliveryState.DUE,
    )


@cache
def _move() -> Any:
    d = table(tables.Delivery)
    return (
        update(d)
        .where(d.c.account == bindparam("of_account"), d.c.id == bindparam("of_id"))
        .values(due_at=bindparam("due_at"), reason=bindparam("reason"))
    )

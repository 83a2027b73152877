"""What lies further ahead than anything can: a clock was wrong when it was written."""

from datetime import datetime, timedelta

from sqlalchemy import null, update
from sqlmodel import Session

from store.rows import table
from store.tables import Account, Delivery, Due

_DAILY = timedelta(days=2)
"""A daily look is never as far ahead."""
_SKEW = timedelta(hours=1)
"""Nor is a claim, and no clock of a node is as wrong as that by itself."""


def set_right(session: Session, now: datetime) -> int:
    """Let nothing wait for a time that the clock only showed by mistake; says how much did.

    What was claimed is free, daily looks are due, and so is what was to be sent then: whether it is
    the hour for it is decided when it is sent.
    """
    a, due, delivery = table(Account), table(Due), table(Delivery)
    waits = delivery.c.state == "due"
    statements = (
        update(a).where(a.c.next_daily > now + _DAILY).values(next_daily=now),
        update(due).where(due.c.claimed_until > now + _SKEW).values(claimed_until=null()),
        update(delivery)
        .where(waits, delivery.c.claimed_until > now + _SKEW)
        .values(claimed_until=null()),
        update(delivery).where(waits, delivery.c.created_at > now + _SKEW).values(due_at=now),
    )
    return sum(session.connection().execute(one).rowcount for one in statements)

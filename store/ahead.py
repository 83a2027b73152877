"""What lies further ahead than anything can: a clock was wrong when it was written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, null, or_, select, tuple_, update
from sqlmodel import Session

from store.rows import table
from store.tables import (
    Account,
    Alert,
    Attempt,
    Delivery,
    Due,
    Feedback,
    Forward,
    WebhookDelivery,
)

_DAILY = timedelta(hours=26)
"""A daily look is never as far ahead, not even where a day has 25 hours."""
_SKEW = timedelta(hours=1)
"""Nor is a claim, and no clock of a node is as wrong as that by itself."""
_LONGEST = timedelta(hours=28)
"""No event waits as long for its next try."""


def free(session: Session, now: datetime) -> int:
    """Let nothing wait for a time that a clock showed by mistake; says how much did.

    What was claimed is free; what was to be sent then is due: whether this is the hour for it is
    decided when it is sent.
    """
    due, delivery, hook = table(Due), table(Delivery), table(WebhookDelivery)
    waits = delivery.c.state == "due"
    statements = (
        update(due).where(due.c.claimed_until > now + _SKEW).values(claimed_until=null()),
        update(delivery)
        .where(waits, delivery.c.claimed_until > now + _SKEW)
        .values(claimed_until=null()),
        update(delivery).where(waits, delivery.c.created_at > now + _SKEW).values(due_at=now),
        update(hook)
        .where(
            hook.c.state == "due",
            or_(
                hook.c.due_at > now + _LONGEST,
                and_(hook.c.attempts == 0, hook.c.created_at > now + _SKEW, hook.c.due_at > now),
            ),
        )
        .values(due_at=now),
    )
    return sum(session.connection().execute(one).rowcount for one in statements)


def look_again(session: Session, now: datetime, *, limit: int) -> int:
    """Let accounts that were looked at by such a clock be looked at now; says how many.

    What it found and told nobody is forgotten: if it is true it is found again, now or on its day.
    """
    a = table(Account)
    found = select(a.c.id).where(a.c.next_daily > now + _DAILY).order_by(a.c.id).limit(limit)
    accounts = session.connection().execute(found).scalars().all()
    if accounts:
        _forget_untold(session, accounts, now)
        again = update(a).where(a.c.id.in_(accounts)).values(next_daily=now)
        session.connection().execute(again)
    return len(accounts)


def _forget_untold(session: Session, accounts: Sequence[str], now: datetime) -> None:
    alert, delivery, attempt = table(Alert).c, table(Delivery).c, table(Attempt).c
    found = select(alert.account, alert.id).where(
        alert.account.in_(accounts),
        alert.raised_at > now + _SKEW,
        alert.charged_at.is_(None),
        ~_any(Delivery, or_(delivery.state == "sent", delivery.claimed_until.is_not(None))),
        ~_any(Feedback),
        ~_any(Forward),
    )
    untold = [tuple(row) for row in session.connection().execute(found)]
    if not untold:
        return
    sends = select(delivery.account, delivery.id).where(_of(delivery, untold))
    for model, which in (
        (Attempt, tuple_(attempt.account, attempt.delivery).in_(sends)),
        (Delivery, _of(delivery, untold)),
        (Alert, tuple_(alert.account, alert.id).in_(untold)),
    ):
        session.connection().execute(delete(table(model)).where(which))


def _any(model: Any, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an alert has such a row."""
    row, alert = table(model).c, table(Alert).c
    same = row.account == alert.account, row.alert == alert.id
    return select(row.account).where(*same, *more).exists()


def _of(delivery: Any, alerts: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    return tuple_(delivery.account, delivery.alert).in_(alerts)

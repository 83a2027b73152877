"""Forgets what is needed no longer, a little at a time, so that nobody waits for it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.context import Context
from service.lateness import LEAST
from store import retention, webhook_deliveries

log = logging.getLogger(__name__)
_PARTS_AT_ONCE = 1000
_DAYS_AT_ONCE = timedelta(days=3)
"""Of fingerprints, in a night: more than goes by between two, but little if a clock is wrong."""
_ACCOUNTS_AT_ONCE = 200
EVENTS_KEPT = timedelta(days=30)
"""How long events that were sent or given up can be read and replayed."""
_EVENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many days fingerprints of events are kept, and the hours of days."""

    events: int = LEAST.days
    hours: int = LEAST.days


KEEP = Keep()


def run(context: Context, keep: Keep) -> None:
    """Drop fingerprints, the hours of days, and events that are older than is to be kept."""
    now = context.clock.now()
    _forget_events(context, now - EVENTS_KEPT)
    with context.database.read() as session:
        before = now - timedelta(days=keep.events)
        oldest = retention.oldest_part(session)
        if oldest is not None:
            before = min(before, oldest + _DAYS_AT_ONCE)
        parts = retention.parts_before(session, before)[:_PARTS_AT_ONCE]
    for part in parts:
        with context.database.write() as session:
            retention.drop_part(session, part)
    folded, after, edge = 0, "", (now - timedelta(days=keep.hours)).date()
    while True:
        with context.database.read() as session:
            accounts = retention.accounts_after(session, after, _ACCOUNTS_AT_ONCE)
        if not accounts:
            break
        with context.database.write() as session:
            folded += retention.fold_hours(session, (accounts[0], accounts[-1]), edge)
        after = accounts[-1]
    if parts or folded:
        log.info("%d parts of fingerprints dropped, %d hours folded", len(parts), folded)


def _forget_events(context: Context, before: datetime) -> None:
    """Forget what was sent to webhooks, or given up, before an instant."""
    found = _EVENTS_AT_ONCE
    while found == _EVENTS_AT_ONCE:
        with context.database.write() as session:
            found = webhook_deliveries.forget_before(session, before, limit=_EVENTS_AT_ONCE)

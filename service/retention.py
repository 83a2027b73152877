"""Forgets what is needed no longer, a little at a time, so that nobody waits for it."""

import logging
from datetime import timedelta

from service.context import Context
from service.usage import LEAST
from store import retention

log = logging.getLogger(__name__)
_PARTS_AT_ONCE = 1000
_ACCOUNTS_AT_ONCE = 200


def run(context: Context, *, events: timedelta = LEAST, hours: timedelta = LEAST) -> None:
    """Drop fingerprints older than `events`, and the hours of days older than `hours`.

    Raises:
        ValueError: either is shorter than events may be late.
    """
    if min(events, hours) < LEAST:
        raise ValueError(f"usage is kept at least {LEAST.days} days")
    now = context.clock.now()
    with context.database.read() as session:
        parts = retention.parts_before(session, now - events)[:_PARTS_AT_ONCE]
    for part in parts:
        with context.database.write() as session:
            retention.drop_part(session, part)
    folded, after, before = 0, "", (now - hours).date()
    while True:
        with context.database.read() as session:
            accounts = retention.accounts_after(session, after, _ACCOUNTS_AT_ONCE)
        if not accounts:
            break
        with context.database.write() as session:
            folded += retention.fold_hours(session, (accounts[0], accounts[-1]), before)
        after = accounts[-1]
    if parts or folded:
        log.info("%d parts of fingerprints dropped, %d hours folded", len(parts), folded)

"""Tidies: closes alerts nobody answered in time, forgets callbacks, rejects and lost backtests.

And sets right what a wrong clock left behind.
"""

import logging
from datetime import datetime, timedelta

from engine.errors import NotFound
from service import backtest_job, cards, pause, rejects
from service.context import Context
from store import ahead, alerts, callbacks, inbound, lanes, rooms, stripe

log = logging.getLogger(__name__)

_AT_ONCE = 500
REPEATED = timedelta(days=4)
"""Longer than any platform repeats a callback; Stripe does for three days."""
UNBOUND = timedelta(days=30)
"""How long a conversation of a workspace that nobody linked is kept."""
OVER, UNCLAIMED = timedelta(days=36), timedelta(days=400)
"""How long what Stripe said is kept where it is over, and where no account is that customer."""


def run(context: Context) -> int:
    """Close what has been open too long; says how many."""
    now = context.clock.now()
    rejects.tidy(context)
    pause.tidy(context)
    _set_right(context, now)
    try:
        days = context.policy().policy.ask.open_days
    except NotFound:  # Nobody went live yet.
        return 0
    with context.database.write() as session:
        over = alerts.open_before(session, now - timedelta(days=days))
        for alert in over:
            alerts.close(session, alert.account, alert.id, at=now, closed_as="expired")
            cards.refresh(session, alert.account, alert.id, now)
        callbacks.forget_before(session, now - REPEATED)
        inbound.forget_before(session, now - REPEATED)
        lanes.forget_before(session, now - REPEATED)
        rooms.forget_unbound(session, now - UNBOUND)
        stripe.forget(session, over=now - OVER, unclaimed=now - UNCLAIMED)
        backtest_job.forget_lost(session, now)
    for account in {a.account for a in over}:
        context.signals.changed(account)
    return len(over)


def _set_right(context: Context, now: datetime) -> None:
    """Nothing waits for a time that the clock showed by mistake."""
    with context.database.write() as session:
        waited = ahead.free(session, now)
    looks, found = 0, _AT_ONCE
    while found == _AT_ONCE:
        with context.database.write() as session:
            found = ahead.look_again(session, now, limit=_AT_ONCE)
        looks += found
    if waited or looks:
        log.warning("a clock was wrong: %d looks and %d claims or sends waited", looks, waited)

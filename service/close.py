"""Closes alerts that nobody answered in time."""

from datetime import timedelta

from service import cards
from service.context import Context
from store import alerts


def run(context: Context) -> int:
    """Close what has been open too long; says how many."""
    now = context.clock.now()
    days = context.policy().policy.ask.open_days
    with context.database.write() as session:
        over = alerts.open_before(session, now - timedelta(days=days))
        for alert in over:
            alerts.close(session, alert.account, alert.id, at=now, closed_as="expired")
            cards.refresh(session, alert.account, alert.id, now)
    for account in {a.account for a in over}:
        context.signals.changed(account)
    return len(over)

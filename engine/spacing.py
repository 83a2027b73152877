"""Gates for how often: never twice the same, seldom at all, and longer after every refusal."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from engine.alert import AlertClass, Moment, PastAlert
from engine.gate import Context, Finding, longest, no
from engine.moments import BEST_MONTH
from engine.policy import Policy

ASKS = (AlertClass.ASK,)


def duplicate(context: Context, policy: Policy, now: datetime) -> Finding | None:
    """The same was raised before, and the limit is still the same."""
    period = context.due.key.period
    for alert in context.snapshot.alerts:
        if (
            alert.key.period == period
            and _same(alert, context)
            and not _rearmed(alert, context, now)
        ):
            return no("raised", context.day(alert.raised_at).isoformat(), _until(context))
    return None


def _until(context: Context) -> date | None:
    """When a new period lets it be said again; a round number is passed once for good."""
    once = context.moment is Moment.MILESTONE and not context.due.key.period.startswith(BEST_MONTH)
    return None if once else context.meter.period.end


def _same(alert: PastAlert, context: Context) -> bool:
    """The same key, or the limit itself was already spoken of and this only approaches it.

    In the same period, that is.
    """
    old, new = alert.key, context.due.key
    if old.alert_class is not new.alert_class or old.meter != new.meter:
        return False
    after = new.moment is Moment.APPROACHING and old.moment is Moment.AT_LIMIT
    return old.moment is new.moment or after


def _rearmed(alert: PastAlert, context: Context, now: datetime) -> bool:
    """Whether the limit changed since; one that is yet to change (a clock was wrong) did not."""
    if context.moment is Moment.MILESTONE:
        return False
    changes = [change.at for change in context.snapshot.plan_changes]
    changes += [context.meter.limit_since] if context.meter.limit_since else []
    return any(alert.raised_at < at <= now for at in changes)


def _spoken(context: Context, classes: tuple[AlertClass, ...]) -> list[tuple[datetime, PastAlert]]:
    """When attention was spent, or would have been; a reserved slot counts from its taking."""
    spent = []
    for alert in context.snapshot.alerts:
        if alert.key.alert_class not in classes:
            continue
        if alert.charged_at is not None:
            spent.append((alert.charged_at, alert))
        elif alert.closed_at is None or alert.ghost:
            spent.append((alert.raised_at, alert))
    return spent


def spaced(
    classes: tuple[AlertClass, ...],
    days: Callable[[Policy], int],
    context: Context,
    policy: Policy,
    now: datetime,
) -> Finding | None:
    """Something of these classes was delivered lately, or still may be at any moment."""
    spacing, found = timedelta(days(policy)), []
    for at, alert in _spoken(context, classes):
        open_slot = alert.charged_at is None and alert.closed_at is None and not alert.ghost
        if open_slot:
            found.append(no("reserved", context.day(at).isoformat()))
        elif now - at < spacing:
            found.append(no("last", context.day(at).isoformat(), context.day(at + spacing)))
    return longest(found)


def ask_annual_cap(context: Context, policy: Policy, now: datetime) -> Finding | None:
    """Enough was asked within a year, rolling, over all channels."""
    year = timedelta(365)
    lately = [at for at, _ in _spoken(context, ASKS) if now - at < year]
    if len(lately) < policy.ask.per_year:
        return None
    lately.sort()
    freed = lately[len(lately) - policy.ask.per_year] + year
    return no("asks_in_365_days", len(lately), context.day(freed))


def backoff(context: Context, policy: Policy, now: datetime) -> Finding | None:
    """Somebody said no, and the rest that follows is not over."""
    rest = context.balance.rest_until
    if rest is None or now >= rest:
        return None
    return no("refusals", f"{context.balance.refusals:g}", context.day(rest))

"""The night's work on forecasts: what came of them, what that teaches, and which are too old.

Every step can be repeated or cut short without harm: what is known stays, the rest is done anew.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from engine import calibration
from engine.errors import NotFound
from engine.snapshot import Calibration
from service import foreseen
from service.apart import apart
from service.config import Applied
from service.context import Context
from service.foreseen import Fate
from store import calibrations, facts, forecasts
from store.calibrations import StoredCalibration

log = logging.getLogger(__name__)
KEPT = timedelta(days=60)
"""How long a forecast is kept after the last night that learned from it."""


def nightly(context: Context) -> None:
    """Resolve, learn, forget; nothing before a first policy."""
    try:
        applied = context.policy()
    except NotFound:  # Nobody went live yet.
        return
    resolve(context, applied)
    learn(context, applied)
    forget(context, applied)


def resolve(context: Context, applied: Applied) -> int:
    """Resolve what no look has: an account's daily look does it first, with the same facts."""
    now, after, count = context.clock.now(), "", 0

    def trouble(account: str) -> None:
        # One account's trouble must not keep the others' forecasts; next night again.
        log.exception("%s: its forecasts could not be resolved", account)

    while True:
        with context.database.read() as session:
            accounts = forecasts.overdue(session, now, after=after)
        if not accounts:
            return count
        count += len(apart(accounts, lambda some: _settled(context, some, applied, now), trouble))
        after = accounts[-1]


def _settled(
    context: Context, accounts: Sequence[str], applied: Applied, now: datetime
) -> list[Fate]:
    """What became known of these accounts' forecasts; one erased meanwhile took its along."""
    with context.database.read() as session:
        seen = facts.load_all(session, accounts, now, applied.catalogue)
        fates = foreseen.fates(session, seen.values(), now)
    came = [fate for of in fates.values() for fate in of]
    with context.database.write() as session:
        forecasts.resolve(session, came, now)
    return came


def learn(context: Context, applied: Applied) -> Calibration | None:
    """Learn from what had resolved before the last midnight (UTC); None: nothing new."""
    now, policy = context.clock.now(), applied.policy
    scale, night = calibration.scale(policy), now.replace(hour=0, minute=0, second=0, microsecond=0)
    with context.database.read() as session:
        before = calibrations.newest(session, scale, now)
        if before is not None and before.night == night.date():
            return None
        raw, crossed = forecasts.outcomes(session, scale, *calibration.window(night, policy))
    found = calibration.learn(raw, crossed, night, policy)
    if found is None or (before is not None and _same(before.calibration, found)):
        return None
    learned = StoredCalibration(
        scale=scale,
        night=night.date(),
        learned_at=now,
        forecasts=len(raw),
        calibration=found,
    )
    with context.database.write() as session:
        calibrations.add(session, learned)
    log.info("forecasts are calibrated anew: %s", found.version)
    return found


def _same(one: Calibration, other: Calibration) -> bool:
    return (one.raw, one.happened) == (other.raw, other.happened)


def forget(context: Context, applied: Applied) -> int:
    """Remove forecasts that no night learns from any more; says how many."""
    days = timedelta(days=applied.policy.forecast.calibrate_days)
    before, count = context.clock.now() - days - KEPT, 0
    while True:
        with context.database.write() as session:
            gone = forecasts.forget_before(session, before)
        count += gone
        if not gone:
            return count

"""When a person wants no push: hours of their own, or none for a while."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.errors import Invalid
from service.context import Context
from store import quiet as stored
from store.quiet import StoredQuiet

LONGEST = timedelta(days=365)


def of(context: Context, account: str, person: str) -> StoredQuiet:
    """What a person asked for; a time that is over is nothing."""
    with context.database.read() as session:
        found = stored.get(session, account, person)
    if found.until is not None and found.until <= context.clock.now():
        return StoredQuiet(hours=found.hours)
    return found


def hours(context: Context, account: str, person: str, wanted: tuple[time, time]) -> StoredQuiet:
    """No push between these, in the person's own day."""
    before = of(context, account, person)
    return _keep(context, account, person, StoredQuiet(hours=wanted, until=before.until))


def rest(context: Context, account: str, person: str, span: timedelta) -> StoredQuiet:
    """No push for so long.

    Raises:
        Invalid: longer than a year; `stop` is for ever.
    """
    if span > LONGEST:
        raise Invalid("a year at most", pointer="for", code="too_long")
    until = context.clock.now() + span
    before = of(context, account, person)
    return _keep(context, account, person, StoredQuiet(hours=before.hours, until=until))


def lift(context: Context, account: str, person: str) -> StoredQuiet:
    """Nothing of their own any more: what the vendor states holds."""
    return _keep(context, account, person, StoredQuiet())


def undisturbed_until(
    session: Session, account: str, person: str, zone: str, now: datetime
) -> datetime | None:
    """Until when a push has to wait for this person's own wishes; None: it need not."""
    found = stored.get(session, account, person)
    later = found.until if found.until is not None and found.until > now else now
    opening = _opening(found.hours, later, ZoneInfo(zone)) if found.hours else later
    return opening if opening > now else None


def _opening(quiet: tuple[time, time], at: datetime, zone: ZoneInfo) -> datetime:
    """The end of the quiet hours that `at` lies in, else `at` itself."""
    start, end = quiet
    local = at.astimezone(zone)
    clock = local.time()
    within = start <= clock < end if start <= end else clock >= start or clock < end
    if not within:
        return at
    day = local.date() + timedelta(1 if clock >= end else 0)
    return datetime.combine(day, end, zone).astimezone(UTC)


def _keep(context: Context, account: str, person: str, wanted: StoredQuiet) -> StoredQuiet:
    with context.database.write() as session:
        stored.set_to(session, account, person, wanted)
    return wanted

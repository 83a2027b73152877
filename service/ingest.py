"""Takes usage events in: each is checked, counted once, rolled up and kept, in one commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b

import msgspec
from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Invalid, TooLarge
from service.amounts import plain
from service.batch import Batch
from service.calendar import Calendar, next_daily
from service.context import Context
from service.totals import settle
from service.usage import OLDEST, Event, Kind, Rejection, Report, Rules
from store import accounts, totals, usage
from store.usage import Counted, How, StoredEvent

MOST = 1000
"""Usage events in one request."""
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_NEVER = date(1, 1, 1)
"""The day under which a meter that never resets keeps the things it counted: once for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of each item of a request; `accounts` are those whose usage changed."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]
    accounts: tuple[str, ...] = ()


def items(body: bytes) -> list[msgspec.Raw]:
    """The usage events in a body: one object, or an array of at most 1,000.

    Raises:
        Invalid: the body is not JSON, or something else.
        TooLarge: there are more.
    """
    one = body.lstrip(b" \t\r\n")[:1] == b"{"
    try:
        found = _ARRAY.decode(b"[" + body + b"]" if one else body)
    except msgspec.ValidationError:
        raise Invalid("send one usage event or an array of them", code="malformed") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None
    if one and len(found) != 1:
        raise Invalid("several objects: put them in an array", code="malformed")
    if len(found) > MOST:
        raise TooLarge(f"{len(found)} usage events: send at most {MOST} in one request")
    return found


def ingest(
    context: Context, events: Sequence[msgspec.Raw | Event], *, imported: bool = False
) -> Receipt:
    """Count usage events once each; what is in the receipt is durable.

    Imported history may be of any age, and its days never are a reason to speak.
    """
    catalogue, now = context.policy().catalogue, context.clock.now()
    rules = Rules(catalogue=catalogue, now=now, oldest=None if imported else OLDEST)
    checked = [rules.check(index, item) for index, item in enumerate(events)]
    reports = [c for c in checked if isinstance(c, Report)]
    rejected = [c for c in checked if isinstance(c, Rejection)]
    if not reports:
        return Receipt(accepted=0, duplicates=0, rejected=tuple(rejected))
    with context.database.write() as session:
        receipt = _keep(session, catalogue, reports, rejected, now, imported=imported)
    for account in receipt.accounts:
        context.signals.changed(account)
    return receipt


def _keep(
    session: Session,
    catalogue: Catalogue,
    reports: Sequence[Report],
    rejected: list[Rejection],
    now: datetime,
    *,
    imported: bool,
) -> Receipt:
    calendar = _calendar(session, catalogue, {r.account for r in reports})
    fresh, duplicates, conflicts = _sift(session, reports)
    missing = {r.account for r in fresh} - calendar.homes.keys()
    if missing:
        calendar = _welcome(session, calendar, [r for r in fresh if r.account in missing], now)
        # Somebody else may have made the account, and counted the same events, a moment ago.
        fresh, duplicates, conflicts = _sift(session, reports)
    settled = settle(session, fresh, calendar)
    new = [r for r in fresh if r.index not in settled.rejections]
    batch = Batch(calendar=calendar)
    for report in new:
        batch.take(report)
    for one in settled.additions:
        batch.add(How.ADD, one.account, one.meter, one.at, one.amount, 0)
    _count(session, batch, new)
    _write(session, batch, new, now, imported=imported)
    totals.add(session, settled.totals)
    every = [*rejected, *conflicts, *settled.rejections.values()]
    return Receipt(
        accepted=len(new),
        duplicates=duplicates,
        rejected=tuple(sorted(every, key=lambda r: r.index)),
        accounts=tuple(batch.first_days),
    )


def _calendar(session: Session, catalogue: Catalogue, ids: Iterable[str]) -> Calendar:
    return Calendar(catalogue=catalogue, homes=accounts.homes(session, ids))


def _welcome(
    session: Session, calendar: Calendar, reports: Sequence[Report], now: datetime
) -> Calendar:
    """Make the accounts that these events are the first of; they count from their own day."""
    since: dict[str, date] = {}
    for report in reports:
        day = calendar.place(report.account, report.at)[1]
        since[report.account] = min(day, since.get(report.account, day))
    zone = calendar.catalogue.product.time_zone
    accounts.create(session, since, now, next_daily(zone, now))
    return _calendar(session, calendar.catalogue, {*calendar.homes, *since})


def _sift(session: Session, reports: Sequence[Report]) -> tuple[list[Report], int, list[Rejection]]:
    """What is new, how many were seen before, and what only claims to have been."""
    known = usage.digests(session, [(r.account, r.id) for r in reports])
    fresh: list[Report] = []
    conflicts: list[Rejection] = []
    for report in reports:
        before = known.setdefault((report.account, report.id), report.digest)
        if before is report.digest:
            fresh.append(report)
        elif before != report.digest:
            conflicts.append(
                Rejection(
                    index=report.index,
                    code="id_conflict",
                    detail="id: this id was used for an event with other content",
                )
            )
    return fresh, len(reports) - len(fresh) - len(conflicts), conflicts


def _count(session: Session, batch: Batch, new: Sequence[Report]) -> None:
    """Add the things that `unique` meters had not met on their day (or ever) before."""
    reports = sorted((r for r in new if r.thing is not None), key=lambda r: r.at)
    counted = [_counted(r, batch.calendar) for r in reports]
    unseen = usage.add_unique(session, list(dict.fromkeys(counted)))
    for report, thing in zip(reports, counted, strict=True):
        amount = Decimal(int(thing in unseen))
        unseen.discard(thing)
        batch.add(How.ADD, report.account, report.meter.key, report.at, amount, 1)


def _counted(report: Report, calendar: Calendar) -> Counted:
    day = calendar.place(report.account, report.at)[1]
    return Counted(
        account=report.account,
        meter=report.meter.key,
        day=_NEVER if calendar.endless(report.meter) else day,
        value=blake2b(str(report.thing).encode(), digest_size=16).digest(),
    )


def _write(
    session: Session, batch: Batch, new: Sequence[Report], now: datetime, *, imported: bool
) -> None:
    kept = [_stored(report) for report in new]
    usage.add_events(session, kept, now)
    usage.add_frictions(session, [e for e in kept if e.kind == Kind.FRICTION])
    for how, hours in batch.hours.items():
        usage.add_hours(session, how, hours.values())
    for how, days in batch.days.items():
        usage.add_days(session, how, days.values(), backfilled=imported)
    usage.cap(session, batch.caps)
    usage.add_user_days(session, batch.user_days)
    if batch.first_days:
        accounts.reported(session, batch.first_days, now)
        usage.mark_due(session, sorted(batch.first_days), now)


def _stored(report: Report) -> StoredEvent:
    return StoredEvent(
        account=report.account,
        id=report.id,
        digest=report.digest,
        kind=report.kind,
        meter=report.meter.key,
        at=report.at,
        user=report.user,
        value=_value(report),
        correction=report.correction,
    )


def _value(report: Report) -> str | None:
    if report.kind is Kind.FRICTION:
        return None
    return report.thing if report.thing is not None else plain(report.amount)

"""Keeps checked usage events: each counted once, rolled up and stored, within one unit of work."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TypeAlias

from sqlmodel import Session

from engine.catalogue import Catalogue
from service.amounts import plain
from service.batch import Batch
from service.calendar import Calendar, next_daily
from service.totals import settle
from service.usage import Kind, Rejection, Report
from store import accounts, totals, usage
from store.usage import Counted, How, StoredEvent

Fate: TypeAlias = Rejection | bool
"""What became of an event: kept (True), seen before (False), or refused."""
_NEVER = date(1, 1, 1)
"""The day under which a meter that never resets keeps the things it counted: once for good."""


def keep(
    session: Session,
    catalogue: Catalogue,
    reports: Sequence[Report],
    now: datetime,
    *,
    imported: bool,
) -> list[Fate]:
    """Count the events that are new, and say of each what became of it."""
    names = {r.account for r in reports}
    if strangers := accounts.missing(session, names):
        _welcome(session, catalogue, [r for r in reports if r.account in strangers], now)
    calendar = Calendar(catalogue=catalogue, homes=accounts.homes(session, names))
    fates = _sift(session, reports)
    fresh = [n for n, fate in enumerate(fates) if fate is True]
    settled = settle(session, [reports[n] for n in fresh], calendar)
    for place, rejection in settled.rejections.items():
        fates[fresh[place]] = rejection
    new = [r for r, f in zip(reports, fates, strict=True) if f is True]
    batch = Batch(calendar=calendar)
    for report in new:
        batch.take(report)
    for one in settled.additions:
        batch.add(How.ADD, one.account, one.meter, one.at, one.amount, 0)
    _count(session, batch, new)
    _write(session, batch, new, now, imported=imported)
    totals.add(session, settled.totals)
    return fates


def _welcome(
    session: Session, catalogue: Catalogue, reports: Sequence[Report], now: datetime
) -> None:
    """Make the accounts that these events are the first of, before any is locked.

    The first event of an account is always taken, so none is made for nothing.
    """
    calendar, since = Calendar(catalogue=catalogue, homes={}), dict[str, date]()
    for report in reports:
        day = calendar.place(report.account, report.at)[1]
        since[report.account] = min(day, since.get(report.account, day))
    accounts.create(session, since, now, next_daily(catalogue.product.time_zone, now))


def _sift(session: Session, reports: Sequence[Report]) -> list[Fate]:
    """What is new, what was seen before, and what only claims to have been."""
    known = usage.digests(session, [(r.account, r.id) for r in reports])
    fates: list[Fate] = []
    for report in reports:
        before = known.setdefault((report.account, report.id), report.digest)
        if before is report.digest or before == report.digest:
            fates.append(before is report.digest)
            continue
        detail = "id: this id was used for an event with other content"
        fates.append(Rejection(index=report.index, code="id_conflict", detail=detail))
    return fates


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
    kept = [_stored(report, now) for report in new]
    usage.add_events(session, kept)
    usage.add_frictions(session, [e for e in kept if e["kind"] == Kind.FRICTION])
    for how, hours in batch.hours.items():
        usage.add_hours(session, how, hours.values())
    for how, days in batch.days.items():
        usage.add_days(session, how, days.values(), backfilled=imported)
    usage.cap(session, batch.caps)
    usage.add_user_days(session, batch.user_days)
    if batch.first_days:
        accounts.reported(session, batch.first_days, now)
        usage.mark_due(session, sorted(batch.first_days), now)


def _stored(report: Report, now: datetime) -> StoredEvent:
    return {
        "account": report.account,
        "id": report.id,
        "digest": report.digest,
        "kind": report.kind,
        "meter": report.meter.key,
        "at": report.at,
        "user": report.user,
        "value": _value(report),
        "correction": report.correction,
        "received_at": now,
    }


def _value(report: Report) -> str | None:
    if report.kind is Kind.FRICTION:
        return None
    return report.thing if report.thing is not None else plain(report.amount)

"""Keeps checked usage events: each counted once and rolled up, within one unit of work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import TypeAlias

from sqlmodel import Session

from engine.catalogue import Catalogue
from service.batch import Batch
from service.calendar import Calendar, next_daily
from service.checked import Checked
from service.lateness import LEAST
from service.totals import Settled, Told, mixed, settle
from service.usage import ADDED, Kind, Rejection, Report
from store import accounts, totals, usage, watch
from store.seen import Seen
from store.types import MICRO
from store.usage import Counted, How, StoredFriction

Fate: TypeAlias = Rejection | bool | None
"""What became of an event: kept (True), seen before (False), refused; or None: nothing was wrong
with it, but with another that it was to be kept with."""
_NEVER = date(1, 1, 1)
"""The day under which a meter that never resets keeps the things it counted: once for good."""
_NOTED = timedelta(minutes=1)
"""How exactly it is known when an account last reported; a row less to write per account."""
_USED = "id: this id was used for an event with other content"


class Mixed(Exception):
    """A meter told by totals may have been sent events: look closely, in a new unit of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The fates of each load's events, and the accounts that are due for a look."""

    fates: list[list[Fate]]
    due: list[str]


def keep(
    session: Session,
    seen: Seen,
    catalogue: Catalogue,
    loads: Sequence[Checked],
    now: datetime,
    *,
    careful: bool = False,
) -> Kept:
    """Count the events that are new, and say of each what became of it.

    `careful`: ask of each event whether its meter is told by totals.

    Raises:
        Mixed: one is, and nobody was careful.
        Raced: another process kept one of these events meanwhile.
    """
    names = {row[3] for load in loads for row in load.rows}
    homes = accounts.homes(session, names)
    if strangers := names - homes.keys():
        _welcome(session, catalogue, loads, strangers, now)
        homes = accounts.homes(session, names)
    calendar = Calendar(catalogue=catalogue, homes=homes)
    fates = sift(session, seen, loads)
    settled = _settle(session, loads, fates, calendar, None if careful else set())
    new = [[place for place, fate in enumerate(found) if fate is True] for found in fates]
    reports = [report for _, _, report in _reports(loads, fates)]
    batch = Batch(calendar=calendar, hours_from=(now - LEAST).date())
    batch.take_all(zip(loads, new, strict=True))
    for one in settled.additions:
        batch.add(How.ADD, one.account, one.meter, one.at, one.amount, 0)
    _count(session, batch, reports)
    rows = [load.rows[place] for load, places in zip(loads, new, strict=True) for place in places]
    seen.add(session, [row[1] for row in rows], [row[2] for row in rows], now)
    _write(session, batch, reports, now, imported=loads[0].imported)
    totals.add(session, settled.totals)
    return Kept(fates=fates, due=_due(session, batch, reports, now, careful=careful, loads=loads))


def judged(
    session: Session, seen: Seen, catalogue: Catalogue, loads: Sequence[Checked]
) -> list[list[Fate]]:
    """What `keep` would make of them as things stand, without keeping any."""
    names = {row[3] for load in loads for row in load.rows}
    calendar = Calendar(catalogue=catalogue, homes=accounts.homes(session, names, held=False))
    fates = sift(session, seen, loads)
    _settle(session, loads, fates, calendar, watch.told(session, names))
    return fates


def _welcome(
    session: Session,
    catalogue: Catalogue,
    loads: Sequence[Checked],
    strangers: set[str],
    now: datetime,
) -> None:
    """Make the accounts that these events are the first of, before any is locked.

    The first event of an account is always taken, so none is made for nothing.
    """
    calendar, since = Calendar(catalogue=catalogue, homes={}), dict[str, date]()
    for load in loads:
        for _, _, _, account, _, stamp, _, _ in load.rows:
            if account in strangers:
                day = calendar.place(account, datetime.fromtimestamp(stamp, UTC))[1]
                since[account] = min(day, since.get(account, day))
    accounts.create(session, since, now, next_daily(catalogue.product.time_zone, now))


def sift(session: Session, seen: Seen, loads: Sequence[Checked]) -> list[list[Fate]]:
    """What is new, what was seen before, and what only claims to have been."""
    keys = [row[1] for load in loads for row in load.rows]
    before = seen.known(session, keys)
    return sifted(loads, {keys[place]: content for place, content in before.items()})


def sifted(loads: Sequence[Checked], known: dict[bytes, bytes]) -> list[list[Fate]]:
    """The same, where the contents of the keys seen before are `known`."""
    keys = {row[1] for load in loads for row in load.rows}
    if not known and len(keys) == sum(map(len, loads)):
        return [[True] * len(load) for load in loads]
    return [
        [_fate(known, key, content, index) for index, key, content, *_ in load.rows]
        for load in loads
    ]


def together(load: Checked, fates: list[Fate]) -> list[Fate]:
    """What becomes of a load's events: of one that is kept whole none, where one is refused."""
    if load.whole and any(isinstance(fate, Rejection) for fate in fates):
        return [None if fate is True else fate for fate in fates]
    return fates


def _fate(known: dict[bytes, bytes], key: bytes, content: bytes, index: int) -> Fate:
    before = known.setdefault(key, content)
    if before is content:
        return True
    if before in (content, b""):  # Empty: kept by a version that noted ids only.
        return False
    return Rejection(index=index, code="id_conflict", detail=_USED)


def _reports(
    loads: Sequence[Checked], fates: Sequence[list[Fate]]
) -> Iterator[tuple[int, int, Report]]:
    """The new ones among the reports, with the numbers of their load and their place."""
    for number, (load, found) in enumerate(zip(loads, fates, strict=True)):
        for place, report in load.reports.items():
            if found[place] is True:
                yield number, place, report


def _settle(
    session: Session,
    loads: Sequence[Checked],
    fates: list[list[Fate]],
    calendar: Calendar,
    by_totals: set[tuple[str, str]] | None,
) -> Settled:
    """Place the totals; refuse those, and those events, that don't go together.

    `by_totals`: the meters that are known to be told by totals; None: any may be.
    """
    told = {
        (r.account, r.meter.key)
        for _, _, r in _reports(loads, fates)
        if r.kind is Kind.TOTAL and r.meter.aggregation in ADDED
    }
    told |= by_totals or set()
    if told or by_totals is None:
        where, subjects = _subjects(loads, fates, None if by_totals is None else told)
        for place, rejection in mixed(session, subjects, calendar).items():
            number, inside = where[place]
            fates[number][inside] = rejection
    numbered = list(_reports(loads, fates))
    settled = settle(session, enumerate(report for _, _, report in numbered), calendar)
    for place, rejection in settled.rejections.items():
        number, inside, _ = numbered[place]
        fates[number][inside] = rejection
    return settled


def _subjects(
    loads: Sequence[Checked],
    fates: Sequence[list[Fate]],
    told: set[tuple[str, str]] | None,
) -> tuple[list[tuple[int, int]], list[Told]]:
    """New events that add up, of these meters or (None) of all."""
    where: list[tuple[int, int]] = []
    subjects: list[Told] = []
    for number, (load, found) in enumerate(zip(loads, fates, strict=True)):
        for place, fate in enumerate(found):
            index, _, _, account, meter, stamp, _, _ = load.rows[place]
            report = load.reports.get(place)
            if fate is not True or meter.aggregation not in ADDED:
                continue
            if report is not None and report.kind is Kind.FRICTION:
                continue
            if told is None or (account, meter.key) in told:
                where.append((number, place))
                subjects.append(
                    Told(
                        place=len(subjects),
                        index=index,
                        account=account,
                        meter=meter,
                        at=datetime.fromtimestamp(stamp, UTC),
                        total=report is not None and report.kind is Kind.TOTAL,
                    )
                )
    return where, subjects


def _count(session: Session, batch: Batch, new: Sequence[Report]) -> None:
    """Add the things that `unique` meters had not met on their day (or ever) before."""
    reports = sorted((r for r in new if r.thing is not None), key=lambda r: r.at)
    counted = [_counted(r, batch.calendar) for r in reports]
    unseen = usage.add_unique(session, list(dict.fromkeys(counted)))
    for report, thing in zip(reports, counted, strict=True):
        amount = MICRO if thing in unseen else 0
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
    session: Session, batch: Batch, reports: Sequence[Report], now: datetime, *, imported: bool
) -> None:
    frictions = [
        StoredFriction(account=r.account, at=r.at, id=r.id, user=str(r.user), meter=r.meter.key)
        for r in reports
        if r.kind is Kind.FRICTION
    ]
    usage.add_frictions(session, frictions)
    for how, hours in batch.hours.items():
        usage.add_hours(session, how, hours)
    for how, days in batch.days.items():
        usage.add_days(session, how, days, backfilled=imported)
    usage.cap(session, batch.caps)
    usage.add_user_days(session, batch.user_days)
    accounts.reported(session, _unnoted(batch, now), now)


def _unnoted(batch: Batch, now: datetime) -> dict[str, date]:
    """The accounts whose last report was noted too long ago, with their first day."""
    homes, edge = batch.calendar.homes, now - _NOTED
    return {
        account: day
        for account, day in batch.first_days.items()
        if (home := homes[account]).since is None
        or home.last_report is None
        or not edge < home.last_report <= now
    }


def _due(
    session: Session,
    batch: Batch,
    reports: Sequence[Report],
    now: datetime,
    *,
    careful: bool,
    loads: Sequence[Checked],
) -> list[str]:
    """Mark the accounts whose usage has reached what is worth a look, and say which."""
    watched = [w for how, gains in batch.gains().items() for w in watch.add(session, how, gains)]
    told = {(w.account, w.meter) for w in watched if w.told} - batch.told.keys()
    if told and not careful:
        raise Mixed
    if loads[0].imported:
        return []
    due = {w.account for w in watched if w.due}
    due |= {r.account for r in reports if r.kind is Kind.FRICTION}
    usage.mark_due(session, sorted(due), now)
    return sorted(due)

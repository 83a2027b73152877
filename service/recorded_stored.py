"""Makes the record of an account from what Segue keeps of it: hours of use, people, wrong times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.record import Record, Track
from engine.usage import Aggregation, MeterKind, MeterUse, PeriodKind, period_of
from service.backtest_source import Source
from store import accounts, facts, recorded
from store.database import Database

_LEVELS = (Aggregation.MAX, Aggregation.LATEST)
_MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrigin:
    """The database of a running Segue, as far as it is known at `now`."""

    url: str
    now: datetime

    def open(self) -> Source:
        """Open the database for reading."""
        return _Stored(self)


class _Stored:
    """Reads an account at a time, so that no view of the database is held for long."""

    def __init__(self, origin: StoredOrigin) -> None:
        self._now, self._database = origin.now, Database(origin.url, patient=True)

    def names(self) -> list[str]:
        """Every account with usage."""
        with self._database.read() as session:
            return recorded.accounts(session)

    def span(self) -> tuple[datetime, datetime]:
        """From ever on until now."""
        with self._database.read() as session:
            first = recorded.first(session)
        return first or self._now, self._now

    def record(self, account: str, catalogue: Catalogue) -> Record:
        """One account as stored."""
        with self._database.read() as session:
            return record(session, account, catalogue, self._now)

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()


def record(session: Session, account: str, catalogue: Catalogue, now: datetime) -> Record:
    """One account as stored, under a catalogue that may differ from the one in force."""
    known = facts.load(session, account, now, catalogue)
    home = accounts.get(session, account)
    assert known is not None
    assert home is not None
    plan = catalogue.plans.get(home.plan or "")
    since = known.account.since
    reader = _Reader(
        session=session,
        account=account,
        zone=ZoneInfo(known.account.time_zone),
        kind=plan.period if plan else PeriodKind.MONTH,
        anchor=home.anchor or (since.day if since else 1),
    )
    tracks = reader.tracks(known.meters)
    users, tracks = _owned(tracks, recorded.user_days(session, account), reader.zone)
    return Record(
        account=known.account,
        tracks=tracks,
        period=reader.kind,
        anchor=reader.anchor,
        users=users,
        people=known.people,
        frictions=recorded.frictions(session, account),
        blockers=recorded.blockers(session, account),
        plan_changes=known.plan_changes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What turns an account's buckets into tracks."""

    session: Session
    account: str
    zone: ZoneInfo
    kind: PeriodKind
    anchor: int

    def tracks(self, meters: Sequence[MeterUse]) -> tuple[Track, ...]:
        """Every meter's hours, under the limits that hold now."""
        found: dict[str, list[tuple[float, float]]] = {}
        for meter, at, amount in recorded.hours(self.session, self.account):
            found.setdefault(meter, []).append((at.timestamp(), amount))
        late = recorded.backfilled(self.session, self.account)
        return tuple(
            self._track(meter, found.get(meter.key, []), late.get(meter.key, frozenset()))
            for meter in meters
        )

    def _track(
        self, meter: MeterUse, hours: list[tuple[float, float]], late: frozenset[date]
    ) -> Track:
        if meter.aggregation is Aggregation.UNIQUE and meter.kind is MeterKind.RESET:
            hours = self._new(meter.key)
        return Track(
            key=meter.key,
            name_one=meter.name_one,
            name_other=meter.name_other,
            value=meter.value,
            kind=meter.kind,
            aggregation=meter.aggregation,
            meaningful=meter.meaningful,
            at_limit=meter.at_limit,
            limit=meter.limit,
            limit_known=meter.limit_known,
            at=np.array([at for at, _ in hours], dtype=np.float64),
            amount=np.array([amount for _, amount in hours], dtype=np.float64),
            owner=np.full(len(hours), -1, dtype=np.int64),
            next_limit=meter.next_limit,
            lower_limit=meter.lower_limit,
            backfilled=late,
        )

    def _new(self, meter: str) -> list[tuple[float, float]]:
        """How many things each day met for the first time in its period."""
        counts: dict[date, int] = {}
        seen = set[tuple[date, bytes]]()
        for day, thing in recorded.things(self.session, self.account, meter):
            key = (period_of(self.kind, day, self.anchor).start, thing)
            if key not in seen:
                seen.add(key)
                counts[day] = counts.get(day, 0) + 1
        last = recorded.last_of_days(self.session, self.account, meter)
        return sorted((last[day].timestamp(), float(n)) for day, n in counts.items() if day in last)


def _owned(
    tracks: tuple[Track, ...], days: Mapping[date, Sequence[str]], zone: ZoneInfo
) -> tuple[tuple[str, ...], tuple[Track, ...]]:
    """Say whose each day's value was: of users only their days are kept, not their amounts."""
    users = tuple(sorted({user for names in days.values() for user in names}))
    index = {user: n for n, user in enumerate(users)}
    left = dict(days)
    out = []
    for track in tracks:
        mine: dict[int, Sequence[str]] = {}
        if track.meaningful:
            local = [datetime.fromtimestamp(at, zone).date() for at in track.at.tolist()]
            for place, day in enumerate(local):
                if day in left and track.amount[place] > 0:
                    mine[place] = left.pop(day)
        out.append(_shared(track, mine, index))
    return users, tuple(out)


def _shared(track: Track, mine: Mapping[int, Sequence[str]], index: Mapping[str, int]) -> Track:
    """The track with some events told apart by user, each a part; together they stay the same."""
    if not mine:
        return track
    at, amount, owner = [], [], []
    for place, (when, whole) in enumerate(
        zip(track.at.tolist(), track.amount.tolist(), strict=True)
    ):
        names = mine.get(place, ())
        parts = [whole] * max(len(names), 1)
        if len(names) > 1 and track.aggregation not in _LEVELS:
            each, rest = divmod(round(whole * _MICROS), len(names))
            parts = [(each + (n < rest)) / _MICROS for n in range(len(names))]
        at += [when] * len(parts)
        amount += parts
        owner += [index[name] for name in names] or [-1]
    return replace(
        track,
        at=np.array(at, dtype=np.float64),
        amount=np.array(amount, dtype=np.float64),
        owner=np.array(owner, dtype=np.int64),
    )

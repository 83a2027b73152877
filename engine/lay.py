"""A record laid out by days: its calendar, its meters, its people, and its timeline."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from engine.history import HISTORY_DAYS, Flags, Floats, Ints
from engine.policy import Policy
from engine.record import Record, Track
from engine.series import Looks, Series
from engine.snapshot import UserDays
from engine.timeline import Days, Timeline, UserRows
from engine.tracks import Calendar, Laid, lay, look_again
from engine.usage import Aggregation, MeterKind
from engine.zones import local_days, looks, period_starts

_SILENCE = HISTORY_DAYS + 20
"""After so many silent days nothing changes any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A record by days. `begin`: index of the first look that knows of any use.

    `looked`: how many days are looked at; the last may end before its look. `rest`: days after the
    last of the calendar up to `end`, on which nothing changes any more.
    """

    record: Record
    calendar: Calendar
    tracks: tuple[Laid, ...]
    users: tuple["UserLine", ...]
    timeline: Timeline
    begin: int
    looked: int
    rest: int
    end: float

    @property
    def live_since(self) -> datetime:
        """When Segue began to speak for the account: with its first use."""
        return datetime.fromtimestamp(min(t.at[0] for t in self.tracks if len(t.at)), UTC)

    def user_days(self, index: int, at: float) -> tuple[UserDays, ...]:
        """Who had done what by an instant of a day."""
        found = (user.until(self.calendar.first + index, at) for user in self.users)
        return tuple(user for user in found if user is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLine:
    """One user's value days, oldest first, and when each of them was first known."""

    user: str
    days: tuple[date, ...]
    known: tuple[float, ...]

    def until(self, today: int, at: float) -> UserDays | None:
        """What was known of the user at an instant; None: nothing."""
        stop = bisect_right(self.known, at)
        start = bisect_right(self.days, date.fromordinal(today - HISTORY_DAYS - 1), 0, stop)
        return UserDays(user=self.user, days=self.days[start:stop]) if start < stop else None


def recording(record: Record, end: datetime) -> Recording | None:
    """Lay a record out up to `end`; None where nothing came in by then."""
    zone, stop = record.account.time_zone, end.timestamp()
    known = [t.at[: int(np.searchsorted(t.at, stop, side="right"))] for t in record.tracks]
    some = [stamps for stamps in known if len(stamps)]
    if not some:
        return None
    first = min(int(local_days(stamps[:1], zone)[0]) for stamps in some)
    newest = max(float(stamps[-1]) for stamps in some)
    felt = [f.at.timestamp() for f in record.frictions if f.at <= end]
    newest_day = int(local_days(np.array([max([newest, *felt])]), zone)[0])
    end_day = end.astimezone(ZoneInfo(zone)).date().toordinal()
    look_day = end_day - int(looks(zone, end_day, end_day)[0] > stop)
    last = max(min(end_day, newest_day + _SILENCE), first)
    calendar = _calendar(record, first, last)
    tracks = tuple(
        lay(_until(track, len(stamps)), calendar)
        for track, stamps in zip(record.tracks, known, strict=True)
    )
    users, rows = _users(record, tracks, calendar)
    first_at = min(float(stamps[0]) for stamps in some)
    begin = int(np.searchsorted(calendar.looks, first_at))
    return Recording(
        record=record,
        calendar=calendar,
        tracks=tracks,
        users=users,
        timeline=_timeline(record, tracks, calendar, rows),
        begin=begin,
        looked=max(min(look_day, last) - first + 1, 0),
        rest=max(look_day - last, 0),
        end=stop,
    )


def looked_again(laid: Recording, at: Floats) -> Recording:
    """The same record, each day looked at at another time than nine."""
    calendar = replace(laid.calendar, looks=at)
    tracks = tuple(look_again(track, calendar) for track in laid.tracks)
    line, users = laid.timeline, laid.timeline.users
    known = [np.array(user.known) for user in laid.users]
    early = np.concatenate(known) <= at[users.day] if known else users.early
    return replace(
        laid,
        calendar=calendar,
        tracks=tracks,
        timeline=replace(
            line, looked=_days(tracks, calendar, 1), users=replace(users, early=early)
        ),
    )


def _until(track: Track, count: int) -> Track:
    if count == len(track.at):
        return track
    return replace(
        track, at=track.at[:count], amount=track.amount[:count], owner=track.owner[:count]
    )


def _calendar(record: Record, first: int, last: int) -> Calendar:
    starts = period_starts(record.period, record.anchor, first, last)
    days = np.arange(first, last + 1)
    return Calendar(
        zone=record.account.time_zone,
        first=first,
        looks=looks(record.account.time_zone, first, last),
        kind=record.period,
        starts=starts,
        period=np.searchsorted(starts, days, side="right") - 1,
    )


def _timeline(
    record: Record, tracks: tuple[Laid, ...], calendar: Calendar, users: UserRows
) -> Timeline:
    whole, looked = (_days(tracks, calendar, which) for which in (0, 1))
    meaningful = _in_use(tracks)
    closed = [t.closed[int(calendar.period[t.begin]) :] for t in meaningful]
    return Timeline(
        first=calendar.first,
        whole=whole,
        looked=looked,
        users=users,
        closed=max(closed, key=len, default=()),
        since=record.account.since or _first_value(whole.value, calendar),
        seats=record.account.seats,
        integrated=bool(record.account.integrations),
    )


def _days(tracks: Sequence[Laid], calendar: Calendar, which: int) -> Days:
    """What came in on each day: whole, or as its look knew it."""
    some = _in_use(tracks)
    changed = [track.changes()[which] for track in some]
    by_meter = tuple(change > 0 for change in changed)
    return Days(
        value=_any(by_meter, calendar.size),
        by_meter=by_meter,
        flows=tuple(change for track, change in zip(some, changed, strict=True) if track.flow),
    )


def _in_use(tracks: Sequence[Laid]) -> list[Laid]:
    return [track for track in tracks if track.track.meaningful and len(track.at)]


def _any(flags: Sequence[Flags], size: int) -> Flags:
    return np.logical_or.reduce(flags) if flags else np.zeros(size, dtype=np.bool_)


def _first_value(value: Flags, calendar: Calendar) -> date | None:
    hits = np.flatnonzero(value)
    return calendar.date(int(hits[0])) if len(hits) else None


def _users(
    record: Record, tracks: tuple[Laid, ...], calendar: Calendar
) -> tuple[tuple[UserLine, ...], UserRows]:
    """Each user's value days, and the same as rows for the timeline."""
    meaningful = [t for t in tracks if t.track.meaningful]
    if not record.users or not meaningful:
        none = np.zeros(0, dtype=np.int64)
        return (), UserRows(owner=none, day=none, early=np.zeros(0, dtype=np.bool_))
    owner, day, at = (
        np.concatenate(parts) for parts in zip(*(_value_rows(t) for t in meaningful), strict=True)
    )
    order = np.lexsort((at, day, owner))
    owner, day, at = owner[order], day[order], at[order]
    new = np.ones(len(owner), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (day[1:] != day[:-1])
    owner, day, at = owner[new], day[new], at[new]
    edges = np.searchsorted(owner, np.arange(len(record.users) + 1))
    lines = tuple(
        UserLine(
            user=user,
            days=tuple(calendar.date(d) for d in day[low:high].tolist()),
            known=tuple(at[low:high].tolist()),
        )
        for user, low, high in zip(record.users, edges[:-1], edges[1:], strict=True)
        if low < high
    )
    return lines, UserRows(owner=owner, day=day, early=at <= calendar.looks[day])


def _value_rows(track: Laid) -> tuple[Ints, Ints, Floats]:
    amount = track.track.amount[: len(track.at)]
    mine = (track.owner >= 0) & ((amount > 0) | (track.track.aggregation is Aggregation.UNIQUE))
    return track.owner[mine], track.day[mine], track.at[mine]


def pressing(track: Laid, policy: Policy, share: float) -> tuple[Series, Looks] | None:
    """The track as a series, and the days on which at least `share` of its limit is used."""
    spec = track.track
    foreseen = track.flow or spec.kind is MeterKind.CUMULATIVE
    if not (spec.meaningful and spec.limit_known and spec.limit is not None and foreseen):
        return None
    bar = float(spec.limit * Decimal(repr(share)))
    days = np.flatnonzero((track.used >= bar) & (track.used > 0))
    if not len(days):
        return None
    calendar, change = track.calendar, track.changes()
    usable, begin = track.usable()
    resets = track.flow and len(calendar.starts) > 1
    period = calendar.period[days]
    ordinal = calendar.first + days
    start = calendar.starts[period] - calendar.first if resets else np.zeros_like(days)
    ahead = (
        calendar.starts[period + 1] - ordinal
        if resets
        else np.full(len(days), policy.forecast.horizon_days)
    )
    return (
        Series(
            meter=spec.key,
            first=calendar.first,
            days=change[0],
            usable=usable,
            begin=begin,
            flow=track.flow,
            limit=float(spec.limit),
        ),
        Looks(
            index=days,
            used=track.used[days],
            so_far=change[1][days],
            start=np.maximum(start, 0),
            ahead=ahead,
        ),
    )

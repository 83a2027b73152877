"""What the recorded usage itself says came of it: which limits were passed, and stayed passed."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from engine.record import Amounts, Record, Track
from engine.usage import Aggregation, MeterKind, PeriodKind, period_of

Cuts: TypeAlias = NDArray[np.int64]
DAY = 86400.0
AHEAD = (3.0, 30.0)
"""An ask is in time for an account that outgrows its plan from 30 to 3 days before."""
_FEW_DAYS, _YOUNG, _SILENT = 5, 45 * DAY, 60 * DAY
_LEVELS = (Aggregation.MAX, Aggregation.LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A meter's periods: when each began, and when it passed the limit, if it did (epochs).

    `judged`: how many of them, from the first, are over. `since`: what lies before is not known.
    """

    meter: str
    starts: tuple[float, ...]
    at: tuple[float | None, ...]
    judged: int
    since: float

    def outgrown(self) -> float | None:
        """When the limit was first passed in a period whose next period passed it too."""
        for passed, again in pairwise(self.at):
            if passed is not None and again is not None and passed >= self.since:
                return passed
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an ask was right; None: the data end too soon to say.

    `passed`: the limit was passed in the period of the ask; `stayed`: in the next one as well;
    `lead`: days from the ask until then, negative where it came after.
    """

    passed: bool | None
    stayed: bool | None
    lead: float | None


UNKNOWN = Verdict(passed=None, stayed=None, lead=None)


def passed(record: Record, end: datetime) -> dict[str, Passed]:
    """The periods of every meter that has a limit, up to the end of the data."""
    since = max((change.at.timestamp() for change in record.plan_changes), default=-np.inf)
    return {
        track.key: _passed(track, record, end, since)
        for track in record.tracks
        if track.meaningful and track.limit is not None and track.limit_known and len(track.at)
    }


def verdict(of: Passed | None, at: datetime) -> Verdict:
    """Whether an ask at this instant was right."""
    if of is None or at.timestamp() < of.since:
        return UNKNOWN
    i = bisect_right(of.starts, at.timestamp()) - 1
    if i < 0:
        return UNKNOWN
    here, there = _known(of, i), _known(of, i + 1)
    crossed = of.at[i]
    return Verdict(
        passed=here,
        stayed=there if here else here,
        lead=None if crossed is None else (crossed - at.timestamp()) / DAY,
    )


def experimenting(record: Record, end: datetime) -> bool:
    """Whether the account only ever tried things: on few days, or shortly and then no more."""
    used = [t.at[t.amount > 0] for t in record.tracks if t.meaningful]
    at = np.sort(np.concatenate(used)) if used else np.zeros(0)
    if len(np.unique(at // DAY)) < _FEW_DAYS:
        return True
    return bool(at[-1] - at[0] <= _YOUNG and end.timestamp() - at[-1] >= _SILENT)


def _known(of: Passed, i: int) -> bool | None:
    if i < len(of.at) and of.at[i] is not None:
        return True
    return False if i < of.judged else None


def _passed(track: Track, record: Record, end: datetime, since: float) -> Passed:
    starts = edges(track, record, end)
    cuts = np.searchsorted(track.at, starts)
    reached = levels(track, cuts)
    at: list[float | None] = []
    limit = float(track.limit or 0)
    bar = limit + 1e-9 * max(1.0, limit)
    for start, low, high in zip(starts, cuts[:-1].tolist(), cuts[1:].tolist(), strict=False):
        over = np.flatnonzero(reached[low:high] > bar)
        if track.kind is MeterKind.CUMULATIVE and low and reached[low - 1] > bar:
            at.append(start)  # What is above does not come down by itself.
        else:
            at.append(float(track.at[low + over[0]]) if len(over) else None)
    return Passed(
        meter=track.key,
        starts=tuple(starts[:-1]),
        at=tuple(at),
        judged=bisect_right(starts, end.timestamp()) - 1,
        since=since,
    )


def edges(track: Track, record: Record, end: datetime) -> list[float]:
    """Where the meter's periods begin, up to one past the end, for a meter that was used.

    Of what never resets, the months stand for them.
    """
    endless = track.kind is MeterKind.CUMULATIVE or record.period is PeriodKind.NONE
    kind = PeriodKind.MONTH if endless else record.period
    zone = ZoneInfo(record.account.time_zone)
    day = datetime.fromtimestamp(float(track.at[0]), zone).date()
    period = period_of(kind, day, record.anchor)
    found = [_midnight(period.start, zone)]
    while period.end is not None and found[-1] <= end.timestamp():
        found.append(_midnight(period.end, zone))
        period = period_of(kind, period.end, record.anchor)
    return found


def levels(track: Track, cuts: Cuts) -> Amounts:
    """What is held against the limit after each event; `cuts`: where periods begin among them."""
    if track.aggregation is Aggregation.LATEST:
        return track.amount
    if track.kind is MeterKind.CUMULATIVE and track.aggregation not in _LEVELS:
        return np.cumsum(track.amount)
    running = np.maximum.accumulate if _peaks(track) else np.cumsum
    parts = [running(part) for part in np.split(track.amount, cuts[1:-1]) if len(part)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _peaks(track: Track) -> bool:
    return track.aggregation is Aggregation.MAX or track.kind is MeterKind.PEAK


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).astimezone(UTC).timestamp()


def local_day(at: float, zone: str) -> date:
    """The day of an epoch on a clock."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def end_of_day(at: float) -> datetime:
    """The last instant of the UTC day that holds an epoch: as far as data reach."""
    day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1) - timedelta(microseconds=1)

"""On which days of a recording anything could be due at all: a quick and generous reading.

A day that is passed over here is silent for sure; a busy one is decided in full.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.forecast import Prospects
from engine.history import MONTH, Flags, Floats, counts
from engine.lay import Recording
from engine.policy import DataPolicy, Policy
from engine.reading import MONTHLY
from engine.restraint import SUSPECT_BEFORE
from engine.tracks import CLOSED, Laid, steps
from engine.usage import AtLimit

_SLACK = 1e-9


def busy_days(
    laid: Recording, prospects: Mapping[str, Prospects], fleeting: Flags, policy: Policy
) -> Flags:
    """The days on whose look a moment may hold.

    `prospects`: the forecasts of each meter; `fleeting`: days with a moment that passes by itself.
    """
    size = laid.calendar.size
    if policy.right_size.enabled:
        return np.ones(size, dtype=np.bool_)
    busy = fleeting.copy()
    for track in laid.tracks:
        if _told(track):
            busy |= _pressed(track, prospects.get(track.track.key), policy)
        if track.track.meaningful:
            busy |= _over(track, policy)
    return busy


def watched_days(laid: Recording, turning: Mapping[int, Sequence[float]]) -> Flags:
    """The days after whose look usage may pass a guard before the next; `turning`: when, by day."""
    watched = np.zeros(laid.calendar.size, dtype=np.bool_)
    instants = [at for of_day in turning.values() for at in of_day]
    before = np.searchsorted(laid.calendar.looks, instants, side="left") - 1
    watched[np.maximum(before, 0)] = True
    return watched


def steady_days(track: Laid, policy: DataPolicy) -> Flags:
    """The days on which no day of the last four weeks is many times the highest before it."""
    padded = np.concatenate((np.zeros(SUSPECT_BEFORE), track.whole))
    highest = sliding_window_view(padded, SUSPECT_BEFORE).max(axis=1)[: track.calendar.size]
    bar = np.where(highest > 0, policy.suspect_jump * highest, np.inf)
    early = counts(track.whole > bar)
    index = np.arange(track.calendar.size)
    lately = early[index] - early[np.maximum(index - MONTH, 0)]
    steady: Flags = (lately == 0) & ~(track.looked > bar)
    return steady


def turning_points(track: Laid, policy: Policy) -> Flags:
    """The events at which a moment may begin: those that a guard could have been waiting for."""
    turning = np.zeros(len(track.at), dtype=np.bool_)
    if _told(track):
        turning |= steps(track, bars_of(track, policy))
    if track.track.meaningful and track.flow:
        turning |= _milestones(track, policy)
    return turning


def _told(track: Laid) -> bool:
    """Whether anything is said of the meter's limit."""
    spec = track.track
    told = spec.meaningful or spec.at_limit is AtLimit.STOPS
    return told and spec.limit is not None and spec.limit_known


def bars_of(track: Laid, policy: Policy) -> Floats:
    """The amounts at which a moment may begin, in order of size."""
    limit = track.track.limit or Decimal(0)
    return np.array([float(limit * Decimal(repr(share))) for share in _shares(policy)])


def _shares(policy: Policy) -> list[float]:
    return sorted({policy.pace.used, policy.approaching.used, 1.0})


def _pressed(track: Laid, prospects: Prospects | None, policy: Policy) -> Flags:
    """The limit is met or near, or will be."""
    bars = dict(zip(_shares(policy), bars_of(track, policy), strict=True))
    near: Flags = (track.used >= bars[policy.approaching.used]) & (track.used > 0)
    if prospects is None:
        return near
    if track.track.at_limit is not AtLimit.STOPS:
        unlikely = prospects.index[prospects.p < policy.approaching.p]
        near[unlikely] &= track.used[unlikely] >= bars[1.0]
    pace = min(policy.pace.p, policy.pace.p_calibrated)
    near[prospects.index[prospects.p_previous >= pace]] = True
    return near


def _over(track: Laid, policy: Policy) -> Flags:
    """The last closed periods were all over the limit."""
    count, limit = policy.sustained_over.periods, track.track.limit
    none = np.zeros(track.calendar.size, dtype=np.bool_)
    if limit is None or not track.closed or count <= 0:
        return none
    over = np.array([p.used > limit for p in track.closed], dtype=np.bool_)
    period = track.calendar.period
    held = np.ones(track.calendar.size, dtype=np.bool_)
    for back in range(1, count + 1):
        held &= (period >= back) & over[np.clip(period - back, 0, len(over) - 1)]
    return held


def _milestones(track: Laid, policy: Policy) -> Flags:
    """The events that reached a round number or a best month."""
    total = np.cumsum(track.track.amount[: len(track.at)])
    earlier = np.concatenate(([0.0], total[:-1]))
    round_number = _rank(total, _SLACK) > _rank(earlier, -_SLACK)
    best = _best_before(track) * policy.milestone.best_month
    of_event = best[track.calendar.period[track.day]]
    before = np.concatenate(([0.0], track.used_after[:-1]))
    better: Flags = (track.used_after >= of_event * (1 - _SLACK)) & (
        (before < of_event * (1 + _SLACK)) | (before > track.used_after)
    )
    return round_number | better


def lasting_days(track: Laid, policy: Policy) -> Flags:
    """The days on which a milestone is still worth a word."""
    lasting = np.zeros(track.calendar.size, dtype=np.bool_)
    if track.track.meaningful and track.flow:
        for day in np.unique(track.day[_milestones(track, policy)]).tolist():
            lasting[day : day + policy.milestone.within_days + 1] = True
    return lasting


def _rank(total: Floats, slack: float) -> Floats:
    """Which of 10, 100, 1,000 ... the total has reached, or nearly."""
    return np.floor(np.log10(np.maximum(total, 1.0)) + slack)


def _best_before(track: Laid) -> Floats:
    """For each period the most any month that a snapshot still holds used; infinite without two."""
    months = [
        float(period.used) if (period.end - period.start).days in MONTHLY else 0.0
        for period in track.closed
    ]
    best = np.full(len(months) + 2, np.inf)
    for period in range(len(best)):
        used = [month for month in months[max(period - CLOSED, 0) : period] if month > 0]
        if len(used) >= 2:
            best[period] = max(used)
    return best


def friction_days(laid: Recording) -> Flags:
    """A limit got in somebody's way within four weeks."""
    busy = np.zeros(laid.calendar.size, dtype=np.bool_)
    zone = ZoneInfo(laid.calendar.zone)
    for friction in laid.record.frictions:
        day = friction.at.astimezone(zone).date()
        index = day.toordinal() - laid.calendar.first
        busy[max(index, 0) : max(index + MONTH, 0)] = True
    return busy

"""What stands out among the days of a recorded meter: milestones, and amounts beyond belief.

Milestones are read from rounded sums, and generously for it: what could be one is one in doubt.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.history import MONTH, Flags, Floats, Ints, counts
from engine.policy import DataPolicy, Policy
from engine.reading import MONTHLY
from engine.restraint import SUSPECT_BEFORE
from engine.tracks import CLOSED, Laid

DOUBTFUL = -1
"""Stands for a day of which only `moments` itself can tell."""
_BEST = 100
_CLOSE = 1e-9


def steady_days(track: Laid, policy: DataPolicy) -> Flags:
    """The days on which no day of the last four weeks is many times the highest before it."""
    size, some = track.calendar.size, track.whole[track.whole > 0]
    highest = max(float(track.whole.max()), float(track.looked.max()))
    if not len(some) or highest <= policy.suspect_jump * float(some.min()):
        return np.ones(size, dtype=np.bool_)
    padded = np.concatenate((np.zeros(SUSPECT_BEFORE), track.whole))
    before = sliding_window_view(padded, SUSPECT_BEFORE).max(axis=1)[:size]
    bar = np.where(before > 0, policy.suspect_jump * before, np.inf)
    early, index = counts(track.whole > bar), np.arange(size)
    lately = early[index] - early[np.maximum(index - MONTH, 0)]
    steady: Flags = (lately == 0) & ~(track.looked > bar)
    return steady


def passing(track: Laid, policy: Policy) -> Flags:
    """The events that reached a round number or a best month."""
    total = np.cumsum(track.track.amount[: len(track.at)])
    earlier = np.concatenate(([0.0], total[:-1]))
    round_number = _rank(total, _CLOSE) > _rank(earlier, -_CLOSE)
    of_event = _better(track, policy)[track.calendar.period[track.day]]
    before = np.concatenate(([0.0], track.used_after[:-1]))
    better: Flags = (track.used_after >= of_event * (1 - _CLOSE)) & (
        (before < of_event * (1 + _CLOSE)) | (before > track.used_after)
    )
    return round_number | better


def milestone_days(track: Laid, policy: Policy) -> Ints:
    """Which milestone is worth a word on each day: a number for each, 0 for none."""
    size, within = track.calendar.size, policy.milestone.within_days
    found, index = np.zeros(size, dtype=np.int64), np.arange(size)
    if not (track.track.meaningful and track.flow) or within <= 0:
        return found
    start = np.maximum(index - within + 1, 0)
    some_days = counts(track.whole > 0)
    some = (some_days[index] > some_days[start]) | (track.looked > 0)
    if not some.any():
        return found
    total = track.sums[:-1] + track.looked
    close = _CLOSE * max(1.0, float(np.abs(track.whole).sum()))
    rank, before = _rank(total, 0.0), total - (track.sums[index] - track.sums[start] + track.looked)
    power = 10.0**rank
    reached = (rank >= 1) & (before < power)
    doubt = (_rank(total, _CLOSE) != _rank(total, -_CLOSE)) | (np.abs(before - power) <= close)
    better = _better(track, policy)[track.calendar.period]
    start = np.maximum(start, track.calendar.starts[track.calendar.period] - track.calendar.first)
    before = track.used - (track.sums[index] - track.sums[start] + track.looked)
    bests = (track.used >= better) & (before < better)
    off = np.minimum(np.abs(track.used - better), np.abs(before - better))
    doubt |= off <= close + _CLOSE * np.where(np.isfinite(better), better, 0.0)
    found = np.where(reached, rank.astype(np.int64), np.where(bests, _BEST, 0))
    return np.where(some, np.where(doubt, DOUBTFUL, found), 0)


def _rank(total: Floats, slack: float) -> Floats:
    """Which of 10, 100, 1,000 ... the total has reached, or nearly."""
    return np.floor(np.log10(np.maximum(total, 1.0)) + slack)


def _better(track: Laid, policy: Policy) -> Floats:
    """For each period what would make it the best month so far; infinite before there are two.

    Of months that a snapshot still holds.
    """
    months = [
        float(period.used) if (period.end - period.start).days in MONTHLY else 0.0
        for period in track.closed
    ]
    best = np.full(len(months) + 2, np.inf)
    for period in range(len(best)):
        used = [month for month in months[max(period - CLOSED, 0) : period] if month > 0]
        if len(used) >= 2:
            best[period] = max(used)
    return best * policy.milestone.best_month

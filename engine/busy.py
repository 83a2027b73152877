"""On which days of a recording anything could be due at all: a quick and generous reading.

A day that is passed over here is silent for sure; a busy one is decided in full.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import numpy as np

from engine.forecast import Prospects
from engine.history import MONTH, Flags, Ints
from engine.lay import Recording
from engine.policy import Policy
from engine.tracks import Laid
from engine.turning import bars_of, shares, told
from engine.usage import AtLimit


def busy_days(
    laid: Recording,
    prospects: Mapping[str, Prospects],
    milestones: Mapping[str, Ints],
    friction: Flags,
    policy: Policy,
) -> Flags:
    """The days on whose look a moment may hold.

    Of each meter `prospects`, its forecasts, and `milestones`, which of them is due on each day.
    """
    if policy.right_size.enabled:
        return np.ones(laid.calendar.size, dtype=np.bool_)
    busy = friction.copy()
    for track in laid.tracks:
        key = track.track.key
        busy |= milestones[key] != 0
        if told(track):
            busy |= _pressed(track, prospects.get(key), policy)
        if track.track.meaningful:
            busy |= _over(track, policy)
    return busy


def _pressed(track: Laid, prospects: Prospects | None, policy: Policy) -> Flags:
    """The limit is met or near, or will be."""
    bars = dict(zip(shares(policy), bars_of(track, policy), strict=True))
    near: Flags = (track.used >= bars[policy.approaching.used]) & (track.used > 0)
    if prospects is None:
        return near
    if track.track.at_limit is not AtLimit.STOPS:
        unlikely = prospects.index[prospects.p < policy.approaching.p]
        near[unlikely] &= track.used[unlikely] >= bars[1.0]
    # Whether the dates are near enough, and enough is used, is for the moment to say.
    likely = np.minimum(prospects.p, prospects.p_previous) >= prospects.bar
    near[prospects.index[likely]] = True
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


def friction_days(laid: Recording) -> Flags:
    """A limit got in somebody's way within four weeks."""
    busy = np.zeros(laid.calendar.size, dtype=np.bool_)
    zone = ZoneInfo(laid.calendar.zone)
    for friction in laid.record.frictions:
        day = friction.at.astimezone(zone).date()
        index = day.toordinal() - laid.calendar.first
        busy[max(index, 0) : max(index + MONTH, 0)] = True
    return busy

"""What came of each forecast: crossed or not, and since when that is known."""

from datetime import datetime
from math import inf

import numpy as np

from engine.forecast import raw_chances
from engine.lay import Recording, pressing, recording
from engine.policy import Policy
from engine.reading import foreseen_from
from engine.record import Foreseen, Record
from engine.tracks import Laid

_DAY = 86400.0


def foresee_record(record: Record, policy: Policy, end: datetime) -> tuple[Foreseen, ...]:
    """The raw forecast of each meter on every day that new use came in, and what came of it."""
    laid = recording(record, end)
    found = (_foreseen(track, laid, policy) for track in laid.tracks) if laid else ()
    return tuple(one for one in found if one is not None)


def _foreseen(track: Laid, laid: Recording, policy: Policy) -> Foreseen | None:
    pressed = pressing(track, policy, foreseen_from(policy))
    if pressed is None:
        return None
    series, looks_at = pressed
    before = np.where(looks_at.index > 0, track.known[looks_at.index - 1], 0)
    fresh = (track.known[looks_at.index] > before) & (looks_at.used < series.limit)
    fresh &= looks_at.index < laid.looked
    looks_at = looks_at.of(fresh)
    raw = raw_chances(series, looks_at, policy)
    calendar = track.calendar
    ends = looks_at.index + looks_at.ahead  # The first day on which it is over.
    over = np.flatnonzero(track.used_after >= series.limit)
    following = np.searchsorted(over, track.known[looks_at.index])
    event = np.append(over, len(track.at))[following]
    met_day = np.append(track.day, np.iinfo(np.int64).max)[event]
    crossed = met_day < ends
    known = np.where(ends < calendar.size, calendar.looks[np.minimum(ends, calendar.size - 1)], inf)
    when = np.append(track.at, inf)[event]
    if laid.rest:  # Nothing came in any more, so the rest of the days is known as well.
        known = np.where(
            np.isinf(known), calendar.looks[-1] + (ends - calendar.size + 1) * 86400, known
        )
    known = np.where(known <= laid.end, known, inf)
    return Foreseen(
        meter=series.meter,
        at=calendar.looks[looks_at.index],
        raw=raw,
        resolved=np.where(crossed, when, known),
        crossed=crossed,
    )

"""What came of each forecast: crossed or not, and since when that is known."""

from collections.abc import Sequence
from datetime import datetime
from math import inf

import numpy as np

from engine.forecast import raw_chances
from engine.history import Floats
from engine.lay import Recording, pressing, recording
from engine.policy import Policy
from engine.reading import foreseen_from
from engine.record import Foreseen, Record
from engine.series import Looks, Series
from engine.tracks import Laid


def foresee_records(
    records: Sequence[Record], policy: Policy, end: datetime
) -> list[tuple[Foreseen, ...]]:
    """The raw forecasts of each record: of each meter on every day that new use came in."""
    found: list[list[Foreseen]] = [[] for _ in records]
    whose: list[tuple[int, Laid, Recording]] = []
    parts: list[tuple[Series, Looks]] = []
    for n, record in enumerate(records):
        laid = recording(record, end)
        for track in laid.tracks if laid else ():
            part = _fresh(track, laid, policy) if laid else None
            if laid and part:
                whose.append((n, track, laid))
                parts.append(part)
    chances = raw_chances(parts, policy)
    for (n, track, laid), (series, looks), raw in zip(whose, parts, chances, strict=True):
        found[n].append(_foreseen(track, laid, series, looks, raw))
    return [tuple(of_record) for of_record in found]


def _fresh(track: Laid, laid: Recording, policy: Policy) -> tuple[Series, Looks] | None:
    """The looks at which new use had come in and the limit was still ahead."""
    pressed = pressing(track, policy, foreseen_from(policy))
    if pressed is None:
        return None
    series, looks = pressed
    before = np.where(looks.index > 0, track.known[looks.index - 1], 0)
    fresh = (track.known[looks.index] > before) & (looks.used < series.limit)
    return series, looks.of(fresh & (looks.index < laid.looked))


def _foreseen(
    track: Laid, laid: Recording, series: Series, looks_at: Looks, raw: Floats
) -> Foreseen:
    """The forecasts with what came of them."""
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

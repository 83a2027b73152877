"""Between two daily looks: the instants at which usage may bring a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from engine.eventful import passing
from engine.history import Flags, Floats, Ints
from engine.lay import Recording, looked_again
from engine.policy import Policy
from engine.tracks import Laid, steps
from engine.usage import AtLimit


@dataclass(frozen=True, slots=True)
class Turns:
    """The turning points of each day that has any, in order of time."""

    of_day: dict[int, list[float]]

    @property
    def most(self) -> int:
        """How many a day has at most."""
        return max(map(len, self.of_day.values()), default=0)

    def instants(self) -> list[float]:
        """All of them, in order of time."""
        return [at for day in sorted(self.of_day) for at in self.of_day[day]]

    def looks(self, laid: Recording, number: int) -> tuple[Recording, Ints]:
        """Look at the turning point of that number on each day that has as many; those days."""
        days = [day for day, instants in self.of_day.items() if len(instants) > number]
        at = laid.calendar.looks.copy()
        at[days] = [self.of_day[day][number] for day in days]
        return looked_again(laid, at), np.array(days, dtype=np.int64)


def turns(laid: Recording, policy: Policy) -> Turns:
    """Where a moment may begin between two daily looks."""
    found: dict[int, set[float]] = {}
    for track in laid.tracks:
        turning = turning_points(track, policy)
        for day, at in zip(track.day[turning].tolist(), track.at[turning].tolist(), strict=True):
            found.setdefault(day, set()).add(at)
    return Turns({day: sorted(instants) for day, instants in found.items()})


def watched_days(laid: Recording, instants: Sequence[float]) -> Flags:
    """The days after whose look usage may pass a guard before the next."""
    watched = np.zeros(laid.calendar.size, dtype=np.bool_)
    before = np.searchsorted(laid.calendar.looks, instants, side="left") - 1
    watched[np.maximum(before, 0)] = True
    return watched


def turning_points(track: Laid, policy: Policy) -> Flags:
    """The events at which a moment may begin: those that a guard could have been waiting for."""
    turning = np.zeros(len(track.at), dtype=np.bool_)
    if told(track):
        turning |= steps(track, bars_of(track, policy))
    if track.track.meaningful and track.flow:
        turning |= passing(track, policy)
    return turning


def told(track: Laid) -> bool:
    """Whether anything is said of the meter's limit."""
    spec = track.track
    spoken_of = spec.meaningful or spec.at_limit is AtLimit.STOPS
    return spoken_of and spec.limit is not None and spec.limit_known


def bars_of(track: Laid, policy: Policy) -> Floats:
    """The amounts at which a moment may begin, in order of size."""
    limit = track.track.limit or Decimal(0)
    return np.array([float(limit * Decimal(repr(share))) for share in shares(policy)])


def shares(policy: Policy) -> list[float]:
    """The shares of a limit at which a moment may begin, the least first."""
    return sorted({policy.pace.used, policy.approaching.used, 1.0})

"""What the looks of a replay know: one a day at each of many accounts, read together."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from engine.busy import busy_days, friction_days
from engine.decision import Forecast
from engine.eventful import milestone_days, steady_days
from engine.forecast import Part, Prospects, foresee_all
from engine.guard import guards
from engine.history import Ints, ValueDays, counts, exact
from engine.lay import Recording, pressing
from engine.policy import Policy
from engine.reading import Reading, best_months, foreseen_from
from engine.record import Calibrations
from engine.stage import Standings
from engine.usage import MeterUse


def layers(
    laid: Sequence[Recording],
    policy: Policy,
    calibrations: Calibrations,
    only: Sequence[Ints] | None = None,
    like: Sequence["Layer"] = (),
) -> list["Layer"]:
    """Read one look a day at each account.

    `only`: the days of each on which anybody looks; `like`: looks at the same accounts at other
    times.
    """
    known = like[0].standings if like else None
    stands = Standings([one.timeline for one in laid], policy.stage, known)
    parts: list[Part] = []
    places: list[tuple[int, str]] = []
    for n, one in enumerate(laid):
        for track in one.tracks:
            pressed = pressing(track, policy, foreseen_from(policy))
            if pressed is None:
                continue
            series, days = pressed
            if only is not None:
                days = days.of(np.isin(days.index, only[n]))
            looks = one.calendar.looks[days.index].tolist()
            in_force = [calibrations(datetime.fromtimestamp(at, UTC)) for at in looks]
            parts.append((series, days, in_force))
            places.append((n, track.track.key))
    found: list[dict[str, Prospects]] = [{} for _ in laid]
    for (n, key), prospects in zip(places, foresee_all(parts, policy), strict=True):
        found[n][key] = prospects
    return [Layer(one, policy, stands, n, found[n]) for n, one in enumerate(laid)]


class Layer:
    """One look a day at an account, read for all days: at nine, or at a turning point of each."""

    def __init__(
        self,
        laid: Recording,
        policy: Policy,
        standings: Standings,
        place: int,
        prospects: dict[str, Prospects],
    ) -> None:
        self.laid, self.calendar = laid, laid.calendar
        self.standings, self.place, self.prospects = standings, place, prospects
        self._looks: list[float] = laid.calendar.looks.tolist()
        self._rows = {key: _rows(of) for key, of in prospects.items()}
        self._value_before = counts(laid.timeline.whole.value).tolist()
        self._value_seen = laid.timeline.looked.value.tolist()
        meaningful = [t for t in laid.tracks if t.track.meaningful]
        self.complete = {t.track.key: t.complete(policy.forecast) for t in meaningful}
        self.steady = {t.track.key: steady_days(t, policy.data) for t in laid.tracks}
        self.milestones = {t.track.key: milestone_days(t, policy) for t in laid.tracks}
        # Lists, for a look reads one day of each.
        self._complete, self._milestones = (
            {key: days.tolist() for key, days in of.items()}
            for of in (self.complete, self.milestones)
        )
        self._steady = {key: days.tolist() for key, days in self.steady.items()}
        self._ever = {t.track.key: t.ever().tolist() for t in meaningful if t.flow}
        self.friction = friction_days(laid)
        self.busy = busy_days(laid, prospects, self.milestones, self.friction, policy)
        self._uses: tuple[int, tuple[MeterUse, ...]] = (-1, ())
        self._best: dict[int, dict[str, Decimal]] = {}

    def at(self, index: int) -> datetime:
        """When a day is looked at."""
        return datetime.fromtimestamp(self._looks[index], UTC)

    def uses(self, index: int) -> tuple[MeterUse, ...]:
        """The meters as they stood at a day's look."""
        if self._uses[0] != index:
            self._uses = index, tuple([track.use(index) for track in self.laid.tracks])
        return self._uses[1]

    def value_day(self, count: int, since: int, after: int) -> int:
        """The first day from `after` on that has so many value days behind it.

        Those from `since` (an ordinal) on; what was seen of the day itself counts.
        """
        low, size = since - self.calendar.first, self.calendar.size
        if not 0 <= low < size:
            return size
        before, seen = self._value_before, self._value_seen
        start, end = (bisect_left(before, before[low] + count - n, low) for n in (1, 0))
        start, end = max(start, after), min(max(end, after), size)
        return seen.index(True, start, end) if True in seen[start:end] else end

    def read(self, index: int) -> Reading:
        """What `weigh` needs to know of a day."""
        return Reading(
            today=self.calendar.date(index),
            value_days=ValueDays(
                first=self.calendar.first,
                before=self._value_before,
                today=self._value_seen[index],
                size=index + 1,
            ),
            standing=self.standings.at(self.place, index, evidence=False),
            forecasts=self._forecasts(index),
            complete={key: days[index] for key, days in self._complete.items()},
            ever=self._ever_at(index),
            best=self._best_at(index),
            steady=frozenset([key for key, of in self._steady.items() if of[index]]),
            uneventful=frozenset(
                [key for key, days in self._milestones.items() if not days[index]]
            ),
        )

    def guards(self, index: int, policy: Policy) -> dict[str, float]:
        """From which usage of each meter on it is worth looking again."""
        return guards(self.uses(index), self._ever_at(index), self._best_at(index), policy)

    def _forecasts(self, index: int) -> dict[str, Forecast]:
        """The forecasts of a day, of the meters for which one could matter."""
        rows = ((key, of.get(index)) for key, of in self._rows.items())
        return {key: self.prospects[key].at(row, key) for key, row in rows if row is not None}

    def _ever_at(self, index: int) -> dict[str, Decimal]:
        """How much each meter had counted by a look, where its days add up."""
        return {key: exact(count[index]) for key, count in self._ever.items()}

    def _best_at(self, index: int) -> dict[str, Decimal]:
        """The best month of each meter so far; another one only with another period."""
        period = int(self.calendar.period[index])
        if period not in self._best:
            self._best[period] = best_months(self.uses(index))
        return self._best[period]


def _rows(prospects: Prospects) -> dict[int, int]:
    return {day: row for row, day in enumerate(prospects.index.tolist())}

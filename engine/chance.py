"""The chance that a limit is met, in closed form, for many looks at once.

Each coming day is drawn from the account's own days of the same kind (weekday or weekend): its
level is what the last weeks show, its burstiness what a longer memory shows. The sum of the days
ahead then has a mean and a variance, and is taken as gamma distributed: never negative, and as
skewed as its variance asks. No draw, no seed: the same days give the same chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.history import Flags, Floats, Ints
from engine.policy import ForecastPolicy

_TODAY = np.array((0.1, 0.3, 0.5, 0.7, 0.9))
"""What today may still bring: one typical day out of each fifth of the days alike."""
_TINY = 1e-12
_CELLS = 8_000
"""Looks times days ahead that are reckoned at once: enough to be quick, and little memory."""
_WHOLE = 0.8
"""As much of each half of the recent days must be known for a trend between them."""
_THIRD = 1 / 3 + 1e-9
_FEW = 5
"""With fewer days in use nobody can tell which of them is a spike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlooks:
    """Looks at a meter, one a row.

    `days`: amounts of the last complete days, newest last; `kept`: those that may be drawn on.
    `day`: the ordinal of the day of the look; `so_far` came in on it. `missing`: what was missing
    to the limit when it began. `ahead`: days to the reset, this one included.
    """

    days: Floats
    kept: Flags
    day: Ints
    so_far: Floats
    missing: Floats
    ahead: Ints
    damped: Flags


@dataclass(frozen=True, slots=True)
class Kind:
    """Days of one kind: how many, the level of one, and its variance; an entry each look."""

    count: Floats
    level: Floats
    variance: Floats

    def of(self, which: Flags | Ints | slice) -> "Kind":
        """Those of some looks."""
        return Kind(self.count[which], self.level[which], self.variance[which])


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """What is to be expected of the days ahead, a row each look.

    `missing`: to the limit, after each of the days that today may turn out to be. `known`: of
    looks that have any day to draw on.
    """

    day: Ints
    ahead: Ints
    missing: Floats
    weekdays: Kind
    weekends: Kind
    known: Flags

    def of(self, which: Flags | Ints | slice) -> "Futures":
        """Those of some looks."""
        return Futures(
            day=self.day[which],
            ahead=self.ahead[which],
            missing=self.missing[which],
            weekdays=self.weekdays.of(which),
            weekends=self.weekends.of(which),
            known=self.known[which],
        )

    def chances(self, policy: ForecastPolicy) -> Floats:
        """The probability that each look's limit is met before its reset."""
        return self._met(self.ahead[:, None] - 1, policy)[:, 0]

    def crossing_days(self, policy: ForecastPolicy) -> Ints:
        """Days ahead by which 10, 50 and 90 % of what will be met is met."""
        longest = int(self.ahead.max(initial=1))
        size = max(_CELLS // longest, 1)
        if len(self.day) > size:
            parts = (self.of(slice(n, n + size)) for n in range(0, len(self.day), size))
            return np.concatenate([part.crossing_days(policy) for part in parts])
        rest = np.minimum(np.arange(longest), self.ahead[:, None] - 1)
        by_day = np.maximum.accumulate(self._met(rest, policy), axis=1)
        share = by_day / np.maximum(by_day[:, -1:], _TINY)
        return np.stack([(share >= part).argmax(axis=1) for part in (0.1, 0.5, 0.9)], axis=1)

    def _met(self, rest: Ints, policy: ForecastPolicy) -> Floats:
        """The probability that the limit is met within `rest` days after today.

        A row each look, as many columns as are asked for.
        """
        day = self.day[:, None]
        weekends = (_weekends_to(day + rest) - _weekends_to(day)).astype(np.float64)
        mean, variance = np.zeros(rest.shape), np.zeros(rest.shape)
        for count, kind in ((rest - weekends, self.weekdays), (weekends, self.weekends)):
            mean += count * kind.level[:, None]
            # The level itself is only known from so many days.
            variance += (count + count**2 / (kind.count[:, None] + 1)) * kind.variance[:, None]
        spread = np.expm1(policy.level_noise**2)
        variance += spread * mean**2
        missing = self.missing[:, None]
        chance: Floats = survival(missing, mean[..., None], variance[..., None]).mean(-1)
        return np.round(chance, 6)  # More would be noise, and differ by machine.


def futures(looks: Outlooks, policy: ForecastPolicy) -> Futures:
    """What the days before each look say of those ahead."""
    memory, kept = looks.days.shape[1], looks.kept
    days = np.where(kept, np.minimum(looks.days, _cap(looks)[:, None]), 0.0)
    weekend = _weeks(memory)[(looks.day - memory - 1) % 7]
    recent = slice(max(memory - policy.history_days, 0), memory)
    trend = _trend(days[:, recent], looks, recent, policy)
    weekdays, weekends = (
        _kind(days, kept & of_kind, recent, trend, policy) for of_kind in (~weekend, weekend)
    )
    weekdays, weekends = _or_else(weekdays, weekends), _or_else(weekends, weekdays)
    today_rests = (looks.day - 1) % 7 >= 5
    alike = kept[:, recent] & (weekend[:, recent] == today_rests[:, None])
    level = np.where(today_rests, weekends.level, weekdays.level)
    today = _today(days[:, recent], alike, level)
    return Futures(
        day=looks.day,
        ahead=looks.ahead,
        missing=looks.missing[:, None] - np.maximum(today, looks.so_far[:, None]),
        weekdays=weekdays,
        weekends=weekends,
        known=np.count_nonzero(kept, axis=1) > 0,
    )


def together(parts: Sequence[Futures]) -> Futures:
    """Those of more looks, one row after the other."""
    if len(parts) == 1:
        return parts[0]
    return Futures(
        day=np.concatenate([one.day for one in parts]),
        ahead=np.concatenate([one.ahead for one in parts]),
        missing=np.concatenate([one.missing for one in parts]),
        weekdays=_joined([one.weekdays for one in parts]),
        weekends=_joined([one.weekends for one in parts]),
        known=np.concatenate([one.known for one in parts]),
    )


def _joined(kinds: Sequence[Kind]) -> Kind:
    return Kind(
        np.concatenate([kind.count for kind in kinds]),
        np.concatenate([kind.level for kind in kinds]),
        np.concatenate([kind.variance for kind in kinds]),
    )


def _today(days: Floats, alike: Flags, level: Floats) -> Floats:
    """Typical days of today's kind, a column each, at today's level."""
    some = np.sort(np.where(alike, days, np.inf), axis=1)
    count = alike.sum(axis=1)
    places = (count[:, None] * _TODAY).astype(np.int64)
    some_day = (count > 0)[:, None]
    typical = np.where(some_day, np.take_along_axis(some, places, axis=1), 0.0)
    middle = typical.mean(axis=1)[:, None]
    at_level = level[:, None] / np.maximum(middle, _TINY)
    return np.where(some_day, typical * at_level, level[:, None])


@cache
def _weeks(size: int) -> Flags:
    """Which of so many days in a row are weekend, for each day of the week they may begin on."""
    weekends: Flags = (np.arange(7)[:, None] + np.arange(size)) % 7 >= 5
    return weekends


def _cap(looks: Outlooks) -> Floats:
    """The amount above which a day is a spike, where there are enough days to tell.

    None is less than three usual days: where the usual day is above a third of the highest, there
    is none, and nothing to be sorted.
    """
    busy = looks.kept & (looks.days > 0)
    amounts = np.where(busy, looks.days, 0.0)
    count = np.count_nonzero(busy, axis=1)
    high = amounts >= _THIRD * np.maximum(amounts.max(axis=1), _TINY)[:, None]
    below = np.count_nonzero(high, axis=1) < count - np.maximum(count - 1, 0) // 2
    cap, some = np.full(len(count), np.inf), np.flatnonzero((count >= _FEW) & below)
    if len(some):
        of, known = amounts[some], busy[some]
        middle = _median(np.where(known, of, np.inf), count[some])
        spread = 1.4826 * _median(
            np.where(known, np.abs(of - middle[:, None]), np.inf), count[some]
        )
        cap[some] = np.maximum(3 * middle, middle + 6 * spread)
    return cap


def _median(rows: Floats, count: Ints) -> Floats:
    """The median of the `count` finite entries of each row; 0 where there are none."""
    ordered = np.sort(rows, axis=1)
    low = np.maximum(count - 1, 0) // 2
    high = np.minimum(count // 2, rows.shape[1] - 1)
    each = np.arange(len(rows))
    middle: Floats = np.where(count > 0, ordered[each, low] + ordered[each, high], 0.0) / 2
    return middle


def _trend(days: Floats, looks: Outlooks, recent: slice, policy: ForecastPolicy) -> Floats:
    """The later half of the recent days against the earlier, damped; 1 where days are missing.

    A few days left out don't hide a trend.
    """
    half = policy.history_days // 2
    kept = looks.kept[:, recent]
    later, earlier = (
        (days[:, part].sum(axis=1), kept[:, part].sum(axis=1))
        for part in (slice(-half, None), slice(-2 * half, -half))
    )
    means = [total / np.maximum(count, 1) for total, count in (later, earlier)]
    ratio = np.clip((means[0] + 1e-9) / (means[1] + 1e-9), 0.5, 2.0) ** policy.trend_damping
    enough = [count >= _WHOLE * half for _, count in (later, earlier)]
    return np.where(looks.damped & enough[0] & enough[1], ratio, 1.0)


def _kind(
    days: Floats, of_kind: Flags, recent: slice, trend: Floats, policy: ForecastPolicy
) -> Kind:
    """Level from the recent days and the memory, variance by the memory's own relative one."""
    amounts = np.where(of_kind, days, 0.0)
    count, lately = (np.count_nonzero(flags, axis=1) for flags in (of_kind, of_kind[:, recent]))
    ever = amounts.sum(axis=1) / np.maximum(count, 1)
    late = np.where(
        lately > 0, trend * amounts[:, recent].sum(axis=1) / np.maximum(lately, 1), ever
    )
    square = (amounts**2).sum(axis=1) / np.maximum(count, 1)
    level = policy.recent_weight * late + (1 - policy.recent_weight) * ever
    relative = np.maximum(square - ever**2, 0.0) / np.maximum(ever**2, _TINY)
    return Kind(
        count=np.where(lately > 0, lately, count).astype(np.float64),
        level=level,
        variance=relative * level**2,
    )


def _or_else(kind: Kind, other: Kind) -> Kind:
    """The other kind of day, where there is none of this kind to learn from."""
    none = kind.count == 0
    if not none.any():
        return kind
    return Kind(
        count=np.where(none, other.count, kind.count),
        level=np.where(none, other.level, kind.level),
        variance=np.where(none, other.variance, kind.variance),
    )


def _weekends_to(day: Ints) -> Ints:
    """Weekend days among the ordinals 1 (a Monday) to `day`."""
    weeks, rest = np.divmod(day, 7)
    count: Ints = 2 * weeks + np.maximum(rest - 5, 0)
    return count


def survival(x: Floats, mean: Floats, variance: Floats) -> Floats:
    """P(X >= x) of a gamma distribution, by the Wilson-Hilferty cube root (PNAS 17, 1931, 684)."""
    level = np.maximum(mean, _TINY)
    shape = np.clip(level**2 / np.maximum(variance, _TINY * level**2), 1e-3, 1e9)
    ninth = 1 / (9 * shape)
    z = np.maximum(x, 0.0) / level
    np.cbrt(z, out=z)
    z -= 1 - ninth
    z /= np.sqrt(ninth)
    above = _above(z)
    above[np.broadcast_to(mean <= _TINY, above.shape)] = 0.0
    above[np.broadcast_to(x <= 0, above.shape)] = 1.0
    return above


def _above(z: Floats) -> Floats:
    """P(N(0, 1) > z), to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    size = np.abs(z)
    size /= np.sqrt(2.0)
    t = 0.3275911 * size
    t += 1
    np.divide(1, t, out=t)
    half = np.zeros_like(t)
    for term in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        half += term
        half *= t
    size *= size
    np.negative(size, out=size)
    half *= np.exp(size, out=size)
    half /= 2
    np.subtract(1, half, out=half, where=z <= 0)
    return half

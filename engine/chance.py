"""The chance that a limit is met, in closed form, for many looks at once.

Each coming day is drawn from the account's own days of the same kind (weekday or weekend): its
level is what the last weeks show, its burstiness what a longer memory shows. The sum of the days
ahead then has a mean and a variance, and is taken as gamma distributed: never negative, and as
skewed as its variance asks. No draw, no seed: the same days give the same chance.
"""

from dataclasses import dataclass

import numpy as np

from engine.history import Flags, Floats, Ints
from engine.policy import ForecastPolicy

_TODAY = np.array((0.1, 0.3, 0.5, 0.7, 0.9))
"""What today may still bring: one typical day out of each fifth of the days alike."""
_TINY = 1e-12
_CELLS = 20_000
"""Looks times days ahead that are reckoned at once: enough to be quick, and little memory."""
_WHOLE = 0.8
"""As much of each half of the recent days must be known for a trend between them."""


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

    def of(self, which: slice) -> "Outlooks":
        """Some of them."""
        return Outlooks(
            days=self.days[which],
            kept=self.kept[which],
            day=self.day[which],
            so_far=self.so_far[which],
            missing=self.missing[which],
            ahead=self.ahead[which],
            damped=self.damped[which],
        )


@dataclass(frozen=True, slots=True)
class _Kind:
    """Days of one kind: how many, the level of one, its variance, and which they are."""

    count: Floats
    level: Floats
    variance: Floats


def chances(looks: Outlooks, policy: ForecastPolicy) -> Floats:
    """The probability that each look's limit is met before its reset."""
    return _Future(looks, policy).met(looks.ahead[:, None] - 1)[:, 0]


def crossing_days(looks: Outlooks, policy: ForecastPolicy) -> Ints:
    """Days ahead by which 10, 50 and 90 % of what will be met is met; a row each look."""
    longest = int(looks.ahead.max(initial=1))
    size = max(_CELLS // longest, 1)
    if len(looks.day) > size:
        parts = (looks.of(slice(n, n + size)) for n in range(0, len(looks.day), size))
        return np.concatenate([crossing_days(part, policy) for part in parts])
    rest = np.minimum(np.arange(longest), looks.ahead[:, None] - 1)
    by_day = np.maximum.accumulate(_Future(looks, policy).met(rest), axis=1)
    share = by_day / np.maximum(by_day[:, -1:], _TINY)
    return np.stack([(share >= part).argmax(axis=1) for part in (0.1, 0.5, 0.9)], axis=1)


class _Future:
    """The days ahead of each look as level and variance of each kind of day."""

    def __init__(self, looks: Outlooks, policy: ForecastPolicy) -> None:
        self.looks, self.noise = looks, policy.level_noise
        memory = looks.days.shape[1]
        days = np.where(looks.kept, np.minimum(looks.days, _cap(looks)[:, None]), 0.0)
        weekend = (looks.day[:, None] - memory + np.arange(memory) - 1) % 7 >= 5
        recent = slice(max(memory - policy.history_days, 0), memory)
        trend = _trend(days[:, recent], looks, recent, policy)
        self.weekday, self.weekend = (
            _kind(days, looks.kept & (weekend == of), recent, trend, policy) for of in (False, True)
        )
        self.weekday, self.weekend = (
            _or_else(self.weekday, self.weekend),
            _or_else(self.weekend, self.weekday),
        )
        self.today = self._today(days, weekend, recent)

    def met(self, rest: Ints) -> Floats:
        """The probability that the limit is met within `rest` days after today.

        A row each look, as many columns as are asked for.
        """
        day = self.looks.day[:, None]
        weekends = (_weekends_to(day + rest) - _weekends_to(day)).astype(np.float64)
        mean, variance = np.zeros(rest.shape), np.zeros(rest.shape)
        for count, kind in ((rest - weekends, self.weekday), (weekends, self.weekend)):
            mean += count * kind.level[:, None]
            # The level itself is only known from so many days.
            variance += (count + count**2 / (kind.count[:, None] + 1)) * kind.variance[:, None]
        spread = np.expm1(self.noise**2)
        variance += spread * mean**2
        missing = self.looks.missing[:, None] - np.maximum(self.today, self.looks.so_far[:, None])
        chance: Floats = survival(missing[:, None], mean[..., None], variance[..., None]).mean(-1)
        return np.round(chance, 6)  # More would be noise, and differ by machine.

    def _today(self, days: Floats, weekend: Flags, recent: slice) -> Floats:
        """Typical days of today's kind, a column each, at today's level."""
        looks = self.looks
        alike = looks.kept & (weekend == ((looks.day - 1) % 7 >= 5)[:, None])
        alike = alike[:, recent]
        some = np.sort(np.where(alike, days[:, recent], np.inf), axis=1)
        count = alike.sum(axis=1)
        places = (count[:, None] * _TODAY).astype(np.int64)
        some_day = (count > 0)[:, None]
        typical = np.where(some_day, np.take_along_axis(some, places, axis=1), 0.0)
        is_weekend = (looks.day - 1) % 7 >= 5
        level = np.where(is_weekend, self.weekend.level, self.weekday.level)[:, None]
        middle = typical.mean(axis=1)[:, None]
        return np.where(some_day, typical * (level / np.maximum(middle, _TINY)), level)


def _cap(looks: Outlooks) -> Floats:
    """The amount above which a day is a spike, where there are enough days to tell."""
    busy = looks.kept & (looks.days > 0)
    count = busy.sum(axis=1)
    middle = _median(np.where(busy, looks.days, np.inf), count)
    off = np.where(busy, np.abs(looks.days - middle[:, None]), np.inf)
    spread = 1.4826 * _median(off, count)
    return np.where(count >= 5, np.maximum(3 * middle, middle + 6 * spread), np.inf)


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
) -> _Kind:
    """Level from the recent days and the memory, variance by the memory's own relative one."""
    amounts = np.where(of_kind, days, 0.0)
    count, lately = of_kind.sum(axis=1), of_kind[:, recent].sum(axis=1)
    ever = amounts.sum(axis=1) / np.maximum(count, 1)
    late = np.where(
        lately > 0, trend * amounts[:, recent].sum(axis=1) / np.maximum(lately, 1), ever
    )
    square = (amounts**2).sum(axis=1) / np.maximum(count, 1)
    level = policy.recent_weight * late + (1 - policy.recent_weight) * ever
    relative = np.maximum(square - ever**2, 0.0) / np.maximum(ever**2, _TINY)
    return _Kind(
        count=np.where(lately > 0, lately, count).astype(np.float64),
        level=level,
        variance=relative * level**2,
    )


def _or_else(kind: _Kind, other: _Kind) -> _Kind:
    """The other kind of day, where there is none of this kind to learn from."""
    none = kind.count == 0
    if not none.any():
        return kind
    return _Kind(
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
    z = (np.cbrt(np.maximum(x, 0.0) / level) - (1 - ninth)) / np.sqrt(ninth)
    return np.where(x <= 0, 1.0, np.where(mean <= _TINY, 0.0, _above(z)))


def _above(z: Floats) -> Floats:
    """P(N(0, 1) > z), to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    size = np.abs(z) / np.sqrt(2.0)
    t = 1 / (1 + 0.3275911 * size)
    terms = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
    tail = np.zeros_like(t)
    for term in reversed(terms):
        tail = (tail + term) * t
    half = tail * np.exp(-(size**2)) / 2
    above: Floats = np.where(z > 0, half, 1 - half)
    return above

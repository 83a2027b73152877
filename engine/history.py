"""The account's days as arrays: what stage, forecast, ledger and audience are read from."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from struct import pack
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.snapshot import Snapshot, UserDays
from engine.usage import Aggregation, MeterKind, MeterUse

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

MONTH = 28
"""Days of the rolling windows: four whole weeks, so that weekdays weigh alike."""

_PLACES = 6

HISTORY_DAYS = 400
"""As many days a snapshot holds at most; what lies before them is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Local days from `first` (an ordinal) to today, the last index; empty without value.

    `value`: days with value events of any meaningful meter; `by_meter` the same per meter;
    `flows`: daily amounts of the meaningful meters whose days add up to a period. `changes`: what
    each day added, by meaningful meter, from its own first day on.
    """

    today: date
    first: int
    value: Flags
    by_meter: tuple[Flags, ...]
    flows: tuple[Floats, ...]
    changes: dict[str, Floats]

    @property
    def first_value(self) -> date | None:
        """The first value day."""
        hits = np.flatnonzero(self.value)
        return date.fromordinal(self.first + int(hits[0])) if len(hits) else None

    @property
    def value_days(self) -> "ValueDays":
        """How many of the days had value."""
        today = bool(self.value[-1:].any())
        return ValueDays(first=self.first, before=counts(self.value)[:-1], today=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueDays:
    """Value days, counted. `before`: of each day from the ordinal `first` on, how many came before.

    The last day of `before` is today; `today`: whether today was one so far. More may follow in
    `before`, up to `size`.
    """

    first: int
    before: Sequence[int] | Ints
    today: bool
    size: int | None = None

    def between(self, start: int, end: int) -> int:
        """How many value days lie in [start, end), ordinals both."""
        size = len(self.before) if self.size is None else self.size
        low, high = max(start - self.first, 0), min(end - self.first, size)
        if low >= high:
            return 0
        if high == size:
            return int(self.before[high - 1]) + self.today - int(self.before[low])
        return int(self.before[high]) - int(self.before[low])


def is_level(meter: MeterUse) -> bool:
    """Whether a day's amount is a level (max, latest) and not something that adds up."""
    return meter.aggregation in (Aggregation.MAX, Aggregation.LATEST)


def is_flow(meter: MeterUse) -> bool:
    """Whether the days of a period add up to what was used in it."""
    return meter.kind is MeterKind.RESET and not is_level(meter)


def amounts(meter: MeterUse, today: date) -> Floats:
    """The meter's daily amounts from `first_day` to today, silent days filled in."""
    if meter.first_day is None or meter.first_day > today:
        return np.zeros(0)
    days = today.toordinal() - meter.first_day.toordinal() + 1
    known = _array(meter.daily[:days])
    missing = days - len(known)
    if not missing:
        return known
    carried = float(known[-1]) if is_level(meter) and len(known) else 0.0
    return np.concatenate((known, np.full(missing, carried)))


def _array(amounts: tuple[float, ...]) -> Floats:
    if isinstance(amounts, tuple):  # Packed first: much quicker than number by number.
        return np.frombuffer(pack(f"{len(amounts)}d", *amounts))
    return np.asarray(amounts, dtype=np.float64)


def last_amounts(meter: MeterUse, today: date, count: int) -> list[float]:
    """The last `count` of the meter's daily amounts, fewer where it has fewer."""
    if meter.first_day is None or meter.first_day > today or count <= 0:
        return []
    days = today.toordinal() - meter.first_day.toordinal() + 1
    if days > len(meter.daily):
        return list(map(float, amounts(meter, today)[-count:]))
    return list(map(float, meter.daily[max(days - count, 0) : days]))


def exact(amount: float) -> Decimal:
    """An amount as Segue keeps it: exact to six decimals."""
    whole = int(amount)
    return Decimal(whole) if whole == amount else Decimal(repr(round(amount, _PLACES)))


def changes(meter: MeterUse, today: date) -> Floats:
    """What each day added; for a level its change, the first day counting as the level itself."""
    days = amounts(meter, today)
    if not is_level(meter) or not len(days):
        return days
    return np.concatenate((days[:1], days[1:] - days[:-1]))


def history(snapshot: Snapshot, today: date) -> History:
    """Lay the meaningful meters' days side by side."""
    added = {m.key: changes(m, today) for m in snapshot.meters if m.meaningful}
    meters = [m for m in snapshot.meters if m.meaningful and len(added[m.key])]
    size = max((len(added[m.key]) for m in meters), default=0)
    first = today.toordinal() - size + 1
    if not meters:
        none = np.zeros(0, dtype=np.bool_)
        return History(today=today, first=first, value=none, by_meter=(), flows=(), changes=added)
    laid = [_from(added[m.key], size) for m in meters]
    by_meter = tuple(days > 0 for days in laid)
    value = by_meter[0] if len(by_meter) == 1 else np.logical_or.reduce(by_meter)
    flows = tuple(days for m, days in zip(meters, laid, strict=True) if is_flow(m))
    return History(
        today=today, first=first, value=value, by_meter=by_meter, flows=flows, changes=added
    )


def _from(days: Floats, size: int) -> Floats:
    short = size - len(days)
    return np.concatenate((np.zeros(short), days)) if short else days


def totals(days: Floats) -> Floats:
    """Running totals with a leading zero: the sum of [a, b) is `totals[b] - totals[a]`."""
    out = np.zeros(len(days) + 1)
    np.cumsum(days, out=out[1:])
    return out


def counts(days: Flags) -> Ints:
    """The same of flags: how many are set."""
    out = np.zeros(len(days) + 1, dtype=np.int64)
    np.cumsum(days, out=out[1:])
    return out


def value_days_of(users: Sequence[UserDays], today: date) -> dict[str, int]:
    """Each user's value days in the last 28."""
    start = date.fromordinal(today.toordinal() - MONTH + 1)
    return {u.user: bisect_right(u.days, today) - bisect_left(u.days, start) for u in users}

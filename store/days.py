"""A meter's days, and what the limit of a period is held against: every sum is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.usage import Aggregation, MeterKind
from store.types import joined


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Stretches of local days as ordinals: the first and the last day of each."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]


def spans(stretches: Sequence[tuple[date, date]]) -> Spans:
    """Stretches from a first day to a last one."""
    ordinals = [(first.toordinal(), last.toordinal()) for first, last in stretches]
    first, last = np.array(ordinals, np.int64).reshape(-1, 2).T
    return Spans(first=first, last=last)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Days:
    """What a meter counted on local days (as ordinals), oldest first.

    `amounts` are whole numbers of which `scale` make a unit; where their sum could be none that a
    machine word holds, they are Python's own.
    """

    days: NDArray[np.int64]
    amounts: NDArray[Any]
    scale: int = 1
    backfilled: frozenset[date] = frozenset()
    last_at: datetime | None = None

    @property
    def first(self) -> date | None:
        """The oldest day."""
        return date.fromordinal(int(self.days[0])) if len(self.days) else None

    def floats(self) -> NDArray[np.float64]:
        """Each amount as the number nearest to it."""
        if self.scale == 1:
            return self.amounts.astype(np.float64)
        return np.array([amount / self.scale for amount in self.amounts.tolist()], np.float64)

    def used(self, kind: MeterKind, how: Aggregation, over: Spans) -> list[Decimal]:
        """What the limit is held against, over each of these spans."""
        starts = np.searchsorted(self.days, over.first)
        ends = np.searchsorted(self.days, over.last, side="right")
        if kind is MeterKind.CUMULATIVE:
            starts = np.zeros_like(ends)
        return [self._exact(amount) for amount in self._joined(kind, how, starts, ends)]

    def _joined(
        self, kind: MeterKind, how: Aggregation, starts: NDArray[Any], ends: NDArray[Any]
    ) -> list[Any]:
        """The days from each start up to each end, as one amount."""
        levels = how in (Aggregation.MAX, Aggregation.LATEST)
        if kind is not MeterKind.PEAK and not levels:
            sums = np.concatenate(([0], np.cumsum(self.amounts)))
            summed: list[Any] = (sums[ends] - sums[starts]).tolist()
            return summed
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        if kind is MeterKind.PEAK or (kind is MeterKind.RESET and how is Aggregation.MAX):
            return [self.amounts[s:e].max() if s < e else 0 for s, e in places]
        return [self.amounts[e - 1] if s < e else 0 for s, e in places]

    def total(self, before: date) -> Decimal:
        """All that was counted before a day."""
        end = np.searchsorted(self.days, before.toordinal())
        return self._exact(self.amounts[:end].sum()) if end else Decimal(0)

    def _exact(self, amount: Any) -> Decimal:
        return joined(int(amount), 0) if self.scale == 1 else joined(0, int(amount))


NONE = Days(days=np.zeros(0, np.int64), amounts=np.zeros(0, np.int64))
"""Nothing was ever counted."""

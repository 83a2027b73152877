"""The timelines of many accounts laid end to end, so that their stages are read together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np

from engine.history import Flags, Floats, Ints, counts
from engine.timeline import Days, Timeline

Figures = TypeVar("Figures", Ints, Floats, Flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The days of all accounts: value at all, by meter, and amounts of meters that add up.

    Accounts have more meters or fewer: `by_meter` and `flows` hold nothing where there is none.
    """

    value: Flags
    by_meter: tuple[Flags, ...]
    flows: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Accounts end to end, a position each day.

    `begins`: where each account begins, and the end of the last; `sizes`: days of each. Of each
    day: `index`, its position; `begin`, where its account begins; `nth`, which of its days it is.
    `looked` is `whole` itself where the accounts were looked at on their last day alone.
    """

    lines: tuple[Timeline, ...]
    begins: Ints
    sizes: Ints
    index: Ints
    begin: Ints
    nth: Ints
    whole: Seen
    looked: Seen

    def spread(self, values: Figures) -> Figures:
        """One value an account as one a day."""
        return np.repeat(values, self.sizes)

    def before(self, days: Flags) -> Ints:
        """How many such days of its account came before each day."""
        running = counts(days)[:-1]
        return running - self.spread(running[self.begins[:-1]])

    def earlier(self, before: Figures, days: int) -> Figures:
        """What came before the day so many days ago; nothing where the account is younger."""
        if days <= 0:
            return before
        found = np.zeros_like(before)
        np.multiply(before[:-days], self.nth[days:] >= days, out=found[days:])
        return found

    def sums_before(self, days: Floats) -> Floats:
        """What came before each day; amounts, each account's on its own."""
        sums = np.zeros(len(days))
        for low, high in pairwise(self.begins.tolist()):
            np.add.accumulate(days[low : high - 1], out=sums[low + 1 : high])
        return sums

    def looked_again(self, lines: Sequence[Timeline]) -> "Joined":
        """The same accounts, looked at at other times."""
        return replace(
            self, lines=tuple(lines), looked=_together([line.looked for line in lines], self.sizes)
        )


def joined(lines: Sequence[Timeline]) -> Joined:
    """Lay timelines that have days end to end."""
    sizes = np.array([len(line.whole.value) for line in lines], dtype=np.int64)
    begins = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))
    index, begin = np.arange(begins[-1]), np.repeat(begins[:-1], sizes)
    whole = _together([line.whole for line in lines], sizes)
    alike = all(line.looked is line.whole for line in lines)
    return Joined(
        lines=tuple(lines),
        begins=begins,
        sizes=sizes,
        index=index,
        begin=begin,
        nth=index - begin,
        whole=whole,
        looked=whole if alike else _together([line.looked for line in lines], sizes),
    )


def _together(days: Sequence[Days], sizes: Ints) -> Seen:
    none = [np.zeros(size) for size in sizes.tolist()]
    meters = max((len(one.by_meter) for one in days), default=0)
    flows = max((len(one.flows) for one in days), default=0)
    return Seen(
        value=np.concatenate([one.value for one in days]),
        by_meter=tuple(
            np.concatenate(
                [
                    one.by_meter[n] if n < len(one.by_meter) else nothing > 0
                    for one, nothing in zip(days, none, strict=True)
                ]
            )
            for n in range(meters)
        ),
        flows=tuple(
            np.concatenate(
                [
                    one.flows[n] if n < len(one.flows) else nothing
                    for one, nothing in zip(days, none, strict=True)
                ]
            )
            for n in range(flows)
        ),
    )

"""The timelines of many accounts laid end to end, so that their stages are read together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from engine.history import Flags, Floats, Ints, totals
from engine.timeline import Days, Timeline


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

    `begins`: where each account begins, and the end of the last; `account`, `begin`, `ordinal`: of
    each day. `looked` is `whole` itself where the accounts were looked at on their last day alone.
    """

    lines: tuple[Timeline, ...]
    begins: Ints
    account: Ints
    begin: Ints
    ordinal: Ints
    whole: Seen
    looked: Seen

    def of_each(self, values: Sequence[float]) -> Floats:
        """One value an account as one a day."""
        return np.array(values, dtype=np.float64)[self.account]

    def before(self, days: Flags | Ints) -> Floats:
        """What came before each day; counts, for those add up exactly across accounts."""
        running: Floats = totals(days)[:-1]
        return running - running[self.begin]

    def sums_before(self, days: Floats) -> Floats:
        """What came before each day; amounts, each account's on its own."""
        sums = np.zeros(len(days))
        for low, high in pairwise(self.begins.tolist()):
            np.cumsum(days[low : high - 1], out=sums[low + 1 : high])
        return sums


def joined(lines: Sequence[Timeline]) -> Joined:
    """Lay timelines that have days end to end."""
    sizes = [len(line.whole.value) for line in lines]
    begins = np.array(list(accumulate(sizes, initial=0)), dtype=np.int64)
    account = np.repeat(np.arange(len(lines)), sizes)
    begin = begins[:-1][account]
    first = np.array([line.first for line in lines], dtype=np.int64)
    whole = _together([line.whole for line in lines], sizes)
    alike = all(line.looked is line.whole for line in lines)
    return Joined(
        lines=tuple(lines),
        begins=begins,
        account=account,
        begin=begin,
        ordinal=first[account] + np.arange(len(account)) - begin,
        whole=whole,
        looked=whole if alike else _together([line.looked for line in lines], sizes),
    )


def _together(days: Sequence[Days], sizes: Sequence[int]) -> Seen:
    none = [np.zeros(size) for size in sizes]
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

"""An account's days side by side, whole and as they stood when they were looked at."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.history import Flags, Floats, History, Ints
from engine.snapshot import Snapshot
from engine.usage import ClosedPeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """What came in on each day: value at all, value by meter, amounts of the meters that add up."""

    value: Flags
    by_meter: tuple[Flags, ...]
    flows: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRows:
    """Days on which each user made value events, ordered by user, then day (as index).

    `early`: whether it was known when the day was looked at.
    """

    owner: Ints
    day: Ints
    early: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything a stage is read from, from the ordinal `first` on.

    `whole`: each day as later days know it; `looked`: each as it stood at its look (the same
    object where the only look is the last day's). `closed`: periods the account lives by.
    """

    first: int
    whole: Days
    looked: Days
    users: UserRows
    closed: tuple[ClosedPeriod, ...]
    since: date | None
    seats: int | None
    integrated: bool

    @property
    def first_value(self) -> date | None:
        """The first value day."""
        hits = np.flatnonzero(self.whole.value)
        return date.fromordinal(self.first + int(hits[0])) if len(hits) else None


def timeline(snapshot: Snapshot, history: History) -> Timeline:
    """The timeline of a snapshot: its last day is today, so far."""
    days = Days(value=history.value, by_meter=history.by_meter, flows=history.flows)
    lists = (m.closed for m in snapshot.meters if m.meaningful)
    return Timeline(
        first=history.first,
        whole=days,
        looked=days,
        users=_user_rows(snapshot, history),
        closed=max(lists, key=len, default=()),
        since=snapshot.account.since or history.first_value,
        seats=snapshot.account.seats,
        integrated=bool(snapshot.account.integrations),
    )


def _user_rows(snapshot: Snapshot, history: History) -> UserRows:
    last = history.today.toordinal() - history.first
    days = [
        np.fromiter(map(date.toordinal, user.days), dtype=np.int64, count=len(user.days))
        for user in snapshot.user_days
    ]
    day = np.concatenate(days) - history.first if days else np.zeros(0, dtype=np.int64)
    owner = np.repeat(np.arange(len(days)), [len(of_user) for of_user in days])
    known = (day >= 0) & (day <= last)
    early = np.ones(int(np.count_nonzero(known)), dtype=np.bool_)
    return UserRows(owner=owner[known], day=day[known], early=early)

"""How far the account has come: recomputed day by day from its history, by evidence, not scores.

Every rule is read for all days at once; a stage is then a latch, set on a day its enter rule holds
and cleared on a day its leave rule does. Each day is read twice where it matters: whole, as later
days remember it, and as it stood when it was looked at.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np

from engine.decision import Stage, StageView
from engine.features import Days
from engine.history import Flags, History, Ints, totals
from engine.policy import StagePolicy
from engine.snapshot import Snapshot
from engine.timeline import Timeline, timeline

COMMITTED = frozenset((Stage.ADOPTED, Stage.EMBEDDED))
"""The stages from which an account may be asked."""
STAGES = (Stage.EXPERIMENTING, Stage.LEARNING, Stage.ADOPTED, Stage.EMBEDDED)
"""All of them, in the order an account comes through them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The stage and the figures behind it that moments and gates look at.

    `ratio28`: value in the last 28 days over the 28 before. `since`: sign-up, else first value.
    """

    view: StageView
    since: date | None
    ratio28: float
    gap: int | None

    def age(self, today: date) -> int | None:
        """Days since sign-up; None: nothing known."""
        return None if self.since is None else (today - self.since).days


def standing(snapshot: Snapshot, history: History, policy: StagePolicy) -> Standing:
    """The account's stage today."""
    return Standings(timeline(snapshot, history), policy).at(len(history.value) - 1)


class Standings:
    """The account's stage on every day of its timeline, as it stood when the day was looked at.

    `like`: the same days, looked at otherwise.
    """

    def __init__(
        self, line: Timeline, policy: StagePolicy, like: "Standings | None" = None
    ) -> None:
        self.line, self.policy = line, policy
        self.since = line.since
        if not line.whole.value.any() or self.since is None:
            self.stages: Ints = np.zeros(len(line.whole.value), dtype=np.int64)
            self.whole: Days | None = None
            self.days: Days | None = None
            return
        self.whole = whole = (like and like.whole) or Days(line, line.whole, self.since)
        self.days = whole if line.looked is line.whole else Days(line, line.looked, self.since)
        self.stages, remembered = _stages(whole, self.days, policy)
        self.runs = _run_starts(remembered)
        self.remembered = remembered

    def at(self, index: int, *, evidence: bool = True) -> Standing:
        """The standing on one day; without its evidence where only the stage is asked for."""
        days = self.days
        if days is None or days.last_value[index] < 0:
            view = StageView(
                stage=Stage.EXPERIMENTING,
                since=self.since,
                dormant=False,
                outgrowing=False,
                evidence=(("value_days28", "0"),),
            )
            return Standing(view=view, since=self.since, ratio28=0.0, gap=None)
        stage = int(self.stages[index])
        view = StageView(
            stage=STAGES[stage],
            since=self._stage_since(index, stage),
            dormant=self._dormant(days, index),
            outgrowing=False,
            evidence=_evidence(days, index) if evidence else (),
        )
        return Standing(
            view=view, since=self.since, ratio28=float(days.ratio[index]), gap=int(days.gap[index])
        )

    def _dormant(self, days: Days, index: int) -> bool:
        gap, policy = int(days.gap[index]), self.policy
        if gap <= policy.dormant_days:
            return False
        return gap > policy.dormant_gaps * days.usual_gap(index)

    def _stage_since(self, index: int, stage: int) -> date | None:
        """The first day of the stage that holds; of the first stage, the first value day."""
        start = index
        if index > 0 and int(self.remembered[index - 1]) == stage:
            start = int(self.runs[index - 1])
        if start == 0:
            return self.line.first_value
        return date.fromordinal(self.line.first + start)


def _evidence(days: Days, index: int) -> tuple[tuple[str, str], ...]:
    gap, usual = int(days.gap[index]), days.usual_gap(index)
    return (*days.evidence(index), ("gap", f"{gap} d (usual {usual:g} d)"))


def _run_starts(stages: Ints) -> Ints:
    """For each day the first of the unbroken run of its stage."""
    new = np.concatenate(([True], stages[1:] != stages[:-1]))
    starts: Ints = np.maximum.accumulate(np.where(new, np.arange(len(stages)), 0))
    return starts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """Where each rule holds, a flag a day."""

    adopted: Flags
    adopted_fails: Flags
    embedded: Flags
    embedded_fails: Flags


def _stages(whole: Days, looked: Days, policy: StagePolicy) -> tuple[Ints, Ints]:
    """0 experimenting ... 3 embedded: for every day as looked at, and as remembered."""
    learning = _learning(whole, looked, policy)
    rules = _rules(whole, policy), _rules(looked, policy) if looked is not whole else None
    of_whole, of_looked = rules[0], rules[1] or rules[0]
    leave = _lasting(of_whole.adopted_fails, of_looked.adopted_fails, policy.leave_days)
    adopted = _latch(of_whole.adopted, leave[0], of_looked.adopted, leave[1])
    weak = _lasting(of_whole.embedded_fails, of_looked.embedded_fails, policy.leave_days)
    embedded = _latch(
        of_whole.embedded & adopted[0],
        weak[0] | ~adopted[0],
        of_looked.embedded & adopted[1],
        weak[1] | ~adopted[1],
    )
    remembered, seen = (
        np.where(embedded[i], 3, np.where(adopted[i], 2, np.where(learning[i], 1, 0)))
        for i in (0, 1)
    )
    return seen, remembered


def _rules(days: Days, policy: StagePolicy) -> _Rules:
    daily = (days.days28 >= policy.rhythm_value_days) & (days.weeks8 >= policy.rhythm_weeks)
    slow = days.both_periods & ~daily
    # Whoever works in periods has no 28 days with two value days: theirs are two periods.
    breadth = np.where(slow, days.breadth_slow, days.breadth)
    depth = np.where(slow, days.depth_slow, days.depth)
    alone = days.anonymous | (days.seats == 1)
    fits = (daily | slow) & (breadth >= np.where(alone, 1, policy.adopted_people))
    weekly = (days.weeks_seen >= policy.embedded_weeks, days.weekly_consistency)
    by_period = (days.periods_seen >= policy.embedded_periods, days.periodic_consistency)
    seen, consistency = (np.where(slow, *both) for both in zip(by_period, weekly, strict=True))
    broad = max(policy.embedded_people, ceil(policy.embedded_seat_share * (days.seats or 0)))
    deep = depth >= np.minimum(policy.embedded_features, days.features)
    return _Rules(
        adopted=fits
        & (days.age >= policy.onboarding_days)
        & (depth >= np.minimum(policy.adopted_features, days.features)),
        adopted_fails=~fits,
        embedded=seen
        & (consistency >= policy.embedded_consistency)
        & (breadth >= np.where(alone, 1, broad))
        & (deep | days.integrated)
        & (days.ratio >= policy.embedded_ratio),
        embedded_fails=(consistency < policy.embedded_consistency_leave)
        | (days.ratio < policy.embedded_ratio_leave),
    )


def _learning(whole: Days, looked: Days, policy: StagePolicy) -> tuple[Flags, Flags]:
    """Enough value since the last long silence, or value period after period."""
    periodic = _latch(whole.both_periods, whole.no_period, looked.both_periods, looked.no_period)
    return (
        _enough_value(whole, policy) | periodic[0],
        _enough_value(looked, policy) | periodic[1],
    )


def _enough_value(days: Days, policy: StagePolicy) -> Flags:
    anew = days.seen & (
        (days.value_before < 0) | (days.index - days.value_before > policy.learning_leave_days)
    )
    # Where a silence ended, remembered from the days as they became whole.
    begun = np.concatenate(([0], days.begun(policy.learning_leave_days)[:-1]))
    start = np.where(anew, days.index, begun)
    silent = (days.last_value < 0) | (days.index - days.last_value >= policy.learning_leave_days)
    enough: Flags = (
        (days.days_since(start) >= policy.learning_value_days)
        & (days.weeks_since(start) >= policy.learning_weeks)
        & ~silent
    )
    return enough


def _latch(enter: Flags, leave: Flags, enter_seen: Flags, leave_seen: Flags) -> tuple[Flags, Flags]:
    """On from a day `enter` holds until a day `leave` does, entering wins; whole and as seen."""
    index = np.arange(1, len(enter) + 1)
    entered = np.maximum.accumulate(np.where(enter, index, 0))
    left = np.maximum.accumulate(np.where(leave & ~enter, index, 0))
    held = entered > left
    before = np.concatenate(([False], held[:-1]))
    return held, enter_seen | (before & ~leave_seen)


def _lasting(flags: Flags, seen: Flags, days: int) -> tuple[Flags, Flags]:
    """Whether `flags` held on each of the last `days` days; whole, and with the last as seen."""
    running = totals(flags)
    start = np.maximum(np.arange(len(flags)) - days + 1, 0)
    before = running[:-1] - running[start]
    return before + flags >= days, before + seen >= days


def onboarded(standing: Standing, policy: StagePolicy) -> date | None:
    """The first day on which the account may count as adopted."""
    return None if standing.since is None else standing.since + timedelta(policy.onboarding_days)

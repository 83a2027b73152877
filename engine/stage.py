"""How far the account has come: recomputed day by day from its history, by evidence, not scores.

Every rule is read for all days at once; a stage is then a latch, set on a day its enter rule holds
and cleared on a day its leave rule does. Each day is read twice where it matters: whole, as later
days remember it, and as it stood when it was looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from engine.decision import Stage, StageView
from engine.features import Days
from engine.history import Flags, Floats, Ints, totals
from engine.joined import Joined, joined
from engine.policy import StagePolicy
from engine.timeline import Timeline

COMMITTED = (Stage.ADOPTED, Stage.EMBEDDED)
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


class Standings:
    """The stages of accounts on every day of their timelines, as it stood when looked at."""

    def __init__(self, lines: Sequence[Timeline], policy: StagePolicy) -> None:
        self.lines, self.policy = lines, policy
        some = [n for n, line in enumerate(lines) if line.whole.value.any() and line.since]
        self.place = {n: place for place, n in enumerate(some)}
        if not some:
            return
        self.all = joined([lines[n] for n in some])
        whole = Days(self.all, self.all.whole)
        looked_once = self.all.looked is self.all.whole
        self.days = whole if looked_once else Days(self.all, self.all.looked)
        self.seen, self.remembered = _stages(whole, self.days, policy)
        self.runs = _run_starts(self.remembered, self.all)

    def stages(self, account: int) -> Ints:
        """An account's stage as a number from 0, on each of its days as it was looked at."""
        place = self.place.get(account)
        if place is None:
            return np.zeros(len(self.lines[account].whole.value), dtype=np.int64)
        stages: Ints = self.seen[self.all.begins[place] : self.all.begins[place + 1]]
        return stages

    def ratios(self, account: int) -> Floats:
        """An account's value of 28 days over the 28 before, on each of its days."""
        return self._of(account, "ratio")

    def gaps(self, account: int) -> Floats:
        """Days since its last value day, on each of its days; far back before the first."""
        return self._of(account, "gap")

    def _of(self, account: int, name: str) -> Floats:
        place = self.place.get(account)
        if place is None:
            return np.zeros(len(self.lines[account].whole.value))
        values: Floats = getattr(self.days, name)
        return values[self.all.begins[place] : self.all.begins[place + 1]]

    def at(self, account: int, index: int, *, evidence: bool = True) -> Standing:
        """An account's standing on one day; without its evidence where only the stage is asked."""
        place, since = self.place.get(account), self.lines[account].since
        index += 0 if place is None else int(self.all.begins[place])
        if place is None or self.days.last_value[index] < 0:
            view = StageView(
                stage=Stage.EXPERIMENTING,
                since=since,
                dormant=False,
                outgrowing=False,
                evidence=(("value_days28", "0"),),
            )
            return Standing(view=view, since=since, ratio28=0.0, gap=None)
        days, stage = self.days, int(self.seen[index])
        view = StageView(
            stage=STAGES[stage],
            since=self._stage_since(account, index, stage),
            dormant=self._dormant(days, index),
            outgrowing=False,
            evidence=_evidence(days, index) if evidence else (),
        )
        return Standing(
            view=view, since=since, ratio28=float(days.ratio[index]), gap=int(days.gap[index])
        )

    def _dormant(self, days: Days, index: int) -> bool:
        gap, policy = int(days.gap[index]), self.policy
        if gap <= policy.dormant_days:
            return False
        return gap > policy.dormant_gaps * days.usual_gap(index)

    def _stage_since(self, account: int, index: int, stage: int) -> date | None:
        """The first day of the stage that holds; of the first stage, the first value day."""
        start, begin = index, int(self.all.begin[index])
        if index > begin and int(self.remembered[index - 1]) == stage:
            start = int(self.runs[index - 1])
        if start == begin:
            return self.lines[account].first_value
        return date.fromordinal(int(self.all.ordinal[start]))


def _evidence(days: Days, index: int) -> tuple[tuple[str, str], ...]:
    gap, usual = int(days.gap[index]), days.usual_gap(index)
    return (*days.evidence(index), ("gap", f"{gap} d (usual {usual:g} d)"))


def _run_starts(stages: Ints, every: Joined) -> Ints:
    """For each day the first of the unbroken run of its stage."""
    new = np.concatenate(([True], stages[1:] != stages[:-1]))
    new[every.begins[:-1]] = True
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
    learning, begin = _learning(whole, looked, policy), whole.all.begin
    rules = _rules(whole, policy), _rules(looked, policy) if looked is not whole else None
    of_whole, of_looked = rules[0], rules[1] or rules[0]
    leave = _lasting(of_whole.adopted_fails, of_looked.adopted_fails, policy.leave_days, begin)
    adopted = _latch(of_whole.adopted, leave[0], of_looked.adopted, leave[1], begin)
    weak = _lasting(of_whole.embedded_fails, of_looked.embedded_fails, policy.leave_days, begin)
    embedded = _latch(
        of_whole.embedded & adopted[0],
        weak[0] | ~adopted[0],
        of_looked.embedded & adopted[1],
        weak[1] | ~adopted[1],
        begin,
    )
    remembered, seen = (
        np.where(embedded[i], 3, np.where(adopted[i], 2, np.where(learning[i], 1, 0)))
        for i in (0, 1)
    )
    return seen, remembered


def _rules(days: Days, policy: StagePolicy) -> _Rules:
    rhythm = policy.rhythm_value_days, policy.rhythm_weeks
    daily = days.has_rhythm(*rhythm)
    # Whoever works in periods has no 28 days with two value days: theirs are two periods. Which of
    # the two holds is told by the days before; what comes in today may only add the other.
    slow = days.both_periods & ~days.had_rhythm(*rhythm)
    fast = daily | ~slow
    alone = days.anonymous | (days.seats == 1)
    few, features = np.where(alone, 1, policy.adopted_people), policy.adopted_features
    broad = np.maximum(policy.embedded_people, np.ceil(policy.embedded_seat_share * days.seats))
    many = np.where(alone, 1, broad)
    deep = np.minimum(policy.embedded_features, days.features)
    adopted, embedded = np.zeros_like(daily), np.zeros_like(daily)
    fails, weak = np.ones_like(daily), np.ones_like(daily)
    for holds, lives, breadth, depth, long, consistency in (
        (
            fast,
            daily,
            days.breadth,
            days.depth,
            days.weeks_seen >= policy.embedded_weeks,
            days.weekly_consistency,
        ),
        (
            slow,
            slow,
            days.breadth_slow,
            days.depth_slow,
            days.periods_seen >= policy.embedded_periods,
            days.periodic_consistency,
        ),
    ):
        fits = lives & (breadth >= few)
        adopted |= fits & (depth >= np.minimum(features, days.features))
        fails &= ~fits
        embedded |= (
            holds
            & long
            & (consistency >= policy.embedded_consistency)
            & (breadth >= many)
            & ((depth >= deep) | days.integrated)
        )
        weak &= ~holds | (consistency < policy.embedded_consistency_leave)
    return _Rules(
        adopted=adopted & (days.age >= policy.onboarding_days),
        adopted_fails=fails,
        embedded=embedded & (days.ratio >= policy.embedded_ratio),
        embedded_fails=weak | (days.ratio < policy.embedded_ratio_leave),
    )


def _learning(whole: Days, looked: Days, policy: StagePolicy) -> tuple[Flags, Flags]:
    """Enough value since the last long silence, or value period after period."""
    periodic = _latch(
        whole.both_periods,
        whole.no_period,
        looked.both_periods,
        looked.no_period,
        whole.all.begin,
    )
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
    begun = np.maximum(begun, days.all.begin)
    start = np.where(anew, days.index, begun)
    silent = (days.last_value < 0) | (days.index - days.last_value >= policy.learning_leave_days)
    enough: Flags = (
        (days.days_since(start) >= policy.learning_value_days)
        & (days.weeks_since(start) >= policy.learning_weeks)
        & ~silent
    )
    return enough


def _latch(
    enter: Flags, leave: Flags, enter_seen: Flags, leave_seen: Flags, begin: Ints
) -> tuple[Flags, Flags]:
    """On from a day `enter` holds until a day `leave` does, entering wins; whole and as seen."""
    index = np.arange(1, len(enter) + 1)
    entered = np.maximum.accumulate(np.where(enter, index, 0))
    left = np.maximum.accumulate(np.where(leave & ~enter, index, 0))
    held = entered > np.maximum(left, begin)
    before = np.concatenate(([False], held[:-1])) & (index > begin + 1)
    return held, enter_seen | (before & ~leave_seen)


def _lasting(flags: Flags, seen: Flags, days: int, begin: Ints) -> tuple[Flags, Flags]:
    """Whether `flags` held on each of the last `days` days; whole, and with the last as seen."""
    running = totals(flags)
    start = np.maximum(np.arange(len(flags)) - days + 1, begin)
    before = running[:-1] - running[start]
    return before + flags >= days, before + seen >= days


def onboarded(standing: Standing, policy: StagePolicy) -> date | None:
    """The first day on which the account may count as adopted."""
    return None if standing.since is None else standing.since + timedelta(policy.onboarding_days)

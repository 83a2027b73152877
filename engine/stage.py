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
from engine.history import Flags, Floats, Ints
from engine.joined import Joined, joined
from engine.policy import StagePolicy
from engine.timeline import Timeline
from engine.whole import Whole

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

    def __init__(
        self,
        lines: Sequence[Timeline],
        policy: StagePolicy,
        like: "Standings | None" = None,
    ) -> None:
        """`like`: the same accounts, looked at at other times; what is whole is taken from them."""
        self.lines, self.policy = lines, policy
        some = [n for n, line in enumerate(lines) if line.whole.value.any() and line.since]
        self.place = {n: place for place, n in enumerate(some)}
        if not some:
            return
        of = [lines[n] for n in some]
        self.all: Joined = like.all.looked_again(of) if like else joined(of)
        self.memory: _Memory = like.memory if like else _Memory(Whole(self.all), policy)
        once = self.all.looked is self.all.whole
        self.days = self.memory.days if once else Days(self.memory.whole, self.all, self.all.looked)
        self.seen = self.memory.seen(self.days, policy)

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
        if index > begin and int(self.memory.stages[index - 1]) == stage:
            start = int(self.memory.runs[index - 1])
        if start == begin:
            return self.lines[account].first_value
        return date.fromordinal(self.lines[account].first + start - begin)


def _evidence(days: Days, index: int) -> tuple[tuple[str, str], ...]:
    gap, usual = int(days.gap[index]), days.usual_gap(index)
    return (*days.evidence(index), ("gap", f"{gap} d (usual {usual:g} d)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """Where each rule holds, a flag a day."""

    adopted: Flags
    adopted_fails: Flags
    embedded: Flags
    embedded_fails: Flags


class _Memory:
    """The stages of all days as later days remember them; of the days themselves, what is whole.

    `stages`: 0 experimenting ... 3 embedded; `runs`: the first day of each unbroken run of a stage.
    """

    def __init__(self, whole: Whole, policy: StagePolicy) -> None:
        self.whole, self.days = whole, Days(whole, whole.all, whole.all.whole)
        self._rules = rules = _rules(self.days, policy)
        every = whole.all
        self._leave = _Lasting(rules.adopted_fails, policy.leave_days, every)
        self._weak = _Lasting(rules.embedded_fails, policy.leave_days, every)
        self._periodic = _Latch(whole.periods.both, self.days.no_period, every)
        self._adopted = _Latch(rules.adopted, self._leave.whole, every)
        adopted = self._adopted.whole
        self._embedded = _Latch(rules.embedded & adopted, self._weak.whole | ~adopted, every)
        # Where a silence ended, remembered from the days as they became whole.
        begun = np.concatenate(([0], whole.begun(policy.learning_leave_days)[:-1]))
        self._begun = np.maximum(begun, every.begin)
        self._enough = self._enough_value(self.days, policy)
        learning = self._enough | self._periodic.whole
        self.stages = _stages(learning, adopted, self._embedded.whole)
        new = np.concatenate(([True], self.stages[1:] != self.stages[:-1]))
        new[every.begins[:-1]] = True
        self.runs: Ints = np.maximum.accumulate(every.index * new)

    def seen(self, days: Days, policy: StagePolicy) -> Ints:
        """The stages as they stood when the days were looked at."""
        rules = self._rules if days is self.days else _rules(days, policy)
        periodic = self._periodic.seen(self.whole.periods.both, days.no_period)
        adopted = self._adopted.seen(rules.adopted, self._leave.seen(rules.adopted_fails))
        weak = self._weak.seen(rules.embedded_fails)
        embedded = self._embedded.seen(rules.embedded & adopted, weak | ~adopted)
        enough = self._enough if days is self.days else self._enough_value(days, policy)
        return _stages(enough | periodic, adopted, embedded)

    def _enough_value(self, days: Days, policy: StagePolicy) -> Flags:
        """Enough value since the last long silence."""
        before, silence = self.whole.value_before, policy.learning_leave_days
        anew = days.seen & ((before < 0) | (days.index - before > silence))
        start = np.where(anew, days.index, self._begun)
        silent = (days.last_value < 0) | (days.gap >= silence)
        enough: Flags = (
            (days.value_since(start) >= policy.learning_value_days)
            & (days.weeks_since(start) >= policy.learning_weeks)
            & ~silent
        )
        return enough


def _stages(learning: Flags, adopted: Flags, embedded: Flags) -> Ints:
    stages: Ints = np.maximum(np.maximum(3 * embedded, 2 * adopted), 1 * learning)
    return stages


def _rules(days: Days, policy: StagePolicy) -> _Rules:
    whole, weeks, periods = days.whole, days.whole.weeks, days.whole.periods
    rhythm = policy.rhythm_value_days, policy.rhythm_weeks
    daily = days.has_rhythm(*rhythm)
    # Whoever works in periods has no 28 days with two value days: theirs are two periods. Which of
    # the two holds is told by the days before; what comes in today may only add the other.
    slow = periods.both & ~days.had_rhythm(*rhythm)
    fast = daily | ~slow
    alone = days.anonymous | (whole.seats == 1)
    broad = np.ceil(policy.embedded_seat_share * whole.seats)
    many = np.maximum(policy.embedded_people, broad).astype(np.int64)
    adopted, embedded = np.zeros_like(daily), np.zeros_like(daily)
    fails, weak = np.ones_like(daily), np.ones_like(daily)
    for holds, lives, breadth, depth, long, of in (
        (fast, daily, days.breadth, days.depth, policy.embedded_weeks, weeks),
        (slow, slow, days.breadth_slow, days.depth_slow, policy.embedded_periods, periods),
    ):
        # No more is asked of an account than it has: of one seat one person, of one meter one.
        one, every = alone & (breadth >= 1), depth >= days.features
        fits = lives & (one | (~alone & (breadth >= policy.adopted_people)))
        adopted |= fits & (every | (depth >= policy.adopted_features))
        fails &= ~fits
        long_and_steady = (of.seen >= long) & (of.consistency >= policy.embedded_consistency)
        embedded |= (
            holds
            & of.spread(long_and_steady)
            & (one | (~alone & (breadth >= many)))
            & (every | (depth >= policy.embedded_features) | whole.integrated)
        )
        weak &= ~holds | of.spread(of.consistency < policy.embedded_consistency_leave)
    return _Rules(
        adopted=adopted & (whole.age >= policy.onboarding_days),
        adopted_fails=fails,
        embedded=embedded & (days.ratio >= policy.embedded_ratio),
        embedded_fails=weak | (days.ratio < policy.embedded_ratio_leave),
    )


class _Latch:
    """On from a day `enter` holds until a day `leave` does; entering wins."""

    def __init__(self, enter: Flags, leave: Flags, every: Joined) -> None:
        count = every.index + 1
        entered = np.maximum.accumulate(count * enter)
        left = np.maximum.accumulate(count * (leave & ~enter))
        self.whole: Flags = entered > np.maximum(left, every.begin)
        self._before = np.concatenate(([False], self.whole[:-1])) & (every.nth > 0)

    def seen(self, enter: Flags, leave: Flags) -> Flags:
        """The same on each day as it was looked at."""
        return enter | (self._before & ~leave)


class _Lasting:
    """Whether a rule held on each of the last days."""

    def __init__(self, flags: Flags, days: int, every: Joined) -> None:
        before = every.before(flags)
        self._before, self._days = before - every.earlier(before, days - 1), days
        self.whole: Flags = self._before + flags >= days

    def seen(self, flags: Flags) -> Flags:
        """The same where the last of them counts as it was looked at."""
        seen: Flags = self._before + flags >= self._days
        return seen


def onboarded(standing: Standing, policy: StagePolicy) -> date | None:
    """The first day on which the account may count as adopted."""
    return None if standing.since is None else standing.since + timedelta(policy.onboarding_days)

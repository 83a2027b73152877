"""How long an account goes on being told the same: days that need not be decided again.

Whatever a moment or a gate asks of a day is asked of all days at once: on which side of its bar
each figure lies, and until when what is known holds. A day on which none of these answers has
changed says what the day before said, as long as nothing was raised. Generous, as `busy` is: a day
in doubt is looked at.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from engine.busy import bars_of, fleeting_days
from engine.decision import Decision
from engine.forecast import Prospects
from engine.history import Flags, Floats, Ints, totals
from engine.layer import Layer
from engine.ledger import Kept
from engine.policy import BlockersPolicy, Policy
from engine.record import Record
from engine.tracks import Laid
from engine.usage import PeriodKind

_CLOSE = 1e-9
"""A figure this near to its bar may lie on either side of it: sums are rounded."""
_SOONER = 1e-3
"""Seconds: what changes at the instant of a look has changed by then."""


class Still:
    """Until when one account is told what its last look said."""

    def __init__(self, layer: Layer, busy: Flags, watched: Flags, policy: Policy) -> None:
        """`busy`, `watched`: days on which a moment may hold, and after which usage may say so."""
        self.layer, self.policy, self.end = layer, policy, layer.laid.looked
        still = busy & _still_days(layer, policy)
        still[1:] &= ~watched[:-1]
        record, first = layer.laid.record, layer.calendar.first
        self._looks: list[float] = layer.calendar.looks.tolist()
        turns = [*map(self._after, _instants(record, policy))]
        turns += [day.toordinal() - first for day in _days(record, policy)]
        self._anew = sorted([*np.flatnonzero(~still[: self.end]).tolist(), *turns, self.end])
        self._resting = _resting(layer, policy)

    def raised(self, at: datetime) -> None:
        """Something was said: its spacings end on some later day."""
        ask = self.policy.ask
        for days in (ask.spacing_days, ask.reflection_spacing_days, 365):
            insort(self._anew, self._after(at + timedelta(days)))

    def until(self, index: int, decision: Decision, kept: Kept) -> int:
        """The first day after a look on which something else may be said."""
        following = index + 1
        end = self._anew[bisect_right(self._anew, index)]
        falling_asleep = self._resting[index] and not decision.stage.dormant
        if end == following or kept.fold is None or falling_asleep or _in_turn(decision):
            return following
        return max(following, min(end, *self._turns(decision, kept)))

    def _turns(self, decision: Decision, kept: Kept) -> Iterator[int]:
        """The first days on which the ledger may have come to something else."""
        balance, trust = decision.balance, self.policy.trust
        for at in (kept.until, balance.rest_until):
            if at is not None and at > decision.at:
                yield self._after(at)
        for needs in (trust.ask_needs, trust.reflection_needs):
            day = kept.earned(needs) if balance.trust < needs else None
            if day is not None:
                yield day - self.layer.calendar.first
        yield self.end

    def _after(self, at: datetime) -> int:
        """The first day whose look comes at an instant or later."""
        return bisect_left(self._looks, at.timestamp() - _SOONER)


def _in_turn(decision: Decision) -> bool:
    """Whether moments of the same rank hold for two meters: the likelier one goes first."""
    ranks = [(one.moment, one.alert_class) for one in decision.candidates]
    return len(set(ranks)) < len(ranks)


def _instants(record: Record, policy: Policy) -> Iterator[datetime]:
    """When something that was recorded comes to be known, or ceases to count."""
    spans = [timedelta(days) for days in _spans(policy)]
    for blocker in record.blockers:
        for at in (blocker.opened, blocker.closed):
            if at is not None:
                yield from (at + span for span in spans)
    for change in record.plan_changes:
        yield from (change.at + span for span in spans)
    for given in record.given:
        yield given.at


@lru_cache(maxsize=64)
def _spans(policy: Policy) -> frozenset[int]:
    """Days that a wrong time may last after what brought it about."""
    return frozenset((0, policy.trust.upgrade_silence_days, *astuple(policy.blockers)))


def _days(record: Record, policy: Policy) -> Iterator[date]:
    """Local days on which something that was recorded begins or ceases to count."""
    yield from (given.until for given in record.given if given.until)
    renewal = record.account.renewal
    if renewal is not None:
        yield renewal - timedelta(policy.blockers.renewal)
        yield renewal + timedelta(1)


def _still_days(layer: Layer, policy: Policy) -> Flags:
    """The days on which every figure lies where it lay the day before."""
    laid = layer.laid
    still = np.ones(laid.calendar.size, dtype=np.bool_)
    still[0] = False
    doubt = fleeting_days(laid, policy)
    for track in laid.tracks:
        doubt = doubt | ~layer.steady[track.track.key]
        for share, bar, close in _paces(track, policy):
            still[1:] &= (share[1:] >= bar) == (share[:-1] >= bar)
            doubt |= np.abs(share - bar) <= close
    for figure in _figures(layer, policy):
        still[1:] &= figure[1:] == figure[:-1]
    # Value that was seen on its day and then undone takes back what it earned.
    undone = laid.timeline.looked.value & ~laid.timeline.whole.value
    still &= ~doubt
    still[1:] &= ~(doubt | undone)[:-1]
    return still


def _figures(layer: Layer, policy: Policy) -> Iterator[Flags | Ints]:
    """What moments and gates ask of a day, as answers that change or stay."""
    calendar, stage = layer.calendar, policy.stage
    yield calendar.period
    yield layer.standings.stages(layer.place)
    yield _resting(layer, policy)
    ratio = layer.standings.ratios(layer.place)
    yield ratio >= stage.declining_ratio
    yield ratio >= stage.declining_ratio_over
    since = layer.laid.timeline.since
    if since is not None:
        age = np.arange(calendar.size) + (calendar.first - since.toordinal())
        yield age >= stage.onboarding_days
        yield age >= policy.lasting.young_days
    for track in layer.laid.tracks:
        key = track.track.key
        yield from _of_use(track, policy)
        if key in layer.complete:
            yield layer.complete[key] >= policy.forecast.min_days
        if key in layer.prospects:
            yield _of_prospects(layer.prospects[key], policy, calendar.size)


def _resting(layer: Layer, policy: Policy) -> Flags:
    """The days that are silent for so long that the account may be dormant."""
    resting: Flags = layer.standings.gaps(layer.place) > policy.stage.dormant_days
    return resting


def _of_use(track: Laid, policy: Policy) -> Iterator[Flags]:
    yield track.known > 0
    yield track.used > 0
    yield track.used < 0
    for bar in bars_of(track, policy).tolist():
        yield track.used > bar
        # What equals a rounded bar lies on one side of it or the other, but always on the same.
        yield track.used == bar


def _of_prospects(prospects: Prospects, policy: Policy, size: int) -> Ints:
    """The answers a day's forecast gives, as the digits of a number; 0 where there is none."""
    pace, mid = policy.pace, prospects.ahead[:, 1]
    answers = (
        np.ones(len(mid), dtype=np.bool_),
        ~np.isnan(prospects.p),
        prospects.p >= policy.approaching.p,
        prospects.p >= prospects.bar,
        prospects.p_previous >= prospects.bar,
        mid >= 0,
        mid >= pace.lead_min_days,
        mid <= pace.lead_max_days,
        prospects.one_off,
        prospects.ramp,
    )
    digits = np.zeros(size, dtype=np.int64)
    digits[prospects.index] = sum(answer * 2**n for n, answer in enumerate(answers))
    return digits


def _paces(track: Laid, policy: Policy) -> Iterator[tuple[Floats, float, float]]:
    """Shares of the limit that the last week leads to, their bars, and how exact they are."""
    calendar, limit = track.calendar, float(track.track.limit or 0)
    if not limit or calendar.kind is PeriodKind.NONE:
        return
    index = np.arange(calendar.size)
    sums = totals(track.whole)[:-1]
    recent = sums - sums[np.maximum(index - 6, 0)] + track.looked
    complete = sums - sums[np.maximum(index - 7, 0)]
    start, end = (calendar.starts[calendar.period + n] for n in (0, 1))
    left = end - (calendar.first + index) - 1
    close = _CLOSE * max(1.0, float(np.abs(track.whole).sum()) / limit)
    yield (track.used + recent / 7 * left) / limit, policy.at_limit.pace, close
    day = np.maximum(recent, complete) / 7
    kept_up = np.minimum(day * (end - start), track.used + day * left) / limit
    yield kept_up, policy.lasting.pace, close

"""How long an account goes on being told the same: days that need not be decided again.

Whatever a moment or a gate asks of a day is asked of all days at once: on which side of its bar
each figure lies, and until when what is known holds. A day on which none of these answers has
changed says what the day before said, as long as nothing was raised. Generous, as `busy` is: a day
in doubt is looked at.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from engine.alert import Moment, ReasonCode
from engine.blockers import BLOCKERS
from engine.decision import Decision
from engine.eventful import DOUBTFUL
from engine.forecast import Prospects
from engine.history import Flags, Ints
from engine.layer import Layer
from engine.ledger import Kept
from engine.policy import Policy
from engine.record import Record
from engine.tracks import Laid
from engine.turning import bars_of, shares
from engine.usage import AtLimit, PeriodKind

_CLOSE = 1e-9
"""A figure this near to its bar may lie on either side of it: sums are rounded."""
_SOONER = 1e-3
"""Seconds: what changes at the instant of a look has changed by then."""


class Still:
    """Until when one account is told what its last look said."""

    def __init__(self, layer: Layer, watched: Flags, policy: Policy) -> None:
        """`watched`: days after whose look usage may bring a moment."""
        self.layer, self.policy, self.end = layer, policy, layer.laid.looked
        record, first = layer.laid.record, layer.calendar.first
        self._looks: list[float] = layer.calendar.looks.tolist()
        turns = [*map(self._after, _instants(record, policy))]
        turns += [day.toordinal() - first for day in _days(record, policy)]
        self._anew, self._anew_if_held = (
            sorted([*np.flatnonzero(~still[: self.end]).tolist(), *turns, self.end])
            for still in _still_days(layer, watched, policy)
        )
        self._resting = _resting(layer, policy)

    def raised(self, at: datetime) -> None:
        """Something was said: its spacings end on some later day."""
        ask = self.policy.ask
        for days in (ask.spacing_days, ask.reflection_spacing_days, 365):
            ends = self._after(at + timedelta(days))
            insort(self._anew, ends)
            insort(self._anew_if_held, ends)

    def until(self, index: int, decision: Decision, kept: Kept) -> int:
        """The first day after a look on which something else may be said."""
        following = index + 1
        anew = self._anew_if_held if _held(decision) else self._anew
        end = anew[bisect_right(anew, index)]
        falling_asleep = self._resting[index] and not decision.stage.dormant
        if end == following or kept.fold is None or falling_asleep or _in_turn(decision):
            return following
        return max(following, min(end, *self._turns(following, decision, kept)))

    def _turns(self, following: int, decision: Decision, kept: Kept) -> Iterator[int]:
        """The first days from `following` on when the ledger may have come to something else."""
        balance, trust = decision.balance, self.policy.trust
        for at in (kept.until, balance.rest_until):
            if at is not None and at > decision.at:
                yield self._after(at)
        for needs in (trust.ask_needs, trust.reflection_needs):
            missing = kept.missing(needs) if balance.trust < needs else None
            if missing is not None:
                yield self.layer.value_day(*missing, following)
        yield self.end

    def _after(self, at: datetime) -> int:
        """The first day whose look comes at an instant or later."""
        return bisect_left(self._looks, at.timestamp() - _SOONER)


def _in_turn(decision: Decision) -> bool:
    """Whether moments of the same rank hold for two meters: the likelier one goes first."""
    ranks = [(one.moment, one.alert_class) for one in decision.candidates]
    return len(set(ranks)) < len(ranks)


def _held(decision: Decision) -> bool:
    """Whether the first moment rests on closed periods, and what holds it back holds every ask.

    Then it does not matter which others rest on the open one, behind it.
    """
    chosen = decision.chosen
    if chosen is None or chosen.moment is not Moment.SUSTAINED_OVER:
        return False
    return any(reason.code in _EVERY_ASK for reason in chosen.reasons)


_EVERY_ASK = (
    ReasonCode.NO_NEXT_PLAN,
    ReasonCode.CUSTOM_CONTRACT,
    ReasonCode.OBJECTED,
    ReasonCode.ACCOUNT_MUTED,
    ReasonCode.PULL_ONLY,
    *(code for code, _ in BLOCKERS),
    ReasonCode.DORMANT,
    ReasonCode.STAGE_EXPERIMENTING,
    ReasonCode.STAGE_LEARNING,
    ReasonCode.ONBOARDING,
    ReasonCode.ASK_SPACING,
    ReasonCode.ASK_ANNUAL_CAP,
    ReasonCode.BACKOFF,
    ReasonCode.TRUST_LOW,
)
"""Reasons that hold back whatever is asked, for as long as they last."""


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


def _still_days(layer: Layer, watched: Flags, policy: Policy) -> tuple[Flags, Flags]:
    """The days on which every answer is that of the day before; and every one that still matters.

    The latter where an ask is held that does not rest on the open period.
    """
    laid, current = layer.laid, np.zeros(layer.calendar.size, dtype=np.bool_)
    doubt, close = layer.friction.copy(), current.copy()
    closed = [*_of_account(layer, policy)]
    open_now: list[Flags] = []
    for track in laid.tracks:
        key = track.track.key
        pressure = _pressure(track, layer.prospects.get(key), policy)
        current |= pressure.current
        close |= pressure.close
        doubt |= ~layer.steady[key] | (layer.milestones[key] == DOUBTFUL)
        closed += [layer.milestones[key], *_of_use(track, layer, policy)]
        open_now += pressure.answers
    open_now += _of_asks(layer, current, policy)
    # Value that was seen on its day and then undone takes back what it earned.
    undone = laid.timeline.looked.value & ~laid.timeline.whole.value
    held = layer.busy & ~doubt & _same(closed)
    held[1:] &= ~(watched | doubt | undone)[:-1]
    still = held & ~close & _same(open_now)
    still[1:] &= ~close[:-1]
    return still, held


def _same(answers: Sequence[Flags | Ints]) -> Flags:
    """The days on which all of them are those of the day before."""
    same = np.ones(len(answers[0]), dtype=np.bool_)
    same[0] = False
    for answer in answers:
        same[1:] &= answer[1:] == answer[:-1]
    return same


def _of_account(layer: Layer, policy: Policy) -> Iterator[Flags | Ints]:
    """What is asked of the calendar and of the stage, whatever it is about: an answer a day."""
    yield layer.calendar.period
    yield layer.standings.stages(layer.place)
    yield _resting(layer, policy)
    yield layer.standings.ratios(layer.place) >= policy.stage.declining_ratio_over
    yield _age(layer) >= policy.stage.onboarding_days


def _of_asks(layer: Layer, current: Flags, policy: Policy) -> Iterator[Flags]:
    """What is asked of `current` days, on which a moment may hold that rests on the open period."""
    yield current & (layer.standings.ratios(layer.place) >= policy.stage.declining_ratio)
    yield current & (_age(layer) >= policy.lasting.young_days)


def _age(layer: Layer) -> Ints:
    """Days since sign-up; none while nothing is known."""
    since = layer.laid.timeline.since
    days = np.arange(layer.calendar.size)
    return days + (layer.calendar.first - since.toordinal()) if since else 0 * days


def _resting(layer: Layer, policy: Policy) -> Flags:
    """The days that are silent for so long that the account may be dormant."""
    resting: Flags = layer.standings.gaps(layer.place) > policy.stage.dormant_days
    return resting


def _of_use(track: Laid, layer: Layer, policy: Policy) -> Iterator[Flags]:
    """What is asked of a meter's use, whatever it is about."""
    complete = layer.complete.get(track.track.key)
    if complete is not None:
        yield complete >= policy.forecast.min_days
    yield track.known > 0
    yield track.used < 0
    stops = track.track.at_limit is AtLimit.STOPS
    bars = zip(shares(policy), bars_of(track, policy).tolist(), strict=True)
    yield from _sides(track, [bar for share, bar in bars if stops or share == 1.0])


def _sides(track: Laid, bars: Iterable[float]) -> Iterator[Flags]:
    for bar in bars:
        yield track.used > bar
        # What equals a rounded bar lies on one side of it or the other, but always on the same.
        yield track.used == bar


@dataclass(frozen=True, slots=True)
class _Pressure:
    """What is asked of a meter's forecast and of its last week.

    `current`: days on which a moment may hold that rests on them; `close`: where an answer hangs
    on the last digits of a sum.
    """

    current: Flags
    answers: tuple[Flags, ...]
    close: Flags


def _pressure(track: Laid, prospects: Prospects | None, policy: Policy) -> _Pressure:
    size, limit = track.calendar.size, track.track.limit
    none = np.zeros(size, dtype=np.bool_)
    if limit is None:
        return _Pressure(none, (), none)
    p, (pace, ramp, one_off) = np.full(size, np.nan), np.zeros((3, size), dtype=np.bool_)
    if prospects is not None:
        index, mid = prospects.index, prospects.ahead[:, 1]
        p[index], one_off[index], ramp[index] = prospects.p, prospects.one_off, prospects.ramp
        pace[index] = (
            (np.minimum(prospects.p, prospects.p_previous) >= prospects.bar)
            & (mid >= max(policy.pace.lead_min_days, 0))
            & (mid <= policy.pace.lead_max_days)
        )
    near = track.used >= float(limit) * policy.approaching.used * (1 - _CLOSE)
    met, (goes_on, slow, close) = track.used >= float(limit), _week(track, policy)
    current = near | met | pace
    return _Pressure(
        current,
        (
            *_sides(track, bars_of(track, policy).tolist()),
            near & np.isnan(p),
            near & (p >= policy.approaching.p),
            pace,
            pace & ramp,
            current & (one_off | slow),
            # Whether a day that stands out may be followed by more is the last period's to say.
            met & ((one_off & ~goes_on) | slow),
        ),
        close & current,
    )


def _week(track: Laid, policy: Policy) -> tuple[Flags, Flags, Flags]:
    """Where the last week leads: past the limit by far; not past it; perhaps to the very bar."""
    calendar, limit = track.calendar, float(track.track.limit or 0)
    if not limit or calendar.kind is PeriodKind.NONE:
        none = np.zeros(calendar.size, dtype=np.bool_)
        return none, none, none
    index = np.arange(calendar.size)
    sums = track.sums[:-1]
    recent = sums - sums[np.maximum(index - 6, 0)] + track.looked
    day = np.maximum(recent, sums - sums[np.maximum(index - 7, 0)]) / 7
    start, end = (calendar.starts[calendar.period + n] for n in (0, 1))
    left = end - (calendar.first + index) - 1
    going_on = (track.used + recent / 7 * left) / limit - policy.at_limit.pace
    lasting = np.minimum(day * (end - start), track.used + day * left) / limit
    lasting -= policy.lasting.pace
    exact = _CLOSE * max(1.0, float(np.abs(track.whole).sum()) / limit)
    close = np.minimum(np.abs(going_on), np.abs(lasting)) <= exact
    return going_on >= 0, (lasting < 0) & track.flow, close

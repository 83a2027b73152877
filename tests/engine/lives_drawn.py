"""How lives are drawn: mostly use, often an answer, and now and then anything else."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from engine.alert import FeedbackKind
from engine.policy import Mode, Policy, RightSizePolicy
from engine.snapshot import Arm, BlockerKind, Role
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from tests.engine.lives_steps import (
    Another,
    Busy,
    ClockBack,
    Flag,
    Govern,
    Join,
    Late,
    Leave,
    Limit,
    Merge,
    Move,
    Quiet,
    Renewal,
    Run,
    Say,
    Settle,
    Shape,
    Step,
    Stuck,
    Trouble,
    Turn,
    Work,
    Zone,
    person,
)
from tests.engine.lives_told import Birth
from tests.engine.lives_usage import Counts
from tests.engine.policies import policies

_ZONES = ("UTC", "Europe/Berlin", "America/Denver", "Pacific/Kiritimati", "Asia/Kathmandu")
_OTHERS = (
    Counts(key="exports", base=90),
    Counts(key="seats", kind=MeterKind.CUMULATIVE, aggregation=Aggregation.LATEST, base=10),
    Counts(key="gigabytes", kind=MeterKind.CUMULATIVE, base=500),
    Counts(key="parallel", kind=MeterKind.PEAK, aggregation=Aggregation.MAX, base=8),
    Counts(key="calls", meaningful=False, at_limit=AtLimit.STOPS, base=5000),
)
_SHARES = (0.05, 0.3, 0.6, 0.9, 1.0, 1.1, 1.1, 1.3, 1.3, 1.6, 2.5)
_WORK = st.builds(
    Work,
    days=st.sampled_from([1, 5, 12, 30, 60, 90, 150, 300]),
    share=st.sampled_from(_SHARES),
    shape=st.sampled_from([Shape.STEADY, Shape.WEEKDAYS, *Shape]),
    users=st.sampled_from([0, 1, 2, 2, 3, 4]),
    hour=st.sampled_from([7, 7, 15]),
    others=st.sampled_from([0.0, 0.5, 1.2]),
)
_WHO = st.integers(0, 3)
_SILENT = (FeedbackKind.MUTED, FeedbackKind.SEEN)  # Seen is what a glance at a banner brings.
_KINDS = st.sampled_from([k for k in FeedbackKind if k not in _SILENT])
_RARELY = st.integers(0, 3).map(lambda number: number == 0)
_QUIET = st.builds(Quiet, st.sampled_from([1, 3, 7, 16, 30, 60]))
_MERGE = st.builds(Merge, st.integers(1, 60), st.just(0.5), st.integers(0, 90), _KINDS)
_EVENTS: tuple[st.SearchStrategy[Step], ...] = (
    _QUIET,
    st.builds(Late, st.integers(0, 35), st.sampled_from([0.02, 0.2, 1.0, 5.0]), _WHO),
    st.builds(Late, st.integers(0, 35), st.sampled_from([-0.02, -0.2, -1.0]), _WHO),
    st.one_of(_QUIET, _QUIET, _QUIET, _MERGE),
    st.builds(Stuck, st.integers(1, 6), st.integers(1, 2)),
    st.builds(Move, st.sampled_from([1, 1, -1, -1, 0]), st.sampled_from([0, 0, 0, 5])),
    st.builds(Limit, st.sampled_from([0.7, 1.5, 3.0])),
    st.builds(Trouble, st.sampled_from(BlockerKind), st.none() | st.integers(0, 9), st.booleans()),
    st.just(Settle()),
    st.builds(ClockBack, st.integers(1, 180)),
    st.builds(Zone, st.sampled_from(_ZONES)),
    st.builds(Another, st.sampled_from(_OTHERS)),
    st.builds(
        Join, _WHO, st.sampled_from(Role), st.booleans(), _RARELY, st.sampled_from([0, 5, 100])
    ),
    st.builds(Leave, _WHO),
    st.builds(Busy, _WHO, st.integers(1, 9)),
    st.builds(Renewal, st.none() | st.integers(0, 60)),
    st.builds(Turn, st.sampled_from(Flag), st.booleans()),
    st.builds(Govern, policies()),
    st.builds(Run, st.sampled_from([Mode.LIVE, Mode.LIVE, Mode.SHADOW, Mode.OFF])),
)
_SAY = st.builds(
    Say,
    _KINDS,
    _WHO,
    st.integers(0, 1),
    st.sampled_from([1, 1, 30, 200, 700]),
    st.none() | st.integers(1, 90),
)
_MUTE = st.builds(
    Say, st.just(FeedbackKind.MUTED), _WHO, until=st.none() | st.integers(5, 60), whole=_RARELY
)
STEPS: st.SearchStrategy[Step] = st.one_of(*[_WORK] * 16, *[_SAY] * 6, _MUTE, *_EVENTS)
"""Mostly use, often an answer, and now and then anything else."""

_STAFF = (
    (),
    (person("ada", Role.CHAMPION, date(2025, 1, 1)),),
    (
        person("ada", Role.CHAMPION, date(2025, 1, 1)),
        person("bob", Role.FINANCE, date(2025, 1, 1)),
        person("cyd", Role.USER, date(2025, 1, 1)),
    ),
)


_RIGHT_SIZE = Policy(right_size=RightSizePolicy(enabled=True))


@st.composite
def births(draw: st.DrawFn) -> Birth:
    """An account as vendors have them; most of them plain, for a life is full enough."""
    first = replace(Counts(), at_limit=draw(st.sampled_from(AtLimit)))
    more = draw(st.lists(st.sampled_from(_OTHERS), max_size=1))
    return Birth(
        born=date(2024, 1, 1) + timedelta(draw(st.integers(0, 900))),
        zone=draw(st.sampled_from(_ZONES)),
        period=draw(st.sampled_from([PeriodKind.MONTH, PeriodKind.MONTH, *PeriodKind])),
        plan=draw(st.sampled_from([1, 1, 1, 2, 3, None])),
        counts=(first, *more),
        people=draw(st.sampled_from([_STAFF[2], *_STAFF])),
        seats=draw(st.sampled_from([None, 1, 5])),
        policy=draw(st.one_of(policies(), st.just(_RIGHT_SIZE))),
        arm=draw(st.sampled_from([Arm.TREATED] * 9 + [Arm.HOLDOUT])),
        attentive=draw(st.booleans()),
        daily_source=draw(_RARELY) and draw(_RARELY),
        since_known=draw(st.booleans()),
    )


def lives(most: int = 40) -> st.SearchStrategy[tuple[Birth, list[Step]]]:
    """Whole lives: they begin with use, for before it nothing can be said."""
    steps = st.lists(STEPS, min_size=most // 4, max_size=most)
    begun = st.tuples(_WORK, _WORK, steps).map(lambda parts: [parts[0], parts[1], *parts[2]])
    return st.tuples(births(), begun)

"""Drawn snapshots: histories, pasts and people that nobody thought of."""

from datetime import timedelta

from hypothesis import strategies as st

from engine.alert import AlertClass, FeedbackKind, PastAlert
from engine.snapshot import Answer, Arm, BlockerKind, Role, Snapshot
from engine.usage import AtLimit
from tests.builders import (
    TODAY,
    ago,
    alert,
    answer,
    blocker,
    meter,
    person,
    snapshot,
    user_days,
)


@st.composite
def histories(draw: st.DrawFn, size: int = 100) -> list[float]:
    """Steady, growing, bursty or starting late, with noise."""
    base = draw(st.sampled_from([0.0, 2.0, 20.0, 40.0]))
    growth = draw(st.sampled_from([0.0, 0.2, 0.6]))
    start = draw(st.sampled_from([0, 0, 0, 40, 85, 95]))
    gaps = draw(st.sampled_from([1, 1, 1, 2, 4, 9]))
    noise = draw(st.lists(st.integers(0, 30), min_size=size, max_size=size))
    days = [
        max(0.0, base + growth * i + noise[i] - 10.0) if i >= start and i % gaps == 0 else 0.0
        for i in range(size)
    ]
    return [*days, float(draw(st.integers(0, 60)))]


@st.composite
def pasts(draw: st.DrawFn) -> tuple[tuple[PastAlert, ...], tuple[Answer, ...]]:
    """Asks and reflections of the last year, some answered, one perhaps still waiting."""
    days = draw(st.lists(st.integers(1, 390), max_size=4, unique=True))
    alerts, answers = [], []
    for back in sorted(days, reverse=True):
        kind = draw(st.sampled_from([AlertClass.ASK, AlertClass.REFLECTION]))
        waits = draw(st.booleans()) and back < 14
        past = alert(
            alert_class=kind,
            raised=ago(back),
            charged=None if waits else ago(back),
            closed=None if waits else ago(back - 0.5),
            period=str(back),
            person=draw(st.sampled_from(["ada", "bob", None])),
        )
        alerts.append(past)
        said = draw(st.none() | st.sampled_from(list(FeedbackKind)))
        if said and not waits:
            role = draw(st.sampled_from([Role.CHAMPION, Role.FINANCE, Role.USER]))
            answers.append(answer(past, said, ago(back - 0.4), role))
    return tuple(alerts), tuple(answers)


_BLOCKERS = st.builds(
    blocker,
    st.sampled_from(list(BlockerKind)),
    st.integers(16, 60).map(ago),
    st.none() | st.just(ago(15)),
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    daily = draw(histories())
    used = max(sum(daily[-TODAY.day :]), 1.0)
    limit = round(used * draw(st.sampled_from([0.5, 0.9, 1.0, 1.15, 1.3, 1.6, 3.0])))
    alerts, answers = draw(pasts())
    return snapshot(
        meter(daily, limit=limit, at_limit=draw(st.sampled_from(list(AtLimit)))),
        alerts=alerts,
        answers=answers,
        arm=draw(st.sampled_from([Arm.TREATED, Arm.TREATED, Arm.TREATED, Arm.HOLDOUT])),
        people=draw(st.sampled_from([(), (person(),), (person(), person("bob", can_buy=True))])),
        since=TODAY - timedelta(draw(st.sampled_from([5, 20, 400, 400, 400]))),
        live_since=ago(draw(st.sampled_from([10, 100, 100, 380]))),
        widget_on=draw(st.sampled_from([True, True, False])),
        readers_known=draw(st.booleans()),
        seats=draw(st.sampled_from([None, 1, 1, 4])),
        user_days=draw(st.sampled_from([(), (user_days("ada", *range(1, 90)),)])),
        blockers=draw(st.just(()) | st.just(()) | st.lists(_BLOCKERS, max_size=1).map(tuple)),
    )

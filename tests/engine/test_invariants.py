"""The laws of restraint, for histories and policies nobody thought of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alert import AlertClass, FeedbackKind, Outcome, PastAlert
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Policy
from engine.snapshot import Answer, Arm, BlockerKind, Role, Snapshot
from engine.stage import COMMITTED
from tests.builders import (
    TODAY,
    ago,
    answer,
    at,
    blocker,
    meter,
    snapshot,
)
from tests.engine.histories import histories, snapshots
from tests.engine.policies import policies

STAGES = ("experimenting", "learning", "adopted", "embedded")
SMALL = settings(max_examples=60, deadline=None, derandomize=True)


def asks(decision: Decision) -> bool:
    return decision.outcome is Outcome.ASK


def spoken(facts: Snapshot, kind: AlertClass) -> list[datetime]:
    return [
        a.charged_at or a.raised_at
        for a in facts.alerts
        if a.key.alert_class is kind and (a.charged_at or a.closed_at is None)
    ]


@SMALL
@given(snapshots(), policies())
def test_an_ask_respects_every_limit_of_attention(facts: Snapshot, policy: Policy) -> None:
    decision = decide(facts, policy, at())
    if not asks(decision):
        return
    before = spoken(facts, AlertClass.ASK)
    assert all(at() - when >= timedelta(30) for when in before)
    assert sum(at() - when < timedelta(365) for when in before) < 4
    assert decision.stage.stage in COMMITTED
    assert decision.balance.trust >= policy.trust.ask_needs
    assert decision.balance.refusals < 3
    assert facts.arm is Arm.TREATED
    assert all(b.closed is not None for b in facts.blockers if b.kind not in _EVENTS)
    if decision.recipient:
        for past in facts.alerts:
            mine = past.person == decision.recipient and past.key.alert_class is AlertClass.ASK
            assert not (mine and past.charged_at and at() - past.charged_at < timedelta(60))


_EVENTS = (BlockerKind.SECURITY, BlockerKind.PRICE_CHANGE)


@SMALL
@given(snapshots(), policies())
def test_after_a_refusal_the_next_ask_rests(facts: Snapshot, policy: Policy) -> None:
    refusing = (FeedbackKind.SNOOZED, FeedbackKind.DECLINED, FeedbackKind.NOT_USEFUL)
    binding = [a for a in facts.answers if a.kind in refusing and a.role is not Role.USER]
    if asks(decide(facts, policy, at())):
        assert all(at() - word.at >= timedelta(60) for word in binding)


@SMALL
@given(snapshots(), policies())
def test_a_notice_is_told_whatever_else_is_the_matter(facts: Snapshot, policy: Policy) -> None:
    use = facts.meters[0]
    if use.limit is not None and use.used >= use.limit and use.used > 0:
        decision = decide(facts, policy, at())
        notices = [c for c in decision.candidates if c.alert_class is AlertClass.NOTICE]
        suspect = {reason.code for c in notices for reason in c.reasons}
        assert decision.notices or suspect == {"data_suspect"}


@SMALL
@given(snapshots(), policies(), st.integers(1, 500))
def test_more_use_today_lowers_neither_p_nor_stage(
    facts: Snapshot, policy: Policy, more: int
) -> None:
    use = facts.meters[0]
    raised = replace(
        use, used=use.used + Decimal(more), daily=(*use.daily[:-1], use.daily[-1] + more)
    )
    less, after = (decide(replace(facts, meters=(m,)), policy, at()) for m in (use, raised))
    assert STAGES.index(after.stage.stage) >= STAGES.index(less.stage.stage)
    for one, other in zip(less.forecasts, after.forecasts, strict=False):
        if one.known:
            assert (other.p or 0.0) >= (one.p or 0.0)


def _with_blocker(facts: Snapshot, kind: BlockerKind) -> Snapshot:
    return replace(facts, blockers=(*facts.blockers, blocker(kind, ago(3))))


def _refused(facts: Snapshot, kind: FeedbackKind) -> Snapshot:
    words = tuple(
        answer(past, kind, past.charged_at + timedelta(days=1))
        for past in facts.alerts
        if past.charged_at and past.charged_at + timedelta(days=1) <= at()
    )
    return replace(facts, answers=tuple(sorted((*facts.answers, *words), key=lambda a: a.at)))


def _thin(facts: Snapshot) -> Snapshot:
    use = facts.meters[0]
    return replace(
        facts,
        meters=(replace(use, daily=use.daily[-9:], first_day=TODAY - timedelta(8), closed=()),),
    )


@SMALL
@given(
    snapshots(),
    policies(),
    st.sampled_from(list(BlockerKind)),
    st.sampled_from(
        [
            FeedbackKind.DISMISSED,
            FeedbackKind.SNOOZED,
            FeedbackKind.DECLINED,
            FeedbackKind.NOT_USEFUL,
        ]
    ),
)
def test_worse_facts_never_turn_silence_into_an_ask(
    facts: Snapshot, policy: Policy, kind: BlockerKind, no: FeedbackKind
) -> None:
    unlimited = tuple(replace(m, limit=None) for m in facts.meters)
    unknown = tuple(replace(m, limit=None, limit_known=False) for m in facts.meters)
    if asks(decide(facts, policy, at())):
        return
    worse = {
        "a blocker": _with_blocker(facts, kind),
        "refusals": _refused(facts, no),
        "nobody to tell": replace(facts, people=()),
        "no limit": replace(facts, meters=unlimited),
        "an unknown limit": replace(facts, meters=unknown),
        "no price": replace(facts, account=replace(facts.account, price=None)),
        "no larger plan": replace(facts, account=replace(facts.account, next_plan=None)),
        "too little history": _thin(facts),
    }
    for name, changed in worse.items():
        assert not asks(decide(changed, policy, at())), name


@SMALL
@given(snapshots(), policies())
def test_a_blocker_silences_every_ask_and_a_replay_agrees(facts: Snapshot, policy: Policy) -> None:
    blocked = _with_blocker(facts, BlockerKind.INCIDENT)
    first, again = (decide(blocked, policy, at()) for _ in range(2))
    assert first.outcome not in (Outcome.ASK, Outcome.REFLECT)
    assert first == again


@settings(max_examples=6, deadline=None, derandomize=True)
@given(histories(size=260), st.sampled_from([0.9, 1.2, 1.6]), st.booleans(), policies())
def test_day_after_day_no_account_is_asked_too_often(
    daily: Sequence[float], share: float, useful: bool, policy: Policy
) -> None:
    limit = max(10, round(sum(daily[:90]) / 3 * share))
    asked: list[datetime] = []
    alerts: list[PastAlert] = []
    answers: list[Answer] = []
    for index in range(60, len(daily), 2):
        today = date(2026, 1, 5) + timedelta(days=index)
        now = datetime.combine(today, time(9), ZoneInfo("UTC"))
        facts = snapshot(
            meter([*daily[:index], 0.0], limit=limit, today=today),
            alerts=tuple(alerts),
            answers=tuple(answers),
            since=date(2026, 1, 5),
            live_since=datetime(2026, 1, 5, tzinfo=ZoneInfo("UTC")),
            last_report=now,
        )
        decision = decide(facts, policy, now)
        assert decision.chosen is None or decision.stage.stage in STAGES
        if decision.chosen and decision.outcome in (Outcome.ASK, Outcome.REFLECT):
            past = PastAlert(key=decision.chosen.key, raised_at=now, charged_at=now, closed_at=now)
            assert past.key not in {a.key for a in alerts}
            alerts.append(past)
            if useful:
                answers.append(answer(past, FeedbackKind.USEFUL, now + timedelta(hours=1)))
            if decision.outcome is Outcome.ASK:
                assert all(now - before >= timedelta(30) for before in asked)
                asked.append(now)
    assert len(asked) <= 4

"""Every reason for silence: the case that just brings it about, the one that just doesn't."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, Reason, ReasonCode
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Mode, Policy
from engine.restraint import GATES
from engine.snapshot import Arm, BlockerKind, Role, Snapshot
from engine.usage import AtLimit
from tests.builders import (
    TODAY,
    ago,
    alert,
    answer,
    at,
    blocker,
    friction,
    growing,
    meter,
    person,
    plan_change,
    rising,
    snapshot,
    steady,
    user_days,
)

POLICY = Policy()
CODE = ReasonCode


def ask_reasons(facts: Snapshot, policy: Policy = POLICY) -> list[ReasonCode]:
    """The reasons against the ask that rests most on the current period."""
    said = decide(facts, policy, at())
    asks = [c for c in said.candidates if c.alert_class is AlertClass.ASK]
    assert asks, "the case brings no ask about"
    return [reason.code for reason in asks[-1].reasons]


def days_ago(count: float) -> datetime:
    return ago(count)


def past(days: float, **others: Any) -> Snapshot:
    """One ask delivered so long ago, found useful."""
    old = alert(charged=ago(days), closed=ago(days - 1), **others)
    useful = answer(old, FeedbackKind.USEFUL, ago(days - 0.5))
    return growing(alerts=(old,), answers=(useful,), people=(person(), person("bob")))


def blocked(
    kind: BlockerKind, opened: float, closed: float | None = None, *, urgent: bool = False
) -> Snapshot:
    end = None if closed is None else ago(closed)
    return growing(blockers=(blocker(kind, ago(opened), end, urgent=urgent),))


def refused(kind: FeedbackKind, days: float, **others: Any) -> Snapshot:
    """Charged so many days ago, answered at once."""
    old = alert(charged=ago(days), closed=ago(days))
    no = answer(old, kind, ago(days), **others)
    return growing(alerts=(old,), answers=(no,), live_since=datetime(2025, 11, 1, tzinfo=UTC))


def asked(*days: float) -> Snapshot:
    alerts = tuple(alert(charged=ago(d), closed=ago(d - 1), period=f"p{d}") for d in days)
    useful = tuple(answer(a, FeedbackKind.USEFUL, a.closed_at or ago(0)) for a in alerts)
    return growing(alerts=alerts, answers=useful)


def muted(role: Role, **others: Any) -> Snapshot:
    old = alert(charged=ago(100), closed=ago(99))
    word = answer(old, FeedbackKind.MUTED, ago(99), role, whole_account=True, **others)
    return growing(alerts=(old,), answers=(word,))


def spike(amount: float, limit: float) -> Snapshot:
    quiet = steady(10.0)
    return snapshot(meter([*quiet[:-4], amount, *quiet[-3:]], limit=limit))


def falling(before: float, lately: float, **others: Any) -> Snapshot:
    old = steady(before)
    return snapshot(meter([*old[:-29], *steady(lately, days=28)], **others))


TODAY_KEY = TODAY.replace(day=1).isoformat()
UNREACHABLE = person(reachable=())

# (case, facts, reason that must be there, facts just on the other side)
PAIRS: list[tuple[ReasonCode, Snapshot, Snapshot]] = [
    (
        CODE.DATA_STALE,
        growing(daily_source=True, last_report=ago(26.1 / 24)),
        growing(daily_source=True, last_report=ago(25.9 / 24)),
    ),
    (
        CODE.DATA_SUSPECT,
        snapshot(meter([*steady(2.0)[:-1], 41.0], limit=41)),
        snapshot(meter([*steady(2.0)[:-1], 40.0], limit=40)),
    ),
    (
        CODE.DATA_THIN,
        snapshot(meter([90.0] * 9 + [0.0], limit=810)),
        snapshot(meter([90.0] * 10 + [0.0], limit=900)),
    ),
    (CODE.NO_NEXT_PLAN, growing(next_plan=None), growing()),
    (CODE.CUSTOM_CONTRACT, growing(custom=True), growing(custom=False)),
    (CODE.OBJECTED, growing(objected=True), growing(objected=False)),
    (CODE.ACCOUNT_MUTED, muted(Role.CHAMPION), muted(Role.USER)),
    (
        CODE.ACCOUNT_MUTED,
        muted(Role.ADMIN, until=TODAY + timedelta(1)),
        muted(Role.ADMIN, until=TODAY),
    ),
    (
        CODE.CANCEL_PENDING,
        blocked(BlockerKind.CANCELLATION, 90),
        blocked(BlockerKind.CANCELLATION, 90, 1),
    ),
    (CODE.PAYMENT_FAILED, blocked(BlockerKind.PAYMENT, 90), blocked(BlockerKind.PAYMENT, 90, 14)),
    (CODE.PAYMENT_FAILED, blocked(BlockerKind.PAYMENT, 90, 13.9), blocked(BlockerKind.PAYMENT, -1)),
    (CODE.INCIDENT, blocked(BlockerKind.INCIDENT, 90), blocked(BlockerKind.INCIDENT, 90, 14)),
    (CODE.INCIDENT, blocked(BlockerKind.INCIDENT, 20, 13.9), blocked(BlockerKind.INCIDENT, -1)),
    (CODE.SECURITY_NOTICE, blocked(BlockerKind.SECURITY, 13.9), blocked(BlockerKind.SECURITY, 14)),
    (CODE.TICKET_OPEN, blocked(BlockerKind.TICKET, 90), blocked(BlockerKind.TICKET, 90, 1)),
    (
        CODE.TICKET_RECENT,
        blocked(BlockerKind.TICKET, 90, 6.9, urgent=True),
        blocked(BlockerKind.TICKET, 90, 7, urgent=True),
    ),
    (
        CODE.PRICE_CHANGE,
        blocked(BlockerKind.PRICE_CHANGE, 29.9),
        blocked(BlockerKind.PRICE_CHANGE, 30),
    ),
    (
        CODE.UPGRADE_RECENT,
        growing(plan_changes=(plan_change(ago(89.9), 1),)),
        growing(plan_changes=(plan_change(ago(90), 1),)),
    ),
    (
        CODE.DOWNGRADE_RECENT,
        growing(plan_changes=(plan_change(ago(89.9), -1),)),
        growing(plan_changes=(plan_change(ago(90), -1),)),
    ),
    (
        CODE.RENEWAL_OWNER,
        growing(renewal=TODAY + timedelta(30)),
        growing(renewal=TODAY + timedelta(31)),
    ),
    (CODE.SALES_ACTIVE, blocked(BlockerKind.SALES, 90), blocked(BlockerKind.SALES, 90, 1)),
    (CODE.CARE_FLAG, blocked(BlockerKind.CARE, 90), blocked(BlockerKind.CARE, 90, 1)),
    (
        CODE.DORMANT,
        snapshot(meter([*steady(60.0)[:-15], *[0.0] * 15], limit=100)),
        snapshot(meter([*steady(60.0)[:-14], *[0.0] * 14], limit=100)),
    ),
    (
        CODE.STAGE_EXPERIMENTING,
        snapshot(meter([*[0.0] * 100, 90.0, 5.0, 5.0], limit=100)),
        growing(),
    ),
    (
        CODE.STAGE_LEARNING,
        growing(seats=3, user_days=(user_days("ada", *range(1, 60)),)),
        growing(seats=1, user_days=(user_days("ada", *range(1, 60)),)),
    ),
    (
        CODE.ONBOARDING,
        growing(since=TODAY - timedelta(13)),
        growing(since=TODAY - timedelta(14)),
    ),
    (
        CODE.DECLINING,
        falling(60.0, 53.0, limit=500),
        falling(60.0, 55.0, limit=500),
    ),
    (CODE.ONE_OFF, spike(600.0, 650), spike(11.0, 110)),
    (
        CODE.RAMP,
        snapshot(meter([*[0.0] * 60, *[60.0] * 13, 0.0], limit=1300), since=TODAY - timedelta(40)),
        snapshot(meter([*[0.0] * 60, *[60.0] * 14, 0.0], limit=1300), since=TODAY - timedelta(40)),
    ),
    (
        CODE.DUPLICATE,
        growing(alerts=(alert(period=TODAY_KEY, raised=ago(5), closed=ago(4)),)),
        growing(alerts=(alert(period="2026-10-01", raised=ago(40), closed=ago(39)),)),
    ),
    (CODE.ASK_SPACING, past(29.9), past(30)),
    (
        CODE.ASK_SPACING,
        growing(alerts=(alert(raised=ago(3)),)),
        growing(alerts=(alert(raised=ago(3), closed=ago(1)),)),
    ),
    (
        CODE.ASK_SPACING,
        growing(alerts=(alert(raised=ago(3), closed=ago(2), ghost=True),)),
        growing(),
    ),
    (CODE.ASK_ANNUAL_CAP, asked(364.9, 200, 150, 100), asked(365, 200, 150, 100)),
    (CODE.BACKOFF, refused(FeedbackKind.SNOOZED, 59.9), refused(FeedbackKind.SNOOZED, 60)),
    (CODE.BACKOFF, refused(FeedbackKind.DECLINED, 59.9), refused(FeedbackKind.NOT_USEFUL, 60)),
    (
        CODE.BACKOFF,
        refused(FeedbackKind.SNOOZED, 100, until=TODAY + timedelta(1)),
        refused(FeedbackKind.SNOOZED, 100, until=TODAY),
    ),
    (
        CODE.BACKOFF,
        refused(FeedbackKind.SNOOZED, 40),
        refused(FeedbackKind.SNOOZED, 58, role=Role.USER, person="cy"),
    ),
    (
        CODE.TRUST_LOW,
        growing(live_since=None, alerts=(alert(charged=ago(31), closed=ago(30)),)),
        growing(live_since=None),
    ),
    (
        CODE.NO_RECIPIENT,
        growing(widget_on=False, people=(UNREACHABLE,)),
        growing(widget_on=True, people=(UNREACHABLE,)),
    ),
    (CODE.HELD_OUT, growing(arm=Arm.HOLDOUT), growing(arm=Arm.TREATED)),
    (CODE.SHADOW, growing(rollout_open=False), growing(rollout_open=True)),
]


@pytest.mark.parametrize(
    ("code", "held", "free"), PAIRS, ids=[f"{i}-{pair[0]}" for i, pair in enumerate(PAIRS)]
)
def test_reason(code: ReasonCode, held: Snapshot, free: Snapshot) -> None:
    assert code in ask_reasons(held)
    assert code not in ask_reasons(free)


def test_most_cases_free_of_the_reason_are_free_to_ask() -> None:
    free = [decide(pair[2], POLICY, at()).outcome for pair in PAIRS]
    assert free.count(Outcome.ASK) >= 25


@pytest.mark.parametrize(
    ("mode", "code"), [(Mode.OFF, CODE.POLICY_OFF), (Mode.SHADOW, CODE.SHADOW)]
)
def test_modes_silence_everything(mode: Mode, code: ReasonCode) -> None:
    facts = snapshot(meter(rising(), limit=660, at_limit=AtLimit.STOPS))
    said = decide(facts, replace(POLICY, mode=mode), at())
    assert said.outcome is Outcome.SILENT
    assert said.reason is code
    assert said.notices == ()


def test_an_unknown_limit_is_said_before_anything_else_is_missing() -> None:
    unknown = meter(rising(), limit=None, limit_known=False)
    felt = tuple(friction(d, u) for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    said = decide(snapshot(unknown, frictions=felt), POLICY, at())
    assert (said.outcome, said.reason) == (Outcome.SILENT, CODE.LIMIT_UNKNOWN)
    assert decide(snapshot(unknown), POLICY, at()).reason is CODE.LIMIT_UNKNOWN


def test_pull_only_after_three_refusals() -> None:
    old = tuple(alert(charged=ago(d), closed=ago(d), period=f"p{d}") for d in (390, 380, 370))
    no = tuple(answer(a, FeedbackKind.SNOOZED, a.charged_at or ago(0)) for a in old)
    live = datetime(2025, 1, 1, tzinfo=UTC)
    assert CODE.PULL_ONLY in ask_reasons(growing(alerts=old, answers=no, live_since=live))
    two = growing(alerts=old[:2], answers=no[:2], live_since=live)
    assert CODE.PULL_ONLY not in ask_reasons(two)


def test_all_reasons_are_kept_and_the_first_of_the_row_is_the_reason() -> None:
    facts = growing(
        custom=True,
        objected=True,
        blockers=(blocker(BlockerKind.INCIDENT, ago(1)),),
        alerts=(alert(charged=ago(10), closed=ago(9)),),
        arm=Arm.HOLDOUT,
    )
    said = decide(facts, POLICY, at())
    codes = [reason.code for reason in said.reasons]
    assert said.reason is CODE.CUSTOM_CONTRACT
    assert codes == [
        CODE.CUSTOM_CONTRACT,
        CODE.OBJECTED,
        CODE.INCIDENT,
        CODE.ASK_SPACING,
        CODE.BACKOFF,
        CODE.HELD_OUT,
    ]
    assert not said.exposed


def test_gates_stand_in_the_order_of_the_reasons() -> None:
    order = list(ReasonCode)
    codes = [gate.code for gate in GATES]
    assert codes == sorted(codes, key=order.index)
    missing = set(order[: order.index(CODE.QUIET_HOURS)]) - set(codes)
    assert missing == {CODE.COPY_BLOCKED, CODE.LOCALE_MISSING}


NOTICE_GATES = {
    CODE.POLICY_OFF,
    CODE.SHADOW,
    CODE.DATA_STALE,
    CODE.DATA_SUSPECT,
    CODE.LIMIT_UNKNOWN,
    CODE.DUPLICATE,
}
ASKS_ONLY = {
    CODE.STAGE_LEARNING,
    CODE.ONBOARDING,
    CODE.DECLINING,
    CODE.ONE_OFF,
    CODE.RAMP,
    CODE.NO_NEXT_PLAN,
    CODE.CUSTOM_CONTRACT,
    CODE.ASK_SPACING,
    CODE.ASK_ANNUAL_CAP,
    CODE.BACKOFF,
}


def test_each_class_passes_the_gates_it_should() -> None:
    held = {kind: {g.code for g in GATES if kind in g.classes} for kind in AlertClass}
    every = {gate.code for gate in GATES}
    assert held[AlertClass.NOTICE] == NOTICE_GATES
    assert held[AlertClass.REFLECTION] == every - ASKS_ONLY
    assert held[AlertClass.ASK] == every - {CODE.REFLECTION_SPACING}


def notice(facts: Snapshot) -> Decision:
    said = decide(facts, POLICY, at())
    assert said.notices, said.candidates
    return said


def test_a_notice_is_never_held_back_for_commercial_reasons() -> None:
    everything = snapshot(
        meter(rising(), limit=660, at_limit=AtLimit.STOPS),
        next_plan=None,
        custom=True,
        objected=True,
        arm=Arm.HOLDOUT,
        rollout_open=False,
        widget_on=False,
        people=(),
        renewal=TODAY,
        blockers=tuple(blocker(kind, ago(1)) for kind in BlockerKind),
        alerts=(alert(charged=ago(1), closed=ago(1)),),
        since=TODAY - timedelta(1),
    )
    said = notice(everything)
    assert said.outcome is Outcome.NOTICE
    assert said.notices[0].moment is Moment.AT_LIMIT


def test_a_notice_is_given_on_the_first_day_of_an_account() -> None:
    first = snapshot(meter([120.0], limit=100), since=TODAY, live_since=at())
    assert notice(first).outcome is Outcome.NOTICE


def test_a_notice_is_given_once_and_not_taken_back_by_a_correction() -> None:
    said = alert(
        Moment.AT_LIMIT, AlertClass.NOTICE, raised=ago(2), charged=ago(2), period=TODAY_KEY
    )
    corrected = meter(rising(), limit=700, at_limit=AtLimit.STOPS)
    facts = snapshot(corrected, alerts=(said,))
    assert decide(facts, POLICY, at()).notices == ()


def test_a_changed_limit_re_arms() -> None:
    said = alert(
        Moment.AT_LIMIT, AlertClass.NOTICE, raised=ago(5), charged=ago(5), period=TODAY_KEY
    )
    for since, again in ((ago(6), False), (ago(4), True)):
        use = meter(rising(), limit=660, limit_since=since)
        assert bool(decide(snapshot(use, alerts=(said,)), POLICY, at()).notices) is again


def this_month(amount: float, *, before: float, last_week: float | None = None) -> list[float]:
    """The same every day of a month, another amount before, and maybe another in its last week."""
    month = [amount] * (TODAY.day - 1)
    if last_week is not None:
        month[-7:] = [last_week] * 7
    return [*[before] * 100, *month, 0.0]


@pytest.mark.parametrize(
    ("name", "daily", "age", "spike"),
    [
        ("the month before was as full", this_month(60.0, before=50.0), 400, False),
        ("it was half of the limit", this_month(60.0, before=24.3), 400, False),
        ("it was less, and so was the one before", this_month(60.0, before=20.0), 400, True),
        ("the account is young", this_month(60.0, before=0.0), 44, False),
        ("the account is no longer young", this_month(60.0, before=0.0), 45, True),
        ("last week, kept up, would do", this_month(62.0, before=50.0, last_week=56.0), 400, False),
        ("last week was slower", this_month(64.0, before=50.0, last_week=52.0), 400, True),
    ],
)
def test_a_spike_is_not_growth(name: str, daily: list[float], age: int, spike: bool) -> None:
    facts = snapshot(meter(daily, limit=1500), since=TODAY - timedelta(days=age))
    assert (CODE.ONE_OFF in ask_reasons(facts)) is spike


@pytest.mark.parametrize(
    ("name", "pace", "one_off"),
    [("the week goes on like that", 60.0, False), ("the week is quiet again", 1.0, True)],
)
def test_at_limit_is_no_one_off_when_the_pace_goes_on(
    name: str, pace: float, one_off: bool
) -> None:
    # October reached half of the limit, and one day of November seven tenths of what is used.
    october = steady(17.0, 17.0, days=90)[:-18]
    november = [0.0] * 9 + [700.0] + [pace / 10 * (10 if i else 1) for i in range(7)] + [0.0]
    facts = snapshot(meter([*october, *november], limit=800 if pace > 2 else 705))
    said = decide(facts, POLICY, at())
    asks = [c for c in said.candidates if c.moment is Moment.AT_LIMIT and c.p is not None]
    codes = {reason.code for c in asks for reason in c.reasons}
    assert asks
    assert (CODE.ONE_OFF in codes) is one_off


def test_sustained_over_bears_a_little_more_decline() -> None:
    for lately, declining in ((50.0, False), (46.0, True)):
        facts = falling(60.0, lately, limit=700)
        sustained = [
            c for c in decide(facts, POLICY, at()).candidates if c.moment is Moment.SUSTAINED_OVER
        ]
        assert sustained
        found = CODE.DECLINING in {reason.code for reason in sustained[0].reasons}
        assert found is declining


def reflecting(**others: Any) -> Snapshot:
    """An account in its third week that reached its hundredth value event today."""
    daily = [*[0.0] * 60, *[7.0] * 14, 2.0]
    return snapshot(meter(daily, limit=None), since=TODAY - timedelta(30), **others)


def test_reflections_speak_where_asks_may_not() -> None:
    for others in (
        {"next_plan": None, "custom": True},
        {"alerts": (alert(charged=ago(20), closed=ago(20)),)},
    ):
        assert decide(reflecting(**others), POLICY, at()).outcome is Outcome.REFLECT


@pytest.mark.parametrize("alert_class", [AlertClass.ASK, AlertClass.REFLECTION])
def test_a_reflection_comes_a_fortnight_after_anything_else(alert_class: AlertClass) -> None:
    for days, spaced in ((13.9, True), (14, False)):
        old = alert(Moment.MILESTONE, alert_class, charged=ago(days), closed=ago(days - 1))
        said = decide(reflecting(alerts=(old,)), POLICY, at())
        found = CODE.REFLECTION_SPACING in {reason.code for reason in said.reasons}
        assert found is spaced


def test_a_reflection_needs_a_little_trust() -> None:
    old = tuple(
        alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(d), closed=ago(d), period=str(d))
        for d in (40, 30, 20)
    )
    no = tuple(answer(a, FeedbackKind.NOT_USEFUL, a.charged_at or ago(0)) for a in old[:2])
    said = decide(reflecting(alerts=old, answers=no, live_since=ago(45)), POLICY, at())
    assert CODE.TRUST_LOW in {reason.code for reason in said.reasons}


def test_reasons_say_when_they_end() -> None:
    said = decide(past(10), POLICY, at())
    assert said.reasons == (
        Reason(
            code=CODE.ASK_SPACING,
            evidence=(("last", "2026-11-08"),),
            until=TODAY + timedelta(20),
        ),
    )
    assert said.next_possible == TODAY + timedelta(20)


def test_nobody_knows_when_an_open_blocker_ends() -> None:
    assert decide(blocked(BlockerKind.INCIDENT, 1), POLICY, at()).next_possible is None


def test_friction_at_a_meter_nobody_could_use_yet_is_not_thin() -> None:
    barred = meter([0.0] * 60, limit=0, key="exports")
    felt = tuple(friction(d, u, "exports") for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    said = decide(snapshot(meter(steady(20.0)), barred, frictions=felt), POLICY, at())
    assert said.outcome is Outcome.ASK


def test_negative_totals_are_suspect() -> None:
    felt = tuple(friction(d, u) for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    use = meter(rising(), limit=600, used=Decimal(-5))
    assert CODE.DATA_SUSPECT in ask_reasons(snapshot(use, frictions=felt))

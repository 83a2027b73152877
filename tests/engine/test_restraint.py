"""Every reason for silence: the case that just brings it about, the one that just doesn't."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, PastAlert, Reason, ReasonCode
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Mode, Policy, TrustPolicy
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


def unanswered(days: float) -> Snapshot:
    """Charged so many days ago and still open."""
    return growing(alerts=(alert(charged=ago(days)),))


def asked(*days: float) -> Snapshot:
    alerts = tuple(alert(charged=ago(d), closed=ago(d - 1), period=f"p{d}") for d in days)
    useful = tuple(answer(a, FeedbackKind.USEFUL, a.closed_at or ago(0)) for a in alerts)
    return growing(alerts=alerts, answers=useful)


def muted(role: Role, **others: Any) -> Snapshot:
    old = alert(charged=ago(100), closed=ago(99))
    when = others.pop("at", ago(99))
    word = answer(old, FeedbackKind.MUTED, when, role, whole_account=True, **others)
    return growing(alerts=(old,), answers=(word,))


def spike(amount: float, limit: float) -> Snapshot:
    quiet = steady(10.0)
    return snapshot(meter([*quiet[:-4], amount, *quiet[-3:]], limit=limit))


def falling(before: float, lately: float, **others: Any) -> Snapshot:
    old = steady(before)
    return snapshot(meter([*old[:-29], *steady(lately, days=28)], **others))


TODAY_KEY = TODAY.replace(day=1).isoformat()
UNREACHABLE = person(reachable=())

_YESTERDAY = frozenset((TODAY - timedelta(1),))

# (case, facts, reason that must be there, facts just on the other side)
PAIRS: list[tuple[ReasonCode, Snapshot, Snapshot]] = [
    (
        CODE.DATA_STALE,
        growing(daily_source=True, last_report=ago(26.1 / 24)),
        growing(daily_source=True, last_report=ago(25.9 / 24)),
    ),
    (
        CODE.DATA_STALE,
        snapshot(meter(rising(), limit=1000, last_at=ago(1), backfilled=_YESTERDAY)),
        snapshot(meter(rising(), limit=1000, last_at=at(), backfilled=_YESTERDAY)),
    ),
    (
        CODE.DATA_STALE,
        snapshot(meter(rising(), limit=1000, last_at=ago(1), backfilled=_YESTERDAY)),
        snapshot(meter(rising(), limit=1000, last_at=ago(1), backfilled=frozenset())),
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
    (CODE.ACCOUNT_MUTED, muted(Role.CHAMPION, at=at()), muted(Role.CHAMPION, at=ago(-0.01))),
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
    (
        CODE.CANCEL_PENDING,
        blocked(BlockerKind.CANCELLATION, 90, -0.5),
        blocked(BlockerKind.CANCELLATION, 90, 0),
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
        CODE.TICKET_RECENT,
        blocked(BlockerKind.TICKET, 90, 0, urgent=True),
        blocked(BlockerKind.TICKET, 90, 0),
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
        CODE.UPGRADE_RECENT,
        growing(plan_changes=(plan_change(ago(0), 1),)),
        growing(plan_changes=(plan_change(ago(-0.01), 1),)),
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
    (CODE.RENEWAL_OWNER, growing(renewal=TODAY), growing(renewal=TODAY - timedelta(1))),
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
        falling(60.0, 54.0, limit=500),
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
    (CODE.ASK_SPACING, growing(alerts=(alert(raised=ago(40)),)), unanswered(40)),
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


HELD_BY = {
    BlockerKind.CANCELLATION: CODE.CANCEL_PENDING,
    BlockerKind.PAYMENT: CODE.PAYMENT_FAILED,
    BlockerKind.INCIDENT: CODE.INCIDENT,
    BlockerKind.SECURITY: CODE.SECURITY_NOTICE,
    BlockerKind.TICKET: CODE.TICKET_OPEN,
    BlockerKind.PRICE_CHANGE: CODE.PRICE_CHANGE,
    BlockerKind.SALES: CODE.SALES_ACTIVE,
    BlockerKind.CARE: CODE.CARE_FLAG,
}


@pytest.mark.parametrize("kind", BlockerKind)
def test_a_blocker_holds_from_the_instant_it_is_opened(kind: BlockerKind) -> None:
    assert HELD_BY[kind] in ask_reasons(blocked(kind, 0))
    assert HELD_BY[kind] not in ask_reasons(blocked(kind, -0.01))


@pytest.mark.parametrize(
    ("kind", "urgent"), [(BlockerKind.TICKET, False), (BlockerKind.INCIDENT, True)]
)
def test_only_an_urgent_ticket_holds_after_it_was_closed(kind: BlockerKind, urgent: bool) -> None:
    assert CODE.TICKET_RECENT not in ask_reasons(blocked(kind, 90, 1, urgent=urgent))


def test_no_blocker_hides_another() -> None:
    every = [blocker(kind, ago(1)) for kind in BlockerKind]
    for blockers in (every, every[::-1]):
        assert set(HELD_BY.values()) <= set(ask_reasons(growing(blockers=tuple(blockers))))


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
    # The last one is yet to come by our clock: the same would be said at every look until then.
    for since, again in ((ago(6), False), (ago(4), True), (ago(-1), False)):
        use = meter(rising(), limit=660, limit_since=since)
        assert bool(decide(snapshot(use, alerts=(said,)), POLICY, at()).notices) is again


def reflecting(**others: Any) -> Snapshot:
    """An account in its third week that reached its hundredth value event today."""
    daily = [*[0.0] * 60, *[7.0] * 14, 2.0]
    return snapshot(meter(daily, limit=None), since=TODAY - timedelta(30), **others)


def milestone(period: str) -> PastAlert:
    """One that was shown two days ago."""
    return alert(
        Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(2), closed=ago(1), period=period
    )


NOTICE = AlertClass.NOTICE
SAID = {
    "an ask, until its period ends": (
        growing(alerts=(alert(period=TODAY_KEY, raised=ago(5), closed=ago(4)),)),
        date(2026, 12, 1),
    ),
    "a round number, for good": (
        reflecting(alerts=(milestone("100"),), plan_changes=(plan_change(ago(1), -1),)),
        None,
    ),
    "a best month, until the month ends": (
        snapshot(
            meter([*steady(20.0)[:-18], *[32.0] * 17, 0.0], limit=None),
            alerts=(milestone(f"best-{TODAY_KEY}"),),
        ),
        date(2026, 12, 1),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_was_said_is_not_said_again(name: str) -> None:
    facts, until = SAID[name]
    found = [c for c in decide(facts, POLICY, at()).candidates if c.alert_class is not NOTICE]
    ends = [r.until for c in found for r in c.reasons if r.code is CODE.DUPLICATE]
    assert ends == [until]


def test_only_the_limit_itself_said_already_keeps_approaching_from_being_said() -> None:
    near = meter([*steady(40.0)[:-18], *[55.0] * 17, 0.0], limit=1100)
    for moment, again in ((Moment.AT_LIMIT, False), (Moment.PACE, True)):
        old = alert(moment, period=TODAY_KEY, raised=ago(5), closed=ago(4))
        found = decide(snapshot(near, alerts=(old,)), POLICY, at()).candidates
        [approaching] = [c for c in found if c.moment is Moment.APPROACHING]
        assert (CODE.DUPLICATE not in {r.code for r in approaching.reasons}) is again


def test_the_limit_met_before_a_correction_keeps_no_pace_from_being_said() -> None:
    old = alert(Moment.AT_LIMIT, period=TODAY_KEY, raised=ago(5), closed=ago(4))
    assert CODE.DUPLICATE not in ask_reasons(growing(alerts=(old,)))


def test_sustained_over_bears_a_little_more_decline() -> None:
    for lately, declining in ((50.0, False), (46.0, True)):
        facts = falling(60.0, lately, limit=700)
        sustained = [
            c for c in decide(facts, POLICY, at()).candidates if c.moment is Moment.SUSTAINED_OVER
        ]
        assert sustained
        found = CODE.DECLINING in {reason.code for reason in sustained[0].reasons}
        assert found is declining


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


def test_exactly_as_much_trust_as_an_ask_needs_is_enough() -> None:
    for needs, low in ((60.0, False), (60.25, True)):
        policy = replace(POLICY, trust=TrustPolicy(value_day=0.0, ask_needs=needs))
        assert (CODE.TRUST_LOW in ask_reasons(growing(), policy)) is low


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


def two(kind: BlockerKind, *closed: float | None) -> Snapshot:
    """Blockers of one kind, all opened three weeks ago."""
    ends = (None if days is None else ago(days) for days in closed)
    return growing(blockers=tuple(blocker(kind, ago(21), end, urgent=True) for end in ends))


def muted_twice(*until: date | None) -> Snapshot:
    """The champion muted the account, each time until another day."""
    old = alert(charged=ago(100), closed=ago(99))
    kind = FeedbackKind.MUTED
    words = (answer(old, kind, ago(99), whole_account=True, until=day) for day in until)
    return growing(alerts=(old,), answers=tuple(words))


# (reason, facts, days until it is gone; None: nobody knows)
ENDS: list[tuple[ReasonCode, Snapshot, int | None]] = [
    (CODE.DATA_THIN, snapshot(meter([90.0] * 8 + [0.0], limit=720)), 2),
    (CODE.ACCOUNT_MUTED, muted(Role.CHAMPION, until=TODAY + timedelta(5)), 5),
    (CODE.ACCOUNT_MUTED, muted(Role.CHAMPION), None),
    (CODE.ACCOUNT_MUTED, muted_twice(TODAY + timedelta(9), TODAY + timedelta(5)), 9),
    (CODE.ACCOUNT_MUTED, muted_twice(TODAY + timedelta(9), None), None),
    (CODE.CANCEL_PENDING, blocked(BlockerKind.CANCELLATION, 9), None),
    (CODE.PAYMENT_FAILED, blocked(BlockerKind.PAYMENT, 90, 4), 10),
    (CODE.INCIDENT, two(BlockerKind.INCIDENT, 9, 4), 10),
    (CODE.INCIDENT, two(BlockerKind.INCIDENT, 4, 9), 10),
    (CODE.INCIDENT, two(BlockerKind.INCIDENT, None, 4), None),
    (CODE.INCIDENT, two(BlockerKind.INCIDENT, 20, 4), 10),
    (CODE.SECURITY_NOTICE, blocked(BlockerKind.SECURITY, 4), 10),
    (CODE.SECURITY_NOTICE, blocked(BlockerKind.SECURITY, 4, 1), 13),
    (CODE.TICKET_RECENT, two(BlockerKind.TICKET, 5, 3), 4),
    (CODE.PRICE_CHANGE, blocked(BlockerKind.PRICE_CHANGE, 4), 26),
    (CODE.UPGRADE_RECENT, growing(plan_changes=(plan_change(ago(40), 1),)), 50),
    (CODE.DOWNGRADE_RECENT, growing(plan_changes=(plan_change(ago(40), -1),)), 50),
    (CODE.RENEWAL_OWNER, growing(renewal=TODAY + timedelta(9)), 10),
    (CODE.RENEWAL_OWNER, growing(renewal=TODAY), 1),
    (CODE.ONBOARDING, growing(since=TODAY - timedelta(10)), 4),
    (CODE.ONE_OFF, spike(600.0, 650), 13),
    (CODE.BACKOFF, refused(FeedbackKind.SNOOZED, 40), 20),
]


@pytest.mark.parametrize(
    ("code", "facts", "days"), ENDS, ids=[f"{i}-{one[0]}" for i, one in enumerate(ENDS)]
)
def test_a_reason_says_when_it_is_gone(code: ReasonCode, facts: Snapshot, days: int | None) -> None:
    asks = [c for c in decide(facts, POLICY, at()).candidates if c.alert_class is AlertClass.ASK]
    [found] = [reason for reason in asks[-1].reasons if reason.code is code]
    assert found.until == (None if days is None else TODAY + timedelta(days))


def test_a_year_is_over_when_the_oldest_of_its_asks_is() -> None:
    cap = CODE.ASK_ANNUAL_CAP
    for days in ((300, 200, 150, 100), (360, 300, 200, 150, 100)):
        said = decide(asked(*days), POLICY, at()).reasons
        assert [r.until for r in said if r.code is cap] == [TODAY + timedelta(65)]


def test_without_a_larger_plan_the_reason_names_the_one_there_is() -> None:
    for plan, named in (("team", "team"), (None, "unknown")):
        reason = decide(growing(plan=plan, next_plan=None), POLICY, at()).reasons[0]
        assert reason == Reason(code=CODE.NO_NEXT_PLAN, evidence=(("plan", named),))


def test_nobody_knows_when_an_open_blocker_ends() -> None:
    assert decide(blocked(BlockerKind.INCIDENT, 1), POLICY, at()).next_possible is None


def test_friction_at_a_meter_nobody_could_use_yet_is_not_thin() -> None:
    barred = meter([0.0] * 60, limit=0, key="exports")
    felt = tuple(friction(d, u, "exports") for d, u in ((1, "ada"), (2, "bob"), (3, "cy")))
    said = decide(snapshot(meter(steady(20.0)), barred, frictions=felt), POLICY, at())
    assert said.outcome is Outcome.ASK

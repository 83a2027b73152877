"""What would change a decision: every step is decided anew, and says what that one change does."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, Reason, ReasonCode
from engine.decide import decide
from engine.policy import Mode, Policy
from engine.snapshot import Arm, BlockerKind, Role, Snapshot
from engine.trial import Change
from engine.usage import Aggregation, AtLimit, MeterKind
from engine.whatif import WhatIf, what_if
from tests.builders import (
    TODAY,
    ago,
    alert,
    answer,
    at,
    blocker,
    growing,
    meter,
    person,
    plan_change,
    rising,
    snapshot,
    steady,
)

DEFAULT = Policy()


def steps(facts: Snapshot, policy: Policy = DEFAULT) -> tuple[WhatIf, ...]:
    return what_if(facts, policy, at(), decide(facts, policy, at()))


def last(found: tuple[WhatIf, ...]) -> Outcome | None:
    then = found[-1].then
    return then.outcome if then else None


def a_no(days: float) -> dict[str, Any]:
    past = alert(charged=ago(days), closed=ago(days))
    return {"alerts": (past,), "answers": (answer(past, FeedbackKind.SNOOZED, ago(days)),)}


def muted(until: date | None = None) -> dict[str, Any]:
    past = alert(charged=ago(200), closed=ago(200))
    no = answer(past, FeedbackKind.MUTED, ago(199), whole_account=True, until=until)
    return {"alerts": (past,), "answers": (no,)}


def asked(days: float, **key: str) -> dict[str, Any]:
    """An ask that was passed on."""
    past = alert(charged=ago(days), closed=ago(days), **key)
    return {"alerts": (past,), "answers": (answer(past, FeedbackKind.FORWARDED, ago(days)),)}


ONE: dict[ReasonCode, tuple[dict[str, Any], Change]] = {
    ReasonCode.DATA_STALE: ({"daily_source": True, "last_report": ago(3)}, Change.WITH),
    ReasonCode.NO_NEXT_PLAN: ({"next_plan": None}, Change.WITH),
    ReasonCode.CUSTOM_CONTRACT: ({"custom": True}, Change.WITHOUT),
    ReasonCode.OBJECTED: ({"objected": True}, Change.WITHOUT),
    ReasonCode.CANCEL_PENDING: (
        {"blockers": (blocker(BlockerKind.CANCELLATION, ago(3)),)}, Change.WITHOUT
    ),
    ReasonCode.PAYMENT_FAILED: (
        {"blockers": (blocker(BlockerKind.PAYMENT, ago(9), ago(3)),)}, Change.ON_DAY
    ),
    ReasonCode.INCIDENT: ({"blockers": (blocker(BlockerKind.INCIDENT, ago(3)),)}, Change.WITHOUT),
    ReasonCode.SECURITY_NOTICE: (
        {"blockers": (blocker(BlockerKind.SECURITY, ago(3)),)}, Change.ON_DAY
    ),
    ReasonCode.TICKET_OPEN: ({"blockers": (blocker(BlockerKind.TICKET, ago(3)),)}, Change.WITHOUT),
    ReasonCode.TICKET_RECENT: (
        {"blockers": (blocker(BlockerKind.TICKET, ago(9), ago(3), urgent=True),)}, Change.ON_DAY
    ),
    ReasonCode.PRICE_CHANGE: (
        {"blockers": (blocker(BlockerKind.PRICE_CHANGE, ago(3)),)}, Change.ON_DAY
    ),
    ReasonCode.DOWNGRADE_RECENT: ({"plan_changes": (plan_change(ago(3), -1),)}, Change.ON_DAY),
    ReasonCode.RENEWAL_OWNER: ({"renewal": TODAY + timedelta(9)}, Change.ON_DAY),
    ReasonCode.SALES_ACTIVE: ({"blockers": (blocker(BlockerKind.SALES, ago(3)),)}, Change.WITHOUT),
    ReasonCode.CARE_FLAG: ({"blockers": (blocker(BlockerKind.CARE, ago(3)),)}, Change.WITHOUT),
    ReasonCode.ASK_SPACING: (asked(9), Change.ON_DAY),
    ReasonCode.BACKOFF: (a_no(40), Change.ON_DAY),
    ReasonCode.NO_RECIPIENT: ({"widget_on": False, "people": ()}, Change.WITH),
    ReasonCode.HELD_OUT: ({"arm": Arm.HOLDOUT}, Change.WITHOUT),
    ReasonCode.SHADOW: ({"rollout_open": False}, Change.WITH),
}  # fmt: skip
"""A growing account with one thing against it, and how that would change."""


def test_what_was_imported_waits_for_something_live() -> None:
    facts = snapshot(
        meter(rising(), limit=1000, last_at=ago(1), backfilled=frozenset((TODAY - timedelta(1),)))
    )
    [one] = steps(facts)
    assert (one.reason, one.change) == (ReasonCode.DATA_STALE, Change.WITH)
    assert one.then is not None
    assert one.then.outcome is Outcome.ASK


@pytest.mark.parametrize("code", ONE)
def test_without_its_one_reason_the_account_is_asked(code: ReasonCode) -> None:
    others, change = ONE[code]
    facts = growing(**others)
    assert [r.code for r in decide(facts, DEFAULT, at()).reasons] == [code]
    [one] = steps(facts)
    assert (one.reason, one.change) == (code, change)
    assert one.then is not None
    assert one.then.outcome is Outcome.ASK
    assert (one.on is not None) is (change is Change.ON_DAY)


def test_with_somebody_who_may_see_its_banner_the_account_is_asked() -> None:
    [one] = steps(growing(readers_known=True, people=(person(muted=True),)))
    assert (one.reason, one.change) == (ReasonCode.NO_RECIPIENT, Change.WITH)
    assert one.then is not None
    assert one.then.outcome is Outcome.ASK


@pytest.mark.parametrize("code", [c for c, (_, change) in ONE.items() if change is Change.ON_DAY])
def test_the_day_it_names_is_the_day_the_reason_ends(code: ReasonCode) -> None:
    """By really letting time pass: the day before it still holds, the day after it does not."""
    facts = growing(**ONE[code][0])
    [one] = steps(facts)
    assert one.on is not None
    for days, expected in ((-1, True), (1, False)):
        day = one.on + timedelta(days)
        then = replace(facts, meters=(meter(rising(today=day), limit=1000, today=day),))
        against = {r.code for c in decide(then, DEFAULT, at(day)).candidates for r in c.reasons}
        if decide(then, DEFAULT, at(day)).candidates:
            assert (code in against) is expected


def test_several_reasons_are_taken_away_one_after_the_other() -> None:
    facts = growing(blockers=(blocker(BlockerKind.TICKET, ago(3)),), arm=Arm.HOLDOUT, **asked(9))
    found = steps(facts)
    assert [one.reason for one in found] == [
        ReasonCode.TICKET_OPEN,
        ReasonCode.ASK_SPACING,
        ReasonCode.HELD_OUT,
    ]
    assert [one.then.outcome for one in found if one.then] == [
        Outcome.SILENT,
        Outcome.HELD_OUT,
        Outcome.ASK,
    ]


def test_what_was_said_may_be_said_in_the_next_period() -> None:
    period, spacing = steps(growing(**asked(2, period="2026-11-01")))
    assert (period.change, period.on) == (Change.NEW_PERIOD, date(2026, 12, 1))
    assert (spacing.reason, spacing.on) == (ReasonCode.ASK_SPACING, date(2026, 12, 16))
    assert last((spacing,)) is Outcome.ASK


def test_nobody_answering_is_an_answer_by_then() -> None:
    """The ask of two days ago: after its spacing comes the rest that silence brings."""
    past = alert(charged=ago(2), closed=ago(2))
    spacing, rest = steps(growing(alerts=(past,)))
    assert (spacing.reason, spacing.on) == (ReasonCode.ASK_SPACING, TODAY + timedelta(28))
    silence = timedelta(days=7 + 30 * 2**0.75 - 2)
    assert (rest.reason, rest.on) == (ReasonCode.BACKOFF, (at() + silence).date())
    assert spacing.then is not None
    assert [(r.code, r.until) for r in spacing.then.reasons] == [(rest.reason, rest.on)]
    assert last((rest,)) is Outcome.ASK


def test_a_muted_account_hears_again_when_the_mute_ends() -> None:
    first, *rest = steps(growing(**muted(TODAY + timedelta(20))))
    assert (first.reason, first.on) == (ReasonCode.ACCOUNT_MUTED, TODAY + timedelta(20))
    assert [one.reason for one in rest] == [ReasonCode.TRUST_LOW]
    assert last(tuple(rest)) is Outcome.ASK
    [one] = steps(growing(**muted()))
    assert (one.change, one.on, last((one,))) == (Change.WITHOUT, None, Outcome.ASK)


def test_trust_names_the_days_of_use_that_are_missing() -> None:
    past = alert(charged=ago(40), closed=ago(40))
    acted = answer(past, FeedbackKind.ACTED, ago(39))
    facts = growing(alerts=(past,), answers=(acted,), live_since=ago(42))
    [one] = steps(facts)
    trust = decide(facts, DEFAULT, at()).balance.trust
    days = int(dict(one.evidence)["value_days"])
    assert (days - 1) * 0.75 < 60 - trust <= days * 0.75
    assert last((one,)) is Outcome.ASK


def test_a_stage_names_the_rules_that_are_missing() -> None:
    from tests.builders import user_days

    alone = growing(seats=5, user_days=(user_days("ada", *range(60)),))
    [one] = steps(alone)
    assert one.evidence == (("breadth28", "2"),)
    assert one.then is not None
    assert (one.then.outcome, one.then.chosen and one.then.chosen.moment) == (
        Outcome.ASK,
        Moment.PACE,
    )


def test_a_day_out_of_line_is_told_and_taken_away() -> None:
    daily = steady(40.0)
    daily[-4] = 250.0
    first = steps(snapshot(meter(daily, limit=1000)))[0]
    assert first.reason is ReasonCode.ONE_OFF
    assert dict(first.evidence)["day"] == (TODAY - timedelta(3)).isoformat()
    assert first.then is not None
    assert first.then.outcome is Outcome.SILENT
    daily = steady(10.0, 10.0, days=400)
    daily[-2] = 5000.0
    [suspect] = steps(snapshot(meter(daily, limit=1000)))
    assert suspect.reason is ReasonCode.DATA_SUSPECT
    assert suspect.then is not None
    assert suspect.then.reason is ReasonCode.NO_MOMENT


def test_where_nothing_is_due_it_names_the_use_at_which_something_is() -> None:
    facts = snapshot(meter(steady(40.0), limit=1100))
    assert decide(facts, DEFAULT, at()).reason is ReasonCode.NO_MOMENT
    found = steps(facts)
    assert all(one.change is Change.USED for one in found)
    assert last(found) is Outcome.ASK
    for one in found:
        used = dict(one.evidence)
        assert float(used["now"]) < float(used["used"]) <= 1100


@pytest.mark.parametrize(
    ("name", "used", "told"), [("twice today's", 300.0, True), ("more than that", 299.0, False)]
)
def test_of_a_use_far_from_todays_only_the_least_is_told(
    name: str, used: float, told: bool
) -> None:
    found = steps(snapshot(meter([*steady(40.0)[:-18], used, *[0.0] * 17], limit=1000)))
    evidence = (("meter", "reports"), ("used", "600"), ("now", f"{used}"))
    far = [(one.evidence, one.then) for one in found if one.then is None]
    assert far == ([] if told else [(evidence, None)])


def uses(facts: Snapshot) -> list[str]:
    """The uses that are named where nothing is due."""
    assert decide(facts, DEFAULT, at()).reason is ReasonCode.NO_MOMENT
    return [dict(one.evidence)["used"] for one in steps(facts)]


def test_of_several_uses_at_which_something_is_due_the_first_and_the_asks_are_told() -> None:
    use = meter(steady(40.0), limit=1100)
    assert uses(snapshot(use)) == ["880"]
    assert uses(snapshot(use, custom=True)) == ["880"]
    assert uses(snapshot(replace(use, meaningful=False, at_limit=AtLimit.STOPS))) == ["880"]
    assert uses(snapshot(replace(use, meaningful=False))) == []
    both = meter(steady(58.0), limit=1100, meaningful=False, at_limit=AtLimit.STOPS)
    assert uses(snapshot(both)) == ["880"]


def test_the_next_round_number_is_a_use_too() -> None:
    assert uses(snapshot(meter([5.0] * 19, limit=None))) == ["95"]
    assert uses(snapshot(meter([5.0] * 19, limit=None, kind=MeterKind.CUMULATIVE))) == []


LATEST = {"kind": MeterKind.CUMULATIVE, "aggregation": Aggregation.LATEST}


@pytest.mark.parametrize(
    ("name", "before", "others", "after"),
    [
        ("every day the same times more", [30.0] * 18, {}, [30.0 * float(880 / 540)] * 18),
        (
            "what only grows grows today",
            [*[5.0] * 118, 3.0, 7.0],
            {"kind": MeterKind.CUMULATIVE},
            [*[5.0] * 118, 3.0, 287.0],
        ),
        ("a level is there today", [*[500.0] * 60, 600.0], LATEST, [*[500.0] * 60, 880.0]),
    ],
)
def test_the_use_it_names_came_about_so(
    name: str, before: list[float], others: dict[str, Any], after: list[float]
) -> None:
    vanity = {"meaningful": False, "at_limit": AtLimit.STOPS, **others}
    [one] = steps(snapshot(meter(before, limit=1100, **vanity)))
    assert one.then is not None
    more = meter(after, limit=1100, **vanity, used=Decimal(880))
    assert one.then.digest == decide(snapshot(more), DEFAULT, at()).digest


def test_what_was_said_for_good_is_followed_by_nothing() -> None:
    hundredth = meter([*[0.0] * 60, *[7.0] * 14, 2.0], limit=None)
    shown = alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(20), period="100")
    [one] = steps(snapshot(hundredth, alerts=(replace(shown, closed_at=ago(19)),)))
    assert (one.change, one.reason) == (Change.NEW_PERIOD, ReasonCode.DUPLICATE)
    assert (one.on, one.then) == (None, None)


def test_where_only_the_least_use_is_near_enough_the_others_are_left_out() -> None:
    found = steps(snapshot(meter([*steady(40.0)[:-18], *[20.6] * 17, 0.0], limit=1000)))
    assert all(one.then is not None for one in found)


def test_a_vanity_meter_beside_it_changes_nothing_of_what_is_told() -> None:
    use, views = meter(steady(40.0), limit=1100), meter(steady(1.0), key="v", meaningful=False)
    assert [one.evidence for one in steps(snapshot(use, views))] == [
        one.evidence for one in steps(snapshot(use))
    ]


@given(limit=st.integers(500, 3000), level=st.floats(10, 60))
def test_below_the_named_use_there_is_nothing(limit: int, level: float) -> None:
    facts = snapshot(meter(steady(round(level)), limit=limit))
    decision = decide(facts, DEFAULT, at())
    if decision.reason is not ReasonCode.NO_MOMENT:
        return
    for one in what_if(facts, DEFAULT, at(), decision):
        least = float(dict(one.evidence)["used"])
        assert one.then is None or one.then.reasons != (Reason(code=ReasonCode.NO_MOMENT),)
        assert min(bar for _, bar in decision.guard) <= least


def test_what_was_asked_is_not_asked_again() -> None:
    [one] = steps(growing())
    assert (one.change, one.on) == (Change.SAID, TODAY + timedelta(30))
    assert one.then is not None
    assert {r.code for r in one.then.reasons} >= {ReasonCode.DUPLICATE, ReasonCode.ASK_SPACING}


def test_the_reflection_that_was_shown_is_what_it_tells_of_and_not_the_ask_held_back() -> None:
    thousandth = meter([*steady(11.0)[:-1], 1000.0 - sum(steady(11.0))], key="a", limit=None)
    facts = growing(custom=True)
    [one] = steps(replace(facts, meters=(*facts.meters, thousandth)))
    assert one.then is not None
    codes = [reason.code for reason in one.then.reasons]
    assert codes == [ReasonCode.DUPLICATE, ReasonCode.REFLECTION_SPACING]


def test_eight_steps_are_told_at_most() -> None:
    every = tuple(blocker(kind, ago(3)) for kind in BlockerKind)
    found = steps(growing(custom=True, objected=True, next_plan=None, blockers=every))
    assert len(found) == 8
    assert last(found) is Outcome.SILENT


def test_words_that_did_not_pass_come_first() -> None:
    facts = growing()
    blocked = Reason(code=ReasonCode.COPY_BLOCKED)
    made = decide(facts, DEFAULT, at())
    held = replace(made, outcome=Outcome.SILENT, reason=blocked.code, reasons=(blocked,))
    [one] = what_if(facts, DEFAULT, at(), held)
    assert (one.reason, last((one,))) == (ReasonCode.COPY_BLOCKED, Outcome.ASK)


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.OFF])
def test_a_policy_that_does_not_speak(mode: Mode) -> None:
    assert last(steps(growing(), replace(DEFAULT, mode=mode))) is Outcome.ASK


def test_reflections_say_what_they_wait_for() -> None:
    daily = [*steady(4.0, 4.0, days=240), 0.0]
    daily[0], daily[-2] = 0.0, 50.0
    counted = [990.0 - sum(daily[1:-2]), *daily[1:]]
    yesterday = alert(Moment.RIGHT_SIZE, AlertClass.REFLECTION, charged=ago(1), closed=ago(1))
    facts = snapshot(meter(counted, limit=None), alerts=(yesterday,))
    found = steps(facts)
    assert [one.reason for one in found] == [ReasonCode.REFLECTION_SPACING]
    assert last(found) is Outcome.REFLECT


BLOCKERS = st.lists(
    st.builds(
        blocker,
        st.sampled_from(BlockerKind),
        st.integers(1, 40).map(ago),
        st.none() | st.integers(0, 39).map(ago),
    ),
    max_size=3,
)


@given(
    blockers=BLOCKERS,
    asked=st.none() | st.integers(1, 400),
    kind=st.none() | st.sampled_from(FeedbackKind),
    arm=st.sampled_from(Arm),
    role=st.sampled_from(Role),
    widget=st.booleans(),
)
def test_steps_end_and_are_what_they_say(
    blockers: list[Any], asked: int | None, kind: Any, arm: Arm, role: Role, widget: bool
) -> None:
    past = (alert(charged=ago(asked), closed=ago(asked)),) if asked else ()
    said = tuple(answer(a, kind, ago(asked or 1)) for a in past) if kind else ()
    facts = growing(
        blockers=tuple(blockers),
        alerts=past,
        answers=said,
        arm=arm,
        people=(person("ada", role),),
        widget_on=widget,
    )
    decision = decide(facts, DEFAULT, at())
    found = what_if(facts, DEFAULT, at(), decision)
    assert found == what_if(facts, DEFAULT, at(), decision)
    assert 1 <= len(found) <= 8
    codes = [one.reason for one in found]
    assert len(set(codes)) == len(codes)
    if decision.reasons:
        assert codes[0] is decision.reason
    for one, then in pairwise(found):
        assert one.then is not None
        assert one.reason not in {r.code for r in one.then.reasons}
        assert then.reason is one.then.reasons[0].code

"""The whole decision: what survives, what goes out beside it, and that it can be replayed."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.alert import AlertClass, Moment, Outcome, ReasonCode
from engine.decide import decide
from engine.decision import Decision, Stage
from engine.guard import NEVER
from engine.policy import AskPolicy, Policy
from engine.snapshot import Arm, BlockerKind, Calibration, Snapshot
from engine.usage import AtLimit
from tests.builders import (
    TODAY,
    ago,
    alert,
    at,
    blocker,
    friction,
    growing,
    meter,
    person,
    rising,
    snapshot,
    steady,
)

POLICY = Policy()


def said(facts: Snapshot, policy: Policy = POLICY) -> Decision:
    return decide(facts, policy, at())


def test_the_plain_ask() -> None:
    decision = said(growing())
    assert decision.outcome is Outcome.ASK
    assert decision.chosen is not None
    assert decision.chosen.moment is Moment.PACE
    assert (decision.reason, decision.reasons) == (None, ())
    assert decision.stage.stage is Stage.EMBEDDED
    assert decision.stage.outgrowing
    assert decision.recipient == "ada"
    assert decision.audience == ("ada",)
    assert decision.exposed


def test_a_plain_day() -> None:
    decision = said(snapshot(meter(steady(20.0))))
    assert (decision.outcome, decision.reason) == (Outcome.SILENT, ReasonCode.NO_MOMENT)
    assert decision.chosen is None
    assert decision.recipient is None
    assert not decision.exposed
    assert not decision.stage.outgrowing


def test_a_held_out_account_is_exposed_but_never_asked() -> None:
    decision = said(growing(arm=Arm.HOLDOUT))
    assert (decision.outcome, decision.reason) == (Outcome.HELD_OUT, ReasonCode.HELD_OUT)
    assert decision.exposed


def test_a_held_out_account_that_would_not_be_asked_anyway_is_not_exposed() -> None:
    decision = said(growing(arm=Arm.HOLDOUT, custom=True))
    assert (decision.outcome, decision.reason) == (Outcome.SILENT, ReasonCode.CUSTOM_CONTRACT)
    assert not decision.exposed


def used(daily: list[float], limit: float) -> Snapshot:
    return snapshot(meter(daily, limit=limit))


@pytest.mark.parametrize(
    ("name", "facts", "outgrowing"),
    [
        ("close to it", used([*steady(40.0)[:-18], *[55.0] * 17, 0.0], 1100), False),
        ("soon there", used([*steady(40.0)[:-18], *[55.0] * 17, 0.0], 1160), True),
        ("there by one day", used([*[20.0] * 105, 500.0, *[20.0] * 3, 0.0], 1000), False),
        ("a tenth less used", used([*steady(60.0)[:-29], *steady(54.0, days=28)], 500), True),
        ("more than that", used([*steady(60.0)[:-29], *steady(53.0, days=28)], 500), False),
    ],
)
def test_outgrowing_takes_a_limit_that_presses(
    name: str, facts: Snapshot, outgrowing: bool
) -> None:
    assert said(facts).stage.outgrowing is outgrowing


def test_a_notice_goes_out_beside_a_held_out_ask() -> None:
    facts = snapshot(meter(steady(55.0), limit=600, at_limit=AtLimit.STOPS), arm=Arm.HOLDOUT)
    decision = said(facts)
    assert decision.outcome is Outcome.HELD_OUT
    assert [c.moment for c in decision.notices] == [Moment.AT_LIMIT]
    assert decision.notice_recipient == "ada"


def test_an_ask_and_its_notice_are_two_things() -> None:
    decision = said(snapshot(meter(steady(55.0), limit=600)))
    assert decision.outcome is Outcome.ASK
    assert decision.chosen is not None
    assert decision.chosen.alert_class is AlertClass.ASK
    assert [c.alert_class for c in decision.notices] == [AlertClass.NOTICE]


def test_where_only_the_notice_may_speak_the_reason_is_the_asks() -> None:
    decision = said(snapshot(meter(steady(55.0), limit=600), custom=True))
    assert (decision.outcome, decision.reason) == (Outcome.NOTICE, ReasonCode.CUSTOM_CONTRACT)


def test_a_silence_after_the_notice_says_that_it_was_given() -> None:
    given = alert(
        Moment.AT_LIMIT,
        AlertClass.NOTICE,
        charged=ago(2),
        period=TODAY.replace(day=1).isoformat(),
        meter_key="storage",
    )
    vanity = meter(steady(55.0), limit=600, key="storage", meaningful=False, at_limit=AtLimit.STOPS)
    decision = said(snapshot(vanity, alerts=(given,)))
    assert (decision.outcome, decision.reason) == (Outcome.SILENT, ReasonCode.DUPLICATE)


def test_of_several_notices_held_back_the_first_says_why() -> None:
    given = alert(
        Moment.AT_LIMIT,
        AlertClass.NOTICE,
        charged=ago(2),
        period=TODAY.replace(day=1).isoformat(),
        meter_key="a",
    )
    vanity = {"meaningful": False, "at_limit": AtLimit.STOPS}
    meters = (
        meter([*[2.0] * 60, 90.0], limit=60, key="z", **vanity),
        meter(steady(55.0), limit=600, key="a", **vanity),
    )
    assert said(snapshot(*meters, alerts=(given,))).reason is ReasonCode.DUPLICATE
    assert said(snapshot(meters[0])).reason is ReasonCode.DATA_SUSPECT


PRICES = blocker(BlockerKind.PRICE_CHANGE, ago(20))
INCIDENT = blocker(BlockerKind.INCIDENT, ago(1))


@pytest.mark.parametrize(
    ("name", "facts", "day"),
    [
        ("one reason", {"blockers": (PRICES,)}, 10),
        ("a later one", {"blockers": (PRICES,), "renewal": TODAY + timedelta(14)}, 15),
        ("a sooner one", {"blockers": (PRICES,), "renewal": TODAY + timedelta(4)}, 10),
        ("one without an end", {"blockers": (PRICES, INCIDENT)}, None),
    ],
)
def test_an_ask_is_possible_once_the_last_of_its_reasons_is_gone(
    name: str, facts: dict[str, Any], day: int | None
) -> None:
    expected = None if day is None else TODAY + timedelta(day)
    assert said(growing(**facts)).next_possible == expected


def felt(*people: str) -> dict[str, Any]:
    return {"frictions": tuple(friction(i + 1, who) for i, who in enumerate(people))}


THOUSANDTH = [*steady(11.0)[:-1], 1000.0 - sum(steady(11.0))]
RANKS = {
    "sustained over friction": (
        snapshot(meter(steady(55.0), limit=600), **felt("ada", "bob", "cy")),
        (Moment.SUSTAINED_OVER, "reports"),
    ),
    "friction over pace": (
        growing(**felt("ada", "bob", "cy")),
        (Moment.RECURRING_FRICTION, "reports"),
    ),
    "at the limit over approaching": (
        snapshot(
            meter(steady(25.0), limit=400, key="a"),
            meter(steady(40.0), limit=500, key="z", closed=()),
        ),
        (Moment.SUSTAINED_OVER, "a"),
    ),
    "the higher p": (
        snapshot(meter(rising(), limit=1020, key="a"), meter(rising(), limit=960, key="z")),
        (Moment.PACE, "z"),
    ),
    "a p over none": (
        snapshot(
            meter(steady(10.0), key="a"),
            meter(rising(), key="z"),
            frictions=tuple(
                friction(day, who, key)
                for key in ("a", "z")
                for day, who in ((1, "ada"), (2, "bob"), (3, "cy"))
            ),
        ),
        (Moment.RECURRING_FRICTION, "z"),
    ),
    "an ask over a reflection": (
        snapshot(meter(THOUSANDTH, key="a", limit=None), meter(rising(), key="z")),
        (Moment.PACE, "z"),
    ),
    "then the meter's key": (
        snapshot(
            meter(steady(40.0), limit=480, key="z", closed=()),
            meter(steady(40.0), limit=480, key="a", closed=()),
        ),
        (Moment.AT_LIMIT, "a"),
    ),
}


@pytest.mark.parametrize("name", RANKS)
def test_one_survives(name: str) -> None:
    facts, expected = RANKS[name]
    chosen = said(facts).chosen
    assert chosen is not None
    assert (chosen.moment, chosen.key.meter) == expected


def test_more_people_before_the_meters_key() -> None:
    facts = snapshot(
        meter(steady(10.0), key="a"),
        meter(steady(10.0), key="z"),
        frictions=(
            *(friction(i, who, "a") for i, who in ((1, "ada"), (2, "bob"), (3, "ada"))),
            *(friction(i, who, "z") for i, who in ((1, "ada"), (2, "bob"), (3, "cy"))),
        ),
    )
    chosen = said(facts).chosen
    assert chosen is not None
    assert chosen.key.meter == "z"


def test_an_ask_that_is_held_back_gives_way_to_a_reflection() -> None:
    facts = growing(custom=True)
    decision = said(replace(facts, meters=(*facts.meters, meter(THOUSANDTH, key="a", limit=None))))
    assert decision.outcome is Outcome.REFLECT
    assert decision.chosen is not None
    assert decision.chosen.key.period == "1000"


def test_calibrated_probabilities_are_read_on_their_own_bar() -> None:
    timid = Calibration(version="1", raw=(0.0, 1.0), happened=(0.0, 0.9))
    grim = Calibration(version="2", raw=(0.0, 1.0), happened=(0.0, 0.4))
    assert said(growing(calibration=timid)).outcome is Outcome.ASK
    assert said(growing(calibration=grim)).reason is ReasonCode.NO_MOMENT


def test_a_policy_moves_its_threshold() -> None:
    old = growing(alerts=(alert(charged=ago(40), closed=ago(39)),), people=(person("bob"),))
    patient = replace(POLICY, ask=AskPolicy(spacing_days=45))
    codes = {reason.code for reason in said(old, patient).reasons}
    assert ReasonCode.ASK_SPACING in codes
    assert ReasonCode.ASK_SPACING not in {reason.code for reason in said(old).reasons}


OCTOBER_310 = [*[10.0] * 30, *[10.0] * 31]


def guard(facts: Snapshot) -> float:
    return dict(said(facts).guard)["reports"]


@pytest.mark.parametrize(
    ("name", "facts", "expected"),
    [
        ("below three fifths", snapshot(meter(steady(20.0), limit=500)), 300.0),
        ("a milestone comes sooner", snapshot(meter([2.0] * 46, limit=500)), 36 + 8.0),
        ("more of it waits for the morning", snapshot(meter(steady(20.0), limit=300)), 300.0),
        ("a vanity meter", snapshot(meter(steady(20.0), meaningful=False)), NEVER),
        (
            "a vanity meter that stops work",
            snapshot(meter(steady(20.0), limit=400, meaningful=False, at_limit=AtLimit.STOPS)),
            320.0,
        ),
        ("the tenth", snapshot(meter([1.0] * 6, limit=None)), 10.0),
        ("the best month so far", snapshot(meter(OCTOBER_310 + [10.0] * 18, limit=None)), 372.0),
        (
            "once that is met the next round number",
            snapshot(meter(OCTOBER_310 + [31.0] * 12 + [0.0] * 6, limit=None)),
            372.0 + 1000 - (610 + 372),
        ),
        ("past the limit nothing is left to wait for", snapshot(meter([9.0] * 3, limit=20)), 100.0),
    ],
)
def test_guard(name: str, facts: Snapshot, expected: float) -> None:
    assert guard(facts) == expected


def test_below_the_guard_nothing_changes() -> None:
    facts = snapshot(meter(steady(20.0), limit=500))
    edge = guard(facts)
    used = float(facts.meters[0].used)
    for more in (1.0, (edge - used) / 2, edge - used - 0.001):
        daily = [*steady(20.0)[:-1], more]
        assert said(snapshot(meter(daily, limit=500))).candidates == ()


def test_the_same_facts_give_the_same_decision() -> None:
    assert said(growing()) == said(growing())


def test_the_digest_knows_facts_policy_and_day_and_nothing_else() -> None:
    base = said(growing()).digest
    berlin = at().astimezone(ZoneInfo("Europe/Berlin"))
    assert decide(growing(), POLICY, berlin).digest == base
    assert decide(growing(last_report=at(hour=8).astimezone(UTC)), POLICY, at()).digest == base
    backfilled = frozenset(TODAY - timedelta(days=i) for i in range(40, 60))
    use = growing().meters[0]
    reordered = frozenset(sorted(backfilled, reverse=True))
    one, two = (said(snapshot(replace(use, backfilled=b))).digest for b in (backfilled, reordered))
    assert one == two
    others = (
        said(growing(custom=True)).digest,
        said(growing(), replace(POLICY, rollout_days=7)).digest,
        decide(growing(), POLICY, at() + timedelta(days=1)).digest,
        one,
    )
    assert len({base, *others}) == 5


def test_a_snapshot_taken_yesterday_can_still_be_decided_on_today() -> None:
    tomorrow = at() + timedelta(days=1)
    assert decide(growing(), POLICY, tomorrow).outcome in Outcome

"""Whole lives of accounts under the laws of restraint (DESIGN 3.6); `make soak` lives more of them.

A life is a drawn list of steps, not a state machine of rules: every step is possible at any time,
so any can be left out when a life shrinks, nothing is thrown away for a precondition, and the list
that is printed can be pasted below as a case.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from engine.alert import AlertClass, FeedbackKind, Outcome
from engine.decide import decide
from engine.decision import Decision
from engine.policy import Policy, TrustPolicy
from engine.snapshot import Arm, BlockerKind, Person, Role, Snapshot
from tests.builders import at, meter, snapshot, user_days
from tests.engine.lives import Life
from tests.engine.lives_drawn import lives
from tests.engine.lives_laws import Broken, Laws
from tests.engine.lives_steps import (
    Flag,
    Move,
    Say,
    Step,
    Trouble,
    Turn,
    Work,
    live,
)
from tests.engine.lives_told import Birth, Door
from tests.engine.lives_variations import Again, MoreUse, Words, Worse

SOME = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SOME
@given(lives())
def test_no_life_breaks_a_law_of_restraint(drawn: tuple[Birth, list[Step]]) -> None:
    birth, steps = drawn
    watchers = (Laws(), Again(every=5), MoreUse(every=5), Worse(every=2), Words(every=50))
    live(Life(birth, watchers), steps)


ADA = Person(
    id="ada", role=Role.CHAMPION, name="Ada", joined=date(2025, 1, 1), reachable=("slack",)
)
BOB = replace(ADA, id="bob", name="Bob")
PLAIN = Birth(
    people=(ADA, BOB),
    attentive=False,
    policy=Policy(trust=TrustPolicy(reflection_needs=100.0)),
)
BUSY = Work(150, 1.3)


def overlooking(**facts: object) -> Door:
    """An engine that overlooks some of the facts."""

    def door(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
        return decide(replace(snapshot, **facts), policy, now)  # type: ignore[arg-type]

    return door


def carefree(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """An engine that remembers no ask."""
    others = tuple(a for a in snapshot.alerts if a.key.alert_class is not AlertClass.ASK)
    return decide(replace(snapshot, alerts=others), policy, now)


def deaf(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """An engine that hears what is pleasant."""
    pleasant = (FeedbackKind.SEEN, FeedbackKind.USEFUL)
    heard = tuple(a for a in snapshot.answers if a.kind in pleasant)
    return decide(replace(snapshot, answers=heard), policy, now)


def eager(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """An engine that asks whenever anything is due."""
    decision = decide(snapshot, policy, now)
    return replace(decision, outcome=Outcome.ASK) if decision.chosen else decision


def hasty(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """An engine whose days end yesterday."""
    decision = decide(snapshot, policy, now)
    return replace(decision, next_possible=(now - timedelta(days=2)).date())


def forgetful(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """An engine that gives no reasons."""
    return replace(decide(snapshot, policy, now), reasons=())


MUTE = Say(FeedbackKind.MUTED, whole=True)
NO = Say(FeedbackKind.NOT_USEFUL)


@pytest.mark.parametrize(
    ("law", "door", "steps"),
    [
        ("spacing", carefree, [BUSY]),
        ("once", overlooking(alerts=()), [Work(150, 2.5, users=0)]),
        ("back-off", deaf, [Work(20, 1.3), Say(FeedbackKind.USEFUL), NO, Work(90, 1.3)]),
        ("mute", deaf, [Work(30, 1.3), MUTE, Work(150, 1.3)]),
        ("blockers", overlooking(blockers=()), [Trouble(BlockerKind.SALES), BUSY]),
        ("blockers", overlooking(plan_changes=()), [Work(60, 0.5), Move(1), Work(80, 1.3)]),
        ("holdout", overlooking(arm=Arm.TREATED), [Turn(Flag.HELD_OUT), BUSY]),
        ("stage", eager, [Work(20, 3.0)]),
        ("reasons", forgetful, [Work(1)]),
        ("next possible", hasty, [Work(1)]),
    ],
)
def test_the_laws_notice_an_engine_that(law: str, door: Door, steps: list[Step]) -> None:
    with pytest.raises(Broken, match=f"^{law} "):
        live(Life(PLAIN, [Laws()], door), steps)


def test_more_use_today_never_lowers_the_stage() -> None:
    """Once a week by Ada, in September by Bob too: adopted until Ada comes today as well."""
    weekly = [40.0 if back % 7 == 0 else 0.0 for back in range(120, 0, -1)]
    days = (user_days("ada", *range(7, 120, 7)), user_days("bob", 49, 56, 63, 70, 77))
    less, more = (
        decide(snapshot(meter([*weekly, today]), user_days=days), Policy(), at())
        for today in (0.0, 40.0)
    )
    assert (less.stage.stage, more.stage.stage) == ("adopted", "adopted")

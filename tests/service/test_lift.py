"""The lift report over a real database: what is decided, answered and bought shows up in it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from engine import holdout
from engine.exposure import Arms, OutcomeKind
from engine.lift import LiftState, Unmeasured
from engine.snapshot import Arm
from service import configure, lift
from tests.api.live import Live, policy
from tests.backends import FILE

BACKENDS = FILE

_numbers = count(1)


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    configure.apply(running.runtime.context, policy(holdout=0.5), "test")
    yield running
    running.reset()


def of_arm(world: Live, arm: Arm, **account: Any) -> str:
    """A growing account whose first ask was decided on, and held out or not as its arm says."""
    key = world.runtime.context.secrets.key("holdout")
    names = (f"lift-{next(_numbers)}" for _ in count())
    name = next(n for n in names if holdout.arm(key, n, 0.5) is arm)
    world.account(account=name, **account)
    world.settle()
    wanted = "ask" if account.get("holdout") or arm is Arm.TREATED else "held_out"
    assert world.decision(name)["outcome"] == wanted
    return name


def upgrade(world: Live, account: str, plan: str = "business") -> None:
    assert world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": plan}).is_success


def numbers(arms: Arms) -> tuple[int, int, int, int]:
    """Treated accounts and their hits, held-out accounts and theirs."""
    return (arms.treated.n, arms.treated.hits, arms.holdout.n, arms.holdout.hits)


def test_what_accounts_did_is_counted_in_both_arms(world: Live) -> None:
    bought, refused = (of_arm(world, Arm.TREATED) for _ in range(2))
    bought_unasked, quiet = (of_arm(world, Arm.HOLDOUT) for _ in range(2))
    never_held_out = of_arm(world, Arm.HOLDOUT, holdout="exclude")
    alert = world.widget(refused).alert()
    assert alert is not None
    world.clock.advance(days=2)
    for account in (bought, bought_unasked, never_held_out):
        upgrade(world, account)
    assert world.widget(refused).say(alert["id"], "not_useful").is_success
    ticket = {"kind": "ticket"}
    assert world.admin("PUT", f"/v1/accounts/{quiet}/blockers/t-1", ticket).is_success
    early = lift.report(world.runtime.context)
    assert early.state is LiftState.TOO_EARLY
    assert numbers(early.exposed) == (2, 0, 2, 0)
    assert numbers(early.upgrades) == (0, 0, 0, 0)
    assert early.effect is None
    world.clock.advance(days=60)
    later = lift.report(world.runtime.context)
    assert later.state is LiftState.TOO_EARLY
    assert numbers(later.upgrades) == (2, 1, 2, 1)
    assert later.needs is not None
    assert later.needs >= 56
    of = {guard.kind: numbers(guard.arms) for guard in later.guards}
    assert of[OutcomeKind.DISMISSAL] == (2, 1, 2, 0)
    assert of[OutcomeKind.TICKET] == (2, 0, 2, 1)
    assert of[OutcomeKind.CHURN] == (0, 0, 0, 0)


def test_a_smaller_plan_is_churn(world: Live) -> None:
    left = of_arm(world, Arm.TREATED)
    upgrade(world, left)
    world.clock.advance(days=30)
    upgrade(world, left, "team")
    world.clock.advance(days=61)
    of = {g.kind: numbers(g.arms) for g in lift.report(world.runtime.context).guards}
    assert of[OutcomeKind.CHURN] == (1, 1, 0, 0)


def test_an_answer_that_was_taken_back_does_not_count(world: Live) -> None:
    account = of_arm(world, Arm.TREATED)
    visitor = world.widget(account)
    alert = visitor.alert()
    assert alert is not None
    assert visitor.post(alert["id"], "feedback", {"id": "oops", "kind": "not_useful"}).is_success
    assert visitor.post(alert["id"], "undo", {"id": "oops"}).is_success
    world.clock.advance(days=15)
    of = {g.kind: numbers(g.arms) for g in lift.report(world.runtime.context).guards}
    assert of[OutcomeKind.DISMISSAL] == (1, 0, 0, 0)


def test_before_anybody_was_exposed_it_is_too_early(world: Live) -> None:
    found = lift.report(world.runtime.context)
    assert found.state is LiftState.TOO_EARLY
    assert numbers(found.exposed) == (0, 0, 0, 0)
    assert found.needs is not None


def test_with_nobody_held_out_nothing_is_measured(world: Live) -> None:
    of_arm(world, Arm.TREATED)
    configure.apply(world.runtime.context, policy(holdout=0.0), "test")
    found = lift.report(world.runtime.context)
    assert (found.state, found.why) == (LiftState.NOT_MEASURED, Unmeasured.NO_HOLDOUT)

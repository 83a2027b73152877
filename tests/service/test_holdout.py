"""Who is held out stays so for a year, whatever the share becomes meanwhile."""

from collections.abc import Iterator
from itertools import count

import pytest

from engine import holdout
from engine.snapshot import Arm
from service import configure, lift
from service.explain import explain
from store import arms
from store.arms import StoredArm
from tests.api.live import NOW, Live, policy
from tests.backends import FILE

BACKENDS = FILE

_numbers = count(1)
SMALL, LARGE = 0.5, 0.2


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    apply(running)
    yield running
    running.reset()


def apply(world: Live, *, small_below: int = 3) -> None:
    """Half are held out below three accounts, a fifth from there on."""
    text = policy(holdout=LARGE).replace(f"small_share = {LARGE}", f"small_share = {SMALL}")
    text = text.replace("\n[widget]", f"small_below = {small_below}\n\n[widget]")
    configure.apply(world.runtime.context, text, "test")


def between(world: Live, *, also: float = 1.0) -> str:
    """A name that is held out among few and not among many; in the year after by `also` of them."""
    key = world.runtime.context.secrets.key("holdout")
    for name in (f"held-{next(_numbers)}" for _ in count()):
        drawn = (holdout.drawn(key, name), holdout.drawn(key, name, term=1))
        if LARGE <= drawn[0] < SMALL and (also == 1.0 or drawn[1] >= also):
            return name
    raise AssertionError


def looked_at(world: Live, account: str) -> Arm:
    """The arm of the newest decision."""
    world.settle()
    facts = explain(world.runtime.context, account).facts
    assert facts is not None
    return facts.arm


def more(world: Live, number: int) -> None:
    """Accounts that only count."""
    for _ in range(number):
        world.account(people={}, usage={}, slack=False)


def test_more_accounts_move_nobody_who_could_have_been_asked(world: Live) -> None:
    held = world.account(account=between(world))
    assert looked_at(world, held) is Arm.HOLDOUT
    assert world.decision(held)["outcome"] == "held_out"
    more(world, 4)
    late = world.account(account=between(world))
    assert looked_at(world, late) is Arm.TREATED
    assert world.decision(late)["outcome"] == "ask"
    world.clock.advance(days=40)
    assert looked_at(world, held) is Arm.HOLDOUT


def test_an_arm_is_drawn_anew_after_a_year(world: Live) -> None:
    held = world.account(account=between(world, also=SMALL))
    assert looked_at(world, held) is Arm.HOLDOUT
    world.clock.advance(days=364)
    assert looked_at(world, held) is Arm.HOLDOUT
    world.clock.advance(days=2)
    assert looked_at(world, held) is Arm.TREATED


def test_who_is_excluded_is_never_held_out_and_returns_to_the_same_arm(world: Live) -> None:
    held = world.account(account=between(world))
    assert looked_at(world, held) is Arm.HOLDOUT
    stated = world.admin("GET", f"/v1/accounts/{held}").json()
    for choice, arm in (("exclude", Arm.TREATED), ("auto", Arm.HOLDOUT)):
        body = {"plan": stated["plan"], "since": stated["since"], "holdout": choice}
        assert world.admin("PUT", f"/v1/accounts/{held}", body).is_success
        more(world, 4)
        world.clock.advance(days=1)
        assert looked_at(world, held) is arm


def test_without_a_holdout_nobody_is_held_out(world: Live) -> None:
    held = world.account(account=between(world))
    assert looked_at(world, held) is Arm.HOLDOUT
    configure.apply(world.runtime.context, policy(holdout=0.0), "test")
    world.clock.advance(days=1)
    assert looked_at(world, held) is Arm.TREATED


def test_nothing_is_kept_before_an_account_could_have_been_asked(world: Live) -> None:
    quiet = world.account(account=between(world), usage={})
    looked_at(world, quiet)
    more(world, 4)
    world.clock.advance(days=1)
    with world.runtime.context.database.read() as session:
        assert arms.newest(session, [quiet]) == {quiet: None}
    assert looked_at(world, quiet) is Arm.TREATED


def test_lift_expects_as_many_held_out_as_were_drawn_for(world: Live) -> None:
    """Drawn among few, for a reflection; asked for the first time among many."""
    held = world.account(account=between(world))
    apply(world, small_below=1)
    context = world.runtime.context
    drawn = StoredArm(account=held, term=0, arm=Arm.HOLDOUT, share=SMALL, drawn_at=NOW)
    with context.database.write() as session:
        arms.keep(session, [drawn])
    assert looked_at(world, held) is Arm.HOLDOUT
    # Of one account one is held out: at a half as odd as none, at a fifth odder.
    assert lift.report(context).balance == pytest.approx(0.317, abs=0.001)


def test_what_an_account_was_drawn_into_goes_with_it(world: Live) -> None:
    held = world.account(account=between(world))
    looked_at(world, held)
    assert world.admin("DELETE", f"/v1/accounts/{held}").is_success
    with world.runtime.context.database.read() as session:
        assert arms.newest(session, [held]) == {}

"""Looking at an account: what is held back is decided all the same; what can't be said is not."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from engine import holdout
from engine.snapshot import Arm
from service import configure
from store import decisions, due
from tests.api.live import PEOPLE, Live, policy
from tests.backends import SERVER

BACKENDS = SERVER

_numbers = count(1)


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()
    apply(running)


def apply(world: Live, **changes: Any) -> None:
    configure.apply(world.runtime.context, policy(**changes), "test")


def looked_at(world: Live, **account: Any) -> str:
    name = world.account(**account)
    world.settle()
    return name


def exposed(world: Live, account: str) -> bool:
    with world.runtime.context.database.read() as session:
        found = decisions.latest(session, account)
    assert found is not None
    return found.exposed


def of_arm(world: Live, arm: Arm, share: float) -> str:
    key = world.runtime.context.secrets.key("holdout")
    names = (f"drawn-{next(_numbers)}" for _ in count())
    return next(n for n in names if holdout.arm(key, n, share) is arm)


def silent(world: Live, account: str) -> bool:
    """Whether nobody at the account saw or got anything."""
    banners = [world.widget(account, who).alert() for who in ("priya", "fiona", "jonas")]
    return not any(banners) and not world.sink.messages and not world.mailbox.messages


def test_a_held_out_account_hears_nothing_and_counts(world: Live) -> None:
    apply(world, holdout=0.9)
    account = looked_at(world, account=of_arm(world, Arm.HOLDOUT, 0.9))
    decision = world.decision(account)
    assert (decision["outcome"], decision["reason"]) == ("held_out", "held_out")
    assert decision["moment"] == "pace"
    assert exposed(world, account)
    assert silent(world, account)
    [ghost] = world.alerts(account)
    assert (ghost["closed_as"], ghost["charged_at"], ghost["deliveries"]) == ("held_out", None, [])
    assert world.widget(account).say(ghost["id"], "seen").status_code == 404
    assert world.widget(account).send(ghost["id"], to="tomas").status_code == 404
    ledger = world.admin("GET", f"/v1/accounts/{account}/ledger").json()
    assert not [e for e in ledger["entries"] if "delivered" in e["cause"]]
    for word in ("held", "holdout"):
        assert word not in decision["customer_sentence"].lower()
    world.use(account, 60)
    world.clock.advance(days=1)
    world.settle()
    assert world.decision(account)["reason"] == "duplicate"
    assert silent(world, account)


def test_the_other_arm_hears_it(world: Live) -> None:
    apply(world, holdout=0.9)
    account = looked_at(world, account=of_arm(world, Arm.TREATED, 0.9))
    assert world.decision(account)["outcome"] == "ask"
    assert exposed(world, account)
    assert not silent(world, account)


def test_who_is_excluded_is_never_held_out(world: Live) -> None:
    apply(world, holdout=0.9)
    account = looked_at(world, account=of_arm(world, Arm.HOLDOUT, 0.9), holdout="exclude")
    assert world.decision(account)["outcome"] == "ask"


def test_a_notice_is_never_held_out(world: Live) -> None:
    apply(world, holdout=0.9)
    account = looked_at(world, account=of_arm(world, Arm.HOLDOUT, 0.9), limits={"reports": 600})
    assert world.decision(account)["outcome"] == "held_out"
    alert = world.widget(account).alert()
    assert alert is not None
    assert alert["class"] == "notice"
    assert len(world.sink.messages) == 1


@pytest.mark.parametrize(("mode", "reason"), [("shadow", "shadow"), ("off", "policy_off")])
def test_not_live_decides_and_says_nothing(mode: str, reason: str, world: Live) -> None:
    apply(world, mode=mode)
    for limits in ({}, {"reports": 600}):
        account = looked_at(world, limits=limits)
        decision = world.decision(account)
        assert (decision["outcome"], decision["reason"]) == ("silent", reason)
        assert decision["moment"] in ("pace", "sustained_over")
        assert decision["forecasts"]
        assert not exposed(world, account)
        assert silent(world, account)
        assert world.alerts(account) == []
        assert world.widget(account).state()["meters"][0]["used"] == "660"


def test_going_live_speaks_of_what_was_decided_in_the_shadow(world: Live) -> None:
    apply(world, mode="shadow")
    account = looked_at(world)
    apply(world)
    world.use(account, 60)
    world.clock.advance(days=1)
    world.settle()
    assert world.decision(account)["outcome"] == "ask"


@pytest.mark.parametrize(
    "product",
    ["Boost! Reports", "UNLOCK NOW", "Hurry 24/7 Ltd", "Limit Reached GmbH", "Best-in-class 🚀"],
)
def test_the_names_of_others_block_nothing(product: str, world: Live) -> None:
    apply(world, product=product)
    account = looked_at(world, name=f"{product} Customer")
    assert world.decision(account)["outcome"] == "ask", world.decision(account)["reasons"]
    assert not silent(world, account)


NAMED = {**PEOPLE, "nell": {"role": "user", "name": "Nothing Else"}}
"""With somebody whose name is a word of the approvers' texts: they may name no person."""


def test_a_story_that_can_not_be_said_well_is_not_said(world: Live) -> None:
    account = looked_at(world, people=NAMED)
    decision = world.decision(account)
    assert (decision["outcome"], decision["reason"]) == ("silent", "copy_blocked")
    assert ["text", "Nothing"] in decision["reasons"][-1]["evidence"]
    assert not exposed(world, account)
    assert decision["replayed"] is True
    assert silent(world, account)
    assert world.alerts(account) == []


def test_what_must_be_told_is_told_all_the_same(world: Live) -> None:
    account = world.account(people=NAMED)
    world.use(account, 400)
    world.settle()
    decision = world.decision(account)
    assert (decision["outcome"], decision["reason"]) == ("notice", "copy_blocked")
    alert = world.widget(account).alert()
    assert alert is not None
    assert (alert["class"], len(world.sink.messages)) == ("notice", 1)


@pytest.mark.parametrize("name", ["Acme Weber", "Team Leader", "November Rain", "Di Client"])
def test_a_person_called_like_the_account_or_a_plan_or_a_month_blocks_nothing(
    name: str, world: Live
) -> None:
    account = looked_at(world, people={**PEOPLE, "nell": {"role": "user", "name": name}})
    assert world.decision(account)["outcome"] == "ask", world.decision(account)["reasons"]


def notices(world: Live, account: str) -> list[str]:
    """The notices of an account, newest first."""
    return [a["id"] for a in world.alerts(account) if a["class"] == "notice"]


def test_a_changed_limit_makes_the_same_limit_news_again(world: Live) -> None:
    """Within one period: over the limit, on to the larger plan, and over that one's limit."""
    configure.apply(world.runtime.context, policy().replace("= 5000", "= 1200"), "test")
    account = world.account()
    world.use(account, 400)
    world.settle()
    [first] = notices(world, account)
    world.clock.advance(hours=1)
    assert world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"}).is_success
    world.settle()
    assert world.widget(account).alert() is None
    world.clock.advance(hours=1)
    world.use(account, 200)
    world.settle()
    [second, same] = notices(world, account)
    assert same == first
    alert = world.widget(account).alert()
    assert alert is not None
    assert alert["id"] == second
    assert "1,200" in f"{alert['title']} {alert['body']}"
    world.clock.advance(hours=1)
    world.use(account, 10)
    world.settle()
    assert notices(world, account) == [second, first]


def turn(world: Live, account: str) -> int:
    """How often people or admins changed what decisions about the account rest on."""
    with world.runtime.context.database.read() as session:
        return due.watches(session, [account])[account].turn


def test_whatever_people_and_admins_say_counts(world: Live) -> None:
    """So a look that began before is not kept: `test_looks`."""
    account, alert = world.asked()
    champion = world.widget(account)
    path = f"/v1/accounts/{account}"
    person = {"role": "manager", "name": "Nell Novak", "email": f"nell@{account}.example"}
    doors: list[Callable[[], httpx.Response]] = [
        lambda: champion.say(alert, "snoozed", id="a"),
        lambda: champion.post(alert, "undo", {"id": "a"}),
        lambda: champion.send(alert, to="tomas"),
        lambda: world.admin("PUT", f"{path}/people/nell", person),
        lambda: world.admin("DELETE", f"{path}/people/nell"),
        lambda: world.admin("PUT", f"{path}/blockers/b", {"kind": "ticket"}),
        lambda: world.admin("DELETE", f"{path}/blockers/b"),
        lambda: world.admin("PUT", path, {"plan": "team", "since": "2026-08-01"}),
        lambda: world.admin("POST", f"{path}/plan", {"plan": "business"}),
    ]
    for door in doors:
        before = turn(world, account)
        answer = door()
        assert answer.is_success, answer.text
        assert turn(world, account) > before, answer.request.url
    before = turn(world, account)
    world.use(account, 1)
    world.settle()
    assert turn(world, account) == before

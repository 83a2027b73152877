"""What whole lives brought up in the services around the engine: each is a law of DESIGN 3.6."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from service import configure
from service.ingest import ingest
from tests.api.live import NOW, PEOPLE, Live, event, growing, policy
from tests.backends import FILE

BACKENDS = FILE

EVENING = datetime(2026, 11, 18, 19, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
# Jonas is the champion by what he does with the product; his role is user.
USERS = {name: {**person, "role": "user"} for name, person in PEOPLE.items() if name == "jonas"}


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()
    configure.apply(running.runtime.context, policy(), "test")


def waiting(world: Live) -> str:
    """An account whose ask was raised in the evening: its push waits for the morning."""
    world.clock.set(EVENING)
    account = world.account(usage=growing(EVENING.date()))
    world.settle()
    assert world.decision(account)["outcome"] == "ask"
    assert not world.sink.messages
    return account


def in_the_morning(world: Live) -> list[str]:
    world.clock.set(MORNING)
    world.settle()
    return [m["text"] for m in world.sink.messages]


def used(world: Live, account: str, **by: str) -> None:
    """The usage of an account from August on, all of one user or of nobody."""
    for _, month in groupby(growing().items(), key=lambda each: each[0].month):
        days = dict(month)
        world.clock.set(datetime.combine(max(days) + timedelta(1), datetime.min.time(), UTC))
        events = [event(account, value=v, at=f"{d}T10:00:00Z", **by) for d, v in days.items()]
        assert ingest(world.runtime.context, events).accepted == len(events)
    world.clock.set(NOW)


def test_what_waits_goes_out_in_the_morning(world: Live) -> None:
    waiting(world)
    assert in_the_morning(world)


def test_who_was_muted_meanwhile_gets_no_push(world: Live) -> None:
    account = waiting(world)
    muted = {**PEOPLE["priya"], "email": f"priya@{account}.example", "muted": True}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/priya", muted).is_success
    assert in_the_morning(world) == []


def test_who_muted_themselves_stays_so_though_stated_anew(world: Live) -> None:
    account = waiting(world)
    world.use(account, 400)
    world.settle()
    notice = next(a["id"] for a in world.alerts(account) if a["class"] == "notice")
    assert world.widget(account).say(notice, "muted").is_success
    anew = {**PEOPLE["priya"], "email": f"priya@{account}.example", "joined": "2026-08-01"}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/priya", anew).is_success
    assert world.widget(account).alert() is None
    assert in_the_morning(world) == []


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_what_waits_is_not_pushed_once_segue_is_paused(mode: str, world: Live) -> None:
    waiting(world)
    configure.apply(world.runtime.context, policy(mode=mode), "test")
    assert in_the_morning(world) == []


def test_no_banner_of_an_ask_inside_a_blocker_window(world: Live) -> None:
    account, _ = world.asked()
    incident = {"kind": "incident"}
    assert world.admin("PUT", f"/v1/accounts/{account}/blockers/i1", incident).is_success
    world.settle()
    assert world.widget(account).alert() is None


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_no_banner_once_segue_is_paused(mode: str, world: Live) -> None:
    account, _ = world.asked()
    configure.apply(world.runtime.context, policy(mode=mode), "test")
    assert world.widget(account).alert() is None


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_a_notice_is_held_too_once_segue_is_paused(mode: str, world: Live) -> None:
    account = world.account(custom=True)
    world.use(account, 400)
    world.settle()
    before = world.widget(account).alert()
    assert before is not None
    assert before["class"] == "notice"
    configure.apply(world.runtime.context, policy(mode=mode), "test")
    assert world.widget(account).alert() is None
    configure.apply(world.runtime.context, policy(), "test")
    assert world.widget(account).alert() == before


def test_the_banner_is_back_when_nothing_stands_against_it(world: Live) -> None:
    account, alert = world.asked()
    path = f"/v1/accounts/{account}/blockers/i1"
    assert world.admin("PUT", path, {"kind": "incident"}).is_success
    assert world.widget(account).alert() is None
    assert world.admin("DELETE", path).is_success
    back = world.widget(account).alert()
    assert back is not None
    assert back["id"] == alert


def test_no_banner_once_the_account_objects(world: Live) -> None:
    account, _ = world.asked()
    stated = world.admin("GET", f"/v1/accounts/{account}").json()
    assert world.admin("PUT", f"/v1/accounts/{account}", stated | {"objected": True}).is_success
    world.settle()
    assert world.widget(account).alert() is None


def codes(world: Live, account: str) -> list[str]:
    return [reason["code"] for reason in world.decision(account)["reasons"]]


def pushed_to_a_user(world: Live) -> tuple[str, str]:
    """An account whose champion is Jonas, a user by role: the push went to him."""
    account = world.account(people=USERS, limits={"reports": 700})
    world.settle()
    alert = world.widget(account, "jonas").alert()
    assert alert is not None
    assert {m["channel"] for m in world.sink.messages} == {"DUJONAS"}
    return account, alert["id"]


def test_a_mute_of_the_account_outlives_who_gave_it(world: Live) -> None:
    account, alert = pushed_to_a_user(world)
    assert world.widget(account, "jonas").say(alert, "muted", whole_account=True).is_success
    world.clock.advance(days=1)
    world.use(account, 60)
    world.settle()
    assert "account_muted" in codes(world, account)
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/jonas").is_success
    world.clock.advance(days=1)
    world.use(account, 60)
    world.settle()
    assert "account_muted" in codes(world, account)


def test_a_refusal_outlives_who_gave_it(world: Live) -> None:
    account, alert = pushed_to_a_user(world)
    assert world.widget(account, "jonas").say(alert, "not_useful").is_success

    def refusals() -> float:
        return float(world.admin("GET", f"/v1/accounts/{account}/ledger").json()["refusals"])

    before = refusals()
    assert before >= 1
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/jonas").is_success
    assert refusals() == before


def test_a_mute_holds_though_the_clock_stepped_back(world: Live) -> None:
    account, alert = world.asked()
    assert world.widget(account).say(alert, "muted", whole_account=True).is_success
    world.clock.advance(minutes=-5)
    stated = world.admin("GET", f"/v1/accounts/{account}").json()
    world.admin("PUT", f"/v1/accounts/{account}", stated | {"limits": {"reports": 650}})
    world.settle()
    found = world.admin("GET", f"/v1/accounts/{account}/decisions").json()["decisions"]
    [early] = [d for d in found if d["at"] < "2026-11-18T08:00"]
    assert "account_muted" in [reason["code"] for reason in early["reasons"]], early["outcome"]


def test_who_opens_the_app_is_not_shown_the_ask_of_who_was_erased(world: Live) -> None:
    account = world.account(people={"priya": PEOPLE["priya"]}, usage={})
    used(world, account)
    world.settle()
    assert world.widget(account).alert() is not None
    assert world.widget(account, "passer-by").alert() is None
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/priya").is_success
    assert world.widget(account, "passer-by").alert() is None
    assert world.widget(account).alert() is None


def test_that_somebody_was_muted_outlives_their_erasure(world: Live) -> None:
    muted = {"priya": {**PEOPLE["priya"], "muted": True}}
    account = world.account(people=muted, usage={}, limits={"reports": 700})
    used(world, account)
    world.settle()
    assert "no_recipient" in codes(world, account)
    path = f"/v1/accounts/{account}/people/priya"
    assert world.admin("DELETE", path).is_success
    assert world.admin("GET", path).status_code == 404
    world.clock.advance(days=1)
    world.use(account, 60)
    world.settle()
    assert "no_recipient" in codes(world, account)


def test_an_erasure_does_not_bring_an_account_to_the_next_stage(world: Live) -> None:
    account = world.account(people={"jonas": PEOPLE["jonas"]}, seats=10, usage={})
    used(world, account, user="jonas")
    world.settle()
    assert world.decision(account)["stage"] == "learning"
    assert world.admin("DELETE", f"/v1/accounts/{account}/people/jonas").is_success
    world.clock.advance(days=1)
    world.use(account, 60)
    world.settle()
    assert world.decision(account)["stage"] == "learning"

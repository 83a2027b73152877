"""Every verb of a customer's workspace and the home of the people there, over the endpoint."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from engine.alert import FeedbackKind
from engine.snapshot import Role
from service import quiet
from service.people import of_token
from store import alerts, people
from tests.bot.conftest import ACCOUNT, ALERT, TEAM, World
from tests.bot.desk import as_agreed, button_of, kept, typed, use, words_in
from tests.fakes.slack_proxy import Fault


@pytest.fixture
def at_account(world: World) -> World:
    return world


def person(world: World, id: str) -> Any:
    return of_token(world.context, ACCOUNT, id)


def undisturbed(world: World, now: datetime) -> datetime | None:
    with world.context.database.read() as session:
        return quiet.undisturbed_until(session, ACCOUNT, "mara", "Europe/Berlin", now)


async def home_of(world: World, id: str, who: str = "champion") -> dict[str, Any]:
    world.proxy.calls.clear()
    await world.event("app_home_opened", id=id, user=world.users[who], tab="home")
    (body,) = await world.proxy.replies(1, "views.publish")
    view: dict[str, Any] = body["view"]
    return view


async def set_in_home(world: World, name: str, **chosen: Any) -> dict[str, Any]:
    """Change something in the home, which is then shown anew."""
    world.proxy.calls.clear()
    world.clicks += 1
    action = {"action_id": name, "action_ts": f"9.{world.clicks}", "block_id": "b", "type": "x"}
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": world.users["champion"], "team_id": TEAM},
        "api_app_id": "A1",
        "trigger_id": f"t{world.clicks}",
        "container": {"type": "view"},
        "view": {"type": "home", "id": "V1"},
        "actions": [action | chosen],
    }
    await world.post({"payload": json.dumps(payload)})
    (body,) = await world.proxy.replies(1, "views.publish")
    view: dict[str, Any] = body["view"]
    return view


async def test_every_verb_that_looks_answers_as_agreed(at_account: World) -> None:
    use(at_account.context)
    for name, text in (
        ("help", "help"),
        ("help_quiet", "help quiet"),
        ("usage", "usage"),
        ("why", "why"),
        ("approvers", "approvers"),
        ("quiet", "quiet"),
    ):
        body = await typed(at_account, text)
        as_agreed(f"customer_{name}", kept(body), at_account.users)
        assert "/timeline/" not in words_in(body)


def chosen(manager: str | None, finance: str | None) -> dict[str, Any]:
    return {
        role: {role: {"type": "users_select", "selected_user": user}}
        for role, user in (("manager", manager), ("finance", finance))
    }


async def approvers_form(world: World) -> dict[str, Any]:
    """What `/segue approvers` opens at once."""
    world.proxy.calls.clear()
    await world.command("champion", "approvers", trigger_id=await world.trigger())
    (opened,) = await world.proxy.replies(1, "views.open")
    view: dict[str, Any] = opened["view"]
    return view


async def test_approvers_are_named_in_a_form_and_remembered(at_account: World) -> None:
    world = at_account
    view = await approvers_form(world)
    as_agreed("customer_approvers_form", kept(view), world.users)
    assert world.proxy.of("response") == []
    mine = chosen(world.users["champion"], "UNOBODY")
    wrong = (await world.submit("champion", view, mine)).json()
    assert wrong["errors"] == {
        "manager": "Choose somebody else: this is you.",
        "finance": "Choose a member of this workspace.",
    }
    done = await world.submit("champion", view, chosen(world.users["newcomer"], None))
    assert "Remembered." in words_in(done.json())
    again = words_in(await approvers_form(world))
    assert "newcomer (manager)" in again
    assert world.users["newcomer"] in again


@pytest.mark.parametrize(
    "error", ["expired_trigger_id", "trigger_exchanged", "trigger_expired", "invalid_trigger_id"]
)
async def test_a_form_that_comes_too_late_is_a_button(at_account: World, error: str) -> None:
    world = at_account
    world.proxy.faults.append(Fault("views.open", error=error))
    told = await typed(world, "approvers")
    assert told["text"].endswith("Marta Silva (manager)\nFinn Okafor (finance)")
    world.proxy.calls.clear()
    await world.click("champion", button_of(told, "Name them"))
    (opened,) = await world.proxy.replies(1, "views.open")
    assert opened["view"]["callback_id"] == "approvers_form"


async def test_forward_opens_the_form_about_what_is_open(at_account: World) -> None:
    world = at_account
    await world.command("champion", "forward", trigger_id=await world.trigger())
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    assert json.loads(view["private_metadata"])["alert"] == ALERT
    with world.context.database.write() as session:
        alerts.close(session, ACCOUNT, ALERT, at=world.clock.at, closed_as=FeedbackKind.SNOOZED)
    assert "no open summary" in (await typed(world, "forward"))["text"]


async def test_link_me_says_who_one_is_and_lets_in_who_belongs_there(at_account: World) -> None:
    world = at_account
    assert (await typed(world, "link me"))["text"] == "You are connected: Mara Lindt (champion)."
    assert (await typed(world, "link me"))["text"] == "You are Mara Lindt (champion)."
    joined = await typed(world, "link me", who="stranger")
    assert joined["text"] == "You are connected: stranger (user)."
    with world.context.database.write() as session:
        address = f"{TEAM}/{world.users['stranger']}"
        found = people.by_address(session, ACCOUNT, "slack", address)
        row = session.get(_account(), ACCOUNT)
        assert row
        row.domains = ["elsewhere.test"]
    assert found
    assert person(world, found).role is Role.USER
    refused = await typed(world, "link me", who="newcomer")
    assert "belongs to no domain of this account" in refused["text"]


def _account() -> Any:
    from store.tables import Account

    return Account


async def test_quiet_holds_a_push_back_until_the_person_wants_it(at_account: World) -> None:
    world = at_account
    now = world.clock.at
    told = await typed(world, "quiet 15:00 17:00")
    assert "between 15:00 and 17:00" in told["text"]
    assert undisturbed(world, now) == datetime(2026, 11, 18, 16, tzinfo=UTC)
    assert undisturbed(world, now + timedelta(hours=1)) is None
    await typed(world, "quiet 22:00 16:45")
    assert undisturbed(world, now) == datetime(2026, 11, 18, 15, 45, tzinfo=UTC)
    rest = await typed(world, "quiet for 1d")
    assert "before 19 November 2026" in rest["text"]
    assert undisturbed(world, now) == datetime(2026, 11, 19, 15, 45, tzinfo=UTC)
    assert "A year at most" in (await typed(world, "quiet for 400d"))["text"]
    await typed(world, "quiet off")
    assert undisturbed(world, now) is None


async def test_stop_ends_it_for_one_person_and_can_be_taken_back(at_account: World) -> None:
    world = at_account
    stopped = await typed(world, "stop")
    as_agreed("customer_stop", kept(stopped), world.users)
    assert person(world, "mara").muted
    assert not person(world, "marta").muted
    assert "have ended for you already" in (await typed(world, "stop"))["text"]
    world.proxy.calls.clear()
    await world.click("champion", button_of(stopped, "Start them again"))
    assert (await world.proxy.replies())[0]["text"] == "These messages come to you again."
    assert not person(world, "mara").muted


async def test_the_home_shows_how_it_stands_and_keeps_what_is_set(at_account: World) -> None:
    world = at_account
    use(world.context)
    as_agreed("customer_home", kept(await home_of(world, "E1")), world.users)
    german = await set_in_home(world, "home.language", selected_option={"value": "de"})
    assert "Wie die Nutzung steht" in words_in(german)
    as_agreed("customer_home_de", kept(german), world.users)
    await set_in_home(world, "home.start", selected_time="20:15")
    later = await set_in_home(world, "home.end", selected_time="07:45")
    assert "Zwischen 20:15 und 07:45" in words_in(later)
    wanted = quiet.of(world.context, ACCOUNT, "mara").hours
    assert wanted == (time(20, 15), time(7, 45))
    await set_in_home(world, "home.language", selected_option={"value": "tlh"})
    assert person(world, "mara").locale == "de"
    stopped = await set_in_home(world, "home.stop")
    assert person(world, "mara").muted
    assert "Wieder erhalten" in words_in(stopped)
    await set_in_home(world, "home.again")
    assert not person(world, "mara").muted


async def test_the_home_of_a_stranger_says_how_to_be_known(at_account: World) -> None:
    assert "/segue link me" in words_in(await home_of(at_account, "E1", who="stranger"))

"""Every verb of the vendor's own workspace, typed and clicked over the signed endpoint."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.alert import FeedbackKind
from engine.errors import Invalid
from segue.cli import app
from service import chat_admins, configure, keys, pause, timeline
from store import audit, feedback
from store.audit import Entry
from tests.bot.conftest import ACCOUNT, CONFIG, TEAM, World
from tests.bot.desk import as_agreed, button_of, kept, office, typed, use, words_in
from tests.fakes.slack_proxy import problems_of
from tests.servers import PATIENCE


@pytest.fixture
def at_office(world: World) -> World:
    office(world)
    return world


def logged(world: World) -> list[Entry]:
    with world.context.database.read() as session:
        return audit.newest(session)


def admin(world: World) -> str:
    return f"slack:{TEAM}/{world.users['champion']}"


async def say_yes(world: World, body: dict[str, Any], label: str, who: str = "champion") -> Any:
    world.proxy.calls.clear()
    await world.click(who, button_of(body, label))
    return (await world.proxy.replies())[-1]


async def test_every_verb_that_looks_answers_as_agreed(at_office: World) -> None:
    use(at_office.context)
    for name, text in (
        ("help", "help"),
        ("help_mute", "help mute"),
        ("status", "status"),
        ("meters", "meters"),
        ("plans", "plans"),
        ("policy_key", "policy spacing_days"),
        ("quiet_hours", "quiet-hours"),
        ("why", f"why {ACCOUNT}"),
        ("holdout", "holdout"),
        ("report", "report"),
        ("doctor", "doctor"),
        ("link", f"link {ACCOUNT}"),
        ("keys", "keys"),
    ):
        body = await typed(at_office, text)
        as_agreed(name, kept(body), at_office.users)
    assert logged(at_office)[0].action == "slack.admin.add"


REFUSED = (
    ("mtue acme", "Did you mean /segue mute?"),
    ("usage", "is for people in a customer's workspace"),
    ("why nobody", "There is no account “nobody”."),
    (f"why {ACCOUNT} on 2020-01-01", f"Nothing was decided about “{ACCOUNT}” by then."),
    ("preview pace nobody", "There is no account “nobody”."),
    ("link nobody", "There is no account “nobody”."),
    ("mute nobody", "There is no account “nobody”."),
    (f"unmute {ACCOUNT}", "is not muted"),
    ("resume", "Nothing is paused."),
    ("keys revoke key_0", "There is no valid key “key_0”"),
    ("simulate 900d", "A replay covers 1 to 400 days."),
    ("policy spacing", "There is no key “spacing”."),
    ("policy ask.spacing_day", "Did you mean ask.spacing_days"),
    ("policy ask.spacing_days never", "'never' is no number"),
    ("policy ask.spacing_days 1", "That can't be:"),
    ("policy ask.spacing_days 30", "ask.spacing_days is 30 already"),
    ("policy mode loud", "That can't be:"),
    ("mute <!channel>", "There is no account “&lt;!channel&gt;”."),
)


async def test_what_can_not_be_is_said_with_its_reason(at_office: World) -> None:
    for text, said in REFUSED:
        told = (await typed(at_office, text))["text"]
        assert said in told, text
    assert [e.action for e in logged(at_office)] == ["slack.admin.add"]


async def test_who_has_not_the_role_learns_how_to_get_it_and_changes_nothing(
    at_office: World,
) -> None:
    for text in ("status", f"mute {ACCOUNT}", "pause because I can", "policy"):
        body = await typed(at_office, text, who="manager")
        assert f"segue slack admin add {at_office.users['manager']}" in body["text"]
        assert "Admins now: champion" in body["text"]
    waiting = await typed(at_office, "policy ask.spacing_days 45")
    refused = await say_yes(at_office, waiting, "Change it", who="manager")
    assert "admin role" in refused["text"]
    assert at_office.context.policy().version == 1
    assert "segue slack admin" not in (await typed(at_office, "help", who="manager"))["text"]


async def test_why_links_the_timeline_for_admins_alone(at_office: World) -> None:
    world = at_office
    use(world.context)
    told = await typed(world, f"why {ACCOUNT}")
    url = button_of(told, "See the last 90 days")["url"]
    page = timeline.page(world.context, url.rpartition("/")[2])
    assert page.status == 200
    assert "Harbor Logistics" in page.html
    assert "6,600 of 10,000" in page.html
    assert (await world.click("champion", {"action_id": "link.0"})).status_code == 200
    refused = await typed(world, f"why {ACCOUNT}", who="manager")
    assert "/timeline/" not in words_in(refused)
    world.clock.pass_by(hours=1)
    assert timeline.page(world.context, url.rpartition("/")[2]).status == 410


async def test_the_first_admin_is_named_on_the_command_line(at_office: World) -> None:
    chat_admins.remove(at_office.context, at_office.users["champion"], by="tests")
    body = await typed(at_office, "status")
    assert "makes you the first admin: segue slack admin add" in body["text"]


async def test_a_key_is_changed_after_before_and_after_were_shown(at_office: World) -> None:
    world = at_office
    waiting = await typed(world, "policy ask.spacing_days 45")
    as_agreed("policy_change", kept(waiting), world.users)
    assert world.context.policy().policy.ask.spacing_days == 30
    done = await say_yes(world, waiting, "Change it")
    as_agreed("policy_changed", kept(done), world.users)
    applied = world.context.policy()
    assert (applied.version, applied.policy.ask.spacing_days) == (2, 45)
    assert applied.text.startswith(CONFIG.rstrip("\n"))
    entry = logged(world)[0]
    assert (entry.action, entry.actor) == ("config.apply", admin(world))
    assert entry.before == {"version": 1}


async def test_a_change_proposed_for_another_version_is_not_carried_out(at_office: World) -> None:
    world = at_office
    waiting = await typed(world, "quiet-hours 19:00 08:30")
    configure.apply(world.context, CONFIG + "\n[policy]\nmode = 'shadow'\n", "somebody")
    refused = await say_yes(world, waiting, "Change it")
    assert "changed the policy in between" in refused["text"]
    assert world.context.policy().policy.quiet.hours == ("18:00", "09:00")
    again = await typed(world, "quiet-hours 19:00 08:30")
    await say_yes(world, again, "Change it")
    applied = world.context.policy()
    assert applied.policy.quiet.hours == ("19:00", "08:30")
    assert applied.policy.mode == "shadow"


async def test_what_is_odd_about_a_change_is_said_before_it_holds(at_office: World) -> None:
    left = await typed(at_office, "policy stage.rhythm_weeks 9")
    assert "Something to know:" in left["text"]
    at_office.proxy.calls.clear()
    await at_office.click("champion", button_of(left, "Leave it"))
    assert (await at_office.proxy.replies())[0]["text"] == "Left as it was."
    assert at_office.context.policy().version == 1


async def test_an_account_is_muted_at_once_and_unmuted_after_a_question(at_office: World) -> None:
    world = at_office

    def mutes() -> list[Any]:
        with world.context.database.read() as session:
            return list(feedback.mutes(session, ACCOUNT))

    muted = await typed(world, f"mute {ACCOUNT} for 30d because they are migrating")
    as_agreed("mute", kept(muted), world.users)
    assert [(m.kind, m.reason, m.whole_account) for m in mutes()] == [
        (FeedbackKind.MUTED, "they are migrating", True)
    ]
    entry = logged(world)[0]
    assert (entry.action, entry.account, entry.actor) == ("account.mute", ACCOUNT, admin(world))
    assert entry.after == {"muted": True, "until": "2026-12-18", "because": "they are migrating"}
    waiting = await typed(world, f"unmute {ACCOUNT}")
    assert "muted until" in words_in(waiting)
    assert len(mutes()) == 1
    await say_yes(world, waiting, "Unmute")
    assert mutes() == []
    assert logged(world)[0].action == "account.unmute"


async def test_a_muted_account_hears_no_suggestion_until_it_is_over(at_office: World) -> None:
    world = at_office
    await typed(world, f"mute {ACCOUNT} for 2w")
    use(world.context)
    told = await typed(world, f"why {ACCOUNT}")
    assert "switched suggestions off" in told["text"]


async def test_a_pause_holds_for_its_time_and_says_so_everywhere(at_office: World) -> None:
    world = at_office
    as_agreed("pause", kept(await typed(world, "pause for 4h because of <!here> it")), world.users)
    assert "paused already" in (await typed(world, "pause because again"))["text"]
    assert "Because: of &lt;!here&gt; it" in (await typed(world, "doctor"))["text"]
    assert "are paused" in (await typed(world, "status"))["text"]
    waiting = await typed(world, "resume because it is over")
    as_agreed("resume_ask", kept(waiting), world.users)
    assert pause.in_force(world.context)
    await say_yes(world, waiting, "Resume")
    assert pause.in_force(world.context) is None
    assert [e.action for e in logged(world)][:2] == ["asks.resume", "asks.pause"]
    await typed(world, "pause for 4h because of it")
    world.clock.pass_by(hours=4, seconds=1)
    assert pause.in_force(world.context) is None
    pause.tidy(world.context)
    assert (logged(world)[0].action, logged(world)[0].actor) == ("asks.resume", "segue")


async def test_a_key_is_listed_and_revoked_and_never_shown(at_office: World) -> None:
    world = at_office
    text = keys.create(world.context, "ingest")
    (key,) = keys.all_of(world.context)
    listed = await typed(world, "keys")
    assert key.id in listed["text"]
    assert text not in words_in(listed)
    waiting = await typed(world, f"keys revoke {key.id}")
    as_agreed("revoke_ask", kept(waiting), world.users)
    assert keys.caller(world.context, text)
    await say_yes(world, waiting, "Revoke")
    assert keys.caller(world.context, text) is None
    assert logged(world)[0].action == "key.revoke"


async def test_a_change_clicked_twice_or_forged_acts_once_or_not(at_office: World) -> None:
    world = at_office
    waiting = await typed(world, "policy ask.per_year 3")
    button = button_of(waiting, "Change it")
    world.clicks = 7
    await world.click("champion", button)
    world.clicks = 7
    await world.click("champion", button)
    await world.proxy.replies(2)
    assert world.context.policy().version == 2
    for value in ("", "[]", '{"line":1,"version":1}', '{"line":"status","version":1}'):
        world.proxy.calls.clear()
        await world.click("champion", {**button, "value": value})
        assert "earlier version" in (await world.proxy.replies())[0]["text"]


# Messages shown before anybody gets them


async def test_a_preview_shows_each_audience_the_exact_message(at_office: World) -> None:
    world = at_office
    use(world.context)
    await typed(world, f"preview pace {ACCOUNT}", count=4)
    bodies = [c.body for c in world.proxy.of("response")]
    assert len(bodies) == 4
    as_agreed("preview", [kept(b) for b in bodies], world.users)
    only = await typed(world, f"preview pace {ACCOUNT} as finance")
    assert "As finance gets it" in words_in(only)
    await typed(world, f"preview at_limit {ACCOUNT} as champion", count=2)
    notice = world.proxy.of("response")[0].body
    assert "Business" not in words_in(notice)
    assert world.proxy.of("chat.postMessage") == []


async def test_a_test_message_arrives_where_it_was_asked_for(at_office: World) -> None:
    world = at_office
    assert "direct message" in (await typed(world, "test"))["text"]
    sent = world.last("chat.postMessage")
    as_agreed("test", kept(sent), world.users)
    opened = world.proxy.of("conversations.open")[0].body
    assert opened["users"] == world.users["champion"]


# The form


async def form_of(world: World) -> dict[str, Any]:
    trigger = await world.trigger()
    world.proxy.calls.clear()
    await world.command("champion", "policy", trigger_id=trigger)
    await world.proxy.replies(1, "views.update")
    opened = world.proxy.of("views.open")[0].body["view"]
    assert "One moment" in words_in(opened)
    view: dict[str, Any] = world.proxy.of("views.update")[0].body["view"]
    return view


def filled(view: dict[str, Any], **changes: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for block in (b for b in view["blocks"] if b["type"] == "input"):
        element, path = block["element"], block["block_id"]
        new = changes.get(path.replace(".", "_"))
        if element["type"] == "static_select":
            chosen = {"value": new or element["initial_option"]["value"]}
            values[path] = {path: {"type": "static_select", "selected_option": chosen}}
        else:
            values[path] = {path: {"value": new or element["initial_value"]}}
    return values


async def test_the_form_opens_at_once_and_changes_what_was_agreed_to(at_office: World) -> None:
    world = at_office
    view = await form_of(world)
    as_agreed("policy_form", kept(view), world.users)
    same = (await world.submit("champion", view, filled(view))).json()
    assert "Nothing was changed." in words_in(same)
    wrong = (await world.submit("champion", view, filled(view, ask_spacing_days="1"))).json()
    assert list(wrong["errors"]) == ["ask.spacing_days"]
    wanted = filled(view, ask_spacing_days="45", mode="shadow", quiet_hours="19:00 08:00")
    sure = (await world.submit("champion", view, wanted)).json()["view"]
    as_agreed("policy_sure", kept(sure), world.users)
    assert problems_of("views.open", {"view": sure}) == []
    assert world.context.policy().version == 1
    refused = (await world.submit("manager", sure, {}, trigger_id="t")).json()
    assert "admin role" in words_in(refused)
    for _ in range(2):
        await world.submit("champion", sure, {}, trigger_id="same")
    applied = world.context.policy()
    assert applied.version == 2
    assert applied.policy.mode == "shadow"
    assert applied.policy.quiet.hours == ("19:00", "08:00")
    assert logged(world)[0].actor == admin(world)


# The replay


async def test_a_replay_tells_how_far_it_is_and_ends_with_a_chart(at_office: World) -> None:
    world = at_office
    use(world.context)
    assert "has started" in (await typed(world, "simulate 60d"))["text"]
    await world.proxy.replies(1, "chat.postMessage")
    assert "Nothing is sent" in words_in(world.last("chat.postMessage"))
    assert "under way already" in (await typed(world, "simulate 30d"))["text"]
    end, body = time.monotonic() + PATIENCE, dict[str, Any]()
    while "What version 1" not in words_in(body):
        assert time.monotonic() < end, body
        await asyncio.sleep(0.1)
        body = (await world.proxy.replies(1, "chat.update") or [{}])[-1]
    as_agreed("simulate", kept(body), world.users)
    image = next(b for b in body["blocks"] if b["type"] == "image")
    from service import replayed

    name = image["image_url"].rpartition("/")[2]
    assert replayed.chart(world.context, name).startswith(b"\x89PNG")
    with pytest.raises(Exception, match="no such chart"):
        replayed.chart(world.context, name.replace(".", ".x", 1))


# The home


async def home_of(world: World, id: str, who: str = "champion") -> dict[str, Any]:
    world.proxy.calls.clear()
    await world.event("app_home_opened", id=id, user=world.users[who], tab="home")
    (body,) = await world.proxy.replies(1, "views.publish")
    view: dict[str, Any] = body["view"]
    return view


async def test_the_home_of_an_admin_tells_the_week(at_office: World) -> None:
    world = at_office
    use(world.context)
    as_agreed("home_admin", kept(await home_of(world, "E1")), world.users)
    stranger = await home_of(world, "E2", who="manager")
    assert "admin role" in words_in(stranger)
    world.clock.pass_by(days=20)
    assert "Nothing was said in seven days." in words_in(await home_of(world, "E3"))


async def test_an_event_delivered_twice_shows_the_home_once(at_office: World) -> None:
    await home_of(at_office, "E9")
    await at_office.event("app_home_opened", id="E9", user=at_office.users["champion"], tab="home")
    await at_office.event(
        "app_home_opened", id="E10", user=at_office.users["champion"], tab="messages"
    )
    assert len(at_office.proxy.of("views.publish")) == 1


def test_json_is_what_a_button_carries() -> None:
    from bot.waiting import Waiting, waiting

    carried = Waiting(line='mute "a" because <b>', version=3)
    assert waiting(carried.value()) == carried
    assert json.loads(carried.value())["version"] == 3


def test_no_golden_is_left_over() -> None:
    from tests.bot.desk import GOLDEN

    known = {"help", "help_mute", "status", "meters", "plans", "policy_key", "quiet_hours", "why",
             "holdout", "report", "doctor", "link", "keys", "policy_change", "policy_changed",
             "mute", "pause", "resume_ask", "revoke_ask", "preview", "test", "policy_form",
             "policy_sure", "simulate", "home_admin"}  # fmt: skip
    mine = {
        p.stem for p in GOLDEN.glob("*.json") if not p.stem.startswith(("customer_", "webhooks"))
    }
    assert mine == known


def test_admins_are_added_and_removed_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_DATABASE_URL", f"sqlite:///{tmp_path}/segue.db")
    monkeypatch.setenv("SEGUE_SLACK_ADMINS", "U0NAMED, U0OTHER")

    def run(*args: str) -> str:
        return CliRunner().invoke(app, ["slack", "admin", *args]).output

    assert run("add", "U0ADDED") == "U0ADDED is an admin.\n"
    assert "added" in run("list").splitlines()[-1]
    assert run("list").startswith("U0NAMED  named in SEGUE_SLACK_ADMINS\nU0OTHER")
    assert run("remove", "U0ADDED") == "U0ADDED is an admin no more.\n"
    assert "U0ADDED" not in run("list")
    refused = CliRunner().invoke(app, ["slack", "admin", "add", "mara"])
    assert isinstance(refused.exception, Invalid)

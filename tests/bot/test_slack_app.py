"""Slack's way in, over real HTTP: signatures, clicks, modals and commands, each acting once."""

import json
from typing import Any

import pytest

from engine.alert import FeedbackKind
from service import people
from store import alerts, feedback, forwards, installs
from tests.bot.conftest import ACCOUNT, ALERT, TEAM, World, workspace
from tests.fakes.slack_proxy import Fault


def answers(world: World) -> list[FeedbackKind]:
    with world.context.database.read() as session:
        return [f.kind for f in feedback.of_alert(session, ACCOUNT, ALERT)]


def passed_on(world: World) -> list[forwards.StoredForward]:
    with world.context.database.read() as session:
        return list(forwards.of_alert(session, ACCOUNT, ALERT))


def stands(world: World) -> str | None:
    with world.context.database.read() as session:
        found = alerts.get(session, ACCOUNT, ALERT)
    assert found
    return found.closed_as


def choice(world: World, who: str, role: str = "manager", note: str = "") -> dict[str, Any]:
    return {
        "person": {"person": {"type": "users_select", "selected_user": world.users[who]}},
        "role": {"role": {"type": "radio_buttons", "selected_option": {"value": role}}},
        "text": {"text": {"type": "plain_text_input", "value": note or None}},
    }


# Signatures


async def test_a_wrong_signature_is_refused_and_changes_nothing(world: World) -> None:
    answer = await world.post({"command": "/segue", "text": "usage"}, secret="someone else's")
    assert answer.status_code == 401
    assert world.proxy.calls == []


async def test_a_request_recorded_ten_minutes_ago_is_refused(world: World) -> None:
    answer = await world.post({"command": "/segue", "text": "usage"}, age=600)
    assert answer.status_code == 401


async def test_what_is_not_slack_s_is_refused_before_anything_reads_it(world: World) -> None:
    assert (await world.raw("{not json", kind="application/json")).status_code in (400, 401)
    assert (await world.raw("x" * 1_100_000)).status_code == 413
    assert (await world.client.get("/slack/events")).status_code == 404


async def test_slack_s_check_of_the_address_is_answered(world: World) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"})
    answer = await world.raw(body, kind="application/json")
    assert answer.status_code == 200
    assert "abc" in answer.text


# Answers of the champion


@pytest.mark.parametrize(
    ("label", "kind", "closed", "said"),
    [
        ("Useful", FeedbackKind.USEFUL, None, "Thank you, noted."),
        ("Not now", FeedbackKind.SNOOZED, "snoozed", "Noted. This won't come back before"),
        ("Don't suggest this again", FeedbackKind.MUTED, "muted", "Noted. We won't suggest this"),
    ],
)
async def test_an_answer_is_kept_told_and_shown_on_the_card(
    world: World, label: str, kind: FeedbackKind, closed: str | None, said: str
) -> None:
    await world.push()
    clicked = await world.click("champion", world.button("chat.postMessage", label))
    assert clicked.status_code == 200
    (reply,) = await world.proxy.replies()
    assert reply["response_type"] == "ephemeral"
    assert reply["text"].startswith(said)
    assert answers(world) == [kind]
    assert stands(world) == closed
    await world.drain()
    card = json.dumps(world.last("chat.update")["blocks"], ensure_ascii=False)
    assert said in card


async def test_an_answer_can_be_taken_back_for_ten_seconds(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Not now"))
    await world.proxy.replies()
    undo = world.button("response", "Undo")
    world.clock.pass_by(seconds=5)
    await world.click("champion", undo)
    assert (await world.proxy.replies(2))[1]["text"] == "Taken back."
    assert answers(world) == []
    assert stands(world) is None


async def test_after_ten_seconds_it_says_that_it_is_too_late(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Not now"))
    await world.proxy.replies()
    undo = world.button("response", "Undo")
    world.clock.pass_by(seconds=11)
    await world.click("champion", undo)
    assert "too late" in (await world.proxy.replies(2))[1]["text"]
    assert answers(world) == [FeedbackKind.SNOOZED]


async def test_the_same_click_delivered_three_times_acts_once(world: World) -> None:
    await world.push()
    button = world.button("chat.postMessage", "Useful")
    for _ in range(3):
        world.clicks = 0
        assert (await world.click("champion", button)).status_code == 200
    await world.proxy.replies()
    await world.drain()
    assert answers(world) == [FeedbackKind.USEFUL]
    assert len(world.proxy.of("response")) == 1


async def test_a_click_by_somebody_of_another_account_does_nothing(world: World) -> None:
    await world.push()
    button = world.button("chat.postMessage", "Not now")
    foreign = {**button, "value": button["value"].replace(ACCOUNT, "acc_other")}
    await world.click("champion", foreign)
    assert (await world.proxy.replies())[0]["text"] == "This belongs to another account."
    assert answers(world) == []


async def test_who_is_not_known_is_told_what_helps(world: World) -> None:
    await world.push()
    await world.click("stranger", world.button("chat.postMessage", "Useful"))
    reply = (await world.proxy.replies())[0]["text"]
    assert "can't tell which account you belong to" in reply
    assert answers(world) == []


@pytest.mark.parametrize("value", ["", "{}", "[]", '{"account":1}', '{"sql":"x"}', "not json"])
async def test_a_button_that_is_not_ours_is_answered_helpfully(world: World, value: str) -> None:
    await world.click("champion", {"action_id": "useful", "value": value})
    assert "earlier version" in (await world.proxy.replies())[0]["text"]


async def test_a_link_button_is_acknowledged(world: World) -> None:
    answer = await world.click("champion", {"action_id": "link.1"})
    assert answer.status_code == 200


# Forwarding


async def test_one_click_sends_it_after_ten_seconds(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to Marta Silva"))
    await world.eventually(lambda: passed_on(world))
    await world.drain()
    sending = json.dumps(world.last("chat.update")["blocks"])
    assert "Sending to Marta Silva" in sending
    assert len(world.proxy.of("chat.postMessage")) == 1
    world.clock.pass_by(seconds=10)
    await world.drain()
    got = world.last("chat.postMessage")
    assert "Mara Lindt asked us to send you this." in json.dumps(got["blocks"])
    assert "Sent to Marta Silva, 16:30" in json.dumps(world.last("chat.update")["blocks"])
    history = world.proxy.of("conversations.open")
    assert [c.body["users"] for c in history] == [world.users["champion"], world.users["manager"]]


async def test_undo_within_ten_seconds_sends_nothing(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to Finn Okafor"))
    await world.eventually(lambda: passed_on(world))
    await world.drain()
    await world.click("champion", world.button("chat.update", "Undo"))
    await world.eventually(lambda: passed_on(world)[0].state == "undone")
    world.clock.pass_by(seconds=30)
    await world.drain()
    assert len(world.proxy.of("chat.postMessage")) == 1
    assert "Not sent to Finn Okafor" in json.dumps(world.last("chat.update")["blocks"])
    assert world.button("chat.update", "Send to Finn Okafor")


async def test_undo_after_it_has_gone_says_so(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to Finn Okafor"))
    await world.eventually(lambda: passed_on(world))
    await world.drain()
    undo = world.button("chat.update", "Undo")
    world.clock.pass_by(seconds=11)
    await world.drain()
    await world.click("champion", undo)
    assert "too late" in (await world.proxy.replies())[0]["text"]
    assert passed_on(world)[0].state == "sent"


async def test_somebody_new_is_chosen_in_a_modal_and_remembered(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    sent = await world.submit("champion", view, choice(world, "newcomer", "finance", "As agreed."))
    assert sent.json() == {"response_action": "clear"}
    world.clock.pass_by(seconds=10)
    await world.drain()
    blocks = json.dumps(world.last("chat.postMessage")["blocks"], ensure_ascii=False)
    assert "“As agreed.”" in blocks
    assert world.proxy.of("conversations.open")[-1].body["users"] == world.users["newcomer"]
    known = people.by_address(
        world.context, channel="slack", team=TEAM, user=world.users["newcomer"]
    )
    assert known
    assert "newcomer" in json.dumps(world.last("chat.update")["blocks"])


@pytest.mark.parametrize(
    ("who", "note", "where", "said"),
    [
        ("champion", "", "person", "Choose somebody else: this is you."),
        ("manager", "see https://evil.test", "text", "A note is plain text without links"),
    ],
)
async def test_a_modal_says_what_is_wrong_beside_its_field(
    world: World, who: str, note: str, where: str, said: str
) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    answer = (await world.submit("champion", view, choice(world, who, note=note))).json()
    assert answer["response_action"] == "errors"
    assert answer["errors"][where].startswith(said)
    assert passed_on(world) == []


async def test_a_note_that_did_not_go_along_is_told_beside_its_field(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    await world.submit("champion", view, choice(world, "manager", note="First."))
    late = await world.submit("champion", view, choice(world, "manager", note="Another."))
    assert "your note was not added" in late.json()["errors"]["text"]
    assert len(passed_on(world)) == 1


async def test_a_user_slack_does_not_know_can_not_be_chosen(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    values = choice(world, "manager")
    values["person"]["person"]["selected_user"] = "UNOBODY"
    answer = (await world.submit("champion", view, values)).json()
    assert answer["errors"] == {"person": "Choose a member of this workspace."}


async def test_a_modal_delivered_twice_forwards_once(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    for _ in range(2):
        sent = await world.submit("champion", view, choice(world, "newcomer"), trigger_id="same")
        assert sent.status_code == 200
    assert len(passed_on(world)) == 1


# What manager and finance answer


async def to_finance(world: World) -> dict[str, Any]:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to Finn Okafor"))
    await world.eventually(lambda: passed_on(world))
    world.clock.pass_by(seconds=10)
    await world.drain()
    return world.last("chat.postMessage")


async def test_a_question_reaches_the_champion_in_the_thread(world: World) -> None:
    await to_finance(world)
    await world.click("finance", world.button("chat.postMessage", "Ask a question"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    values = {"text": {"text": {"type": "plain_text_input", "value": "Is <!here> yearly cheaper?"}}}
    answer = (await world.submit("finance", view, values)).json()
    assert answer["response_action"] == "update"
    await world.drain()
    told = world.last("chat.postMessage")
    summary = world.proxy.of("chat.postMessage")[0].answer
    assert told["thread_ts"] == summary["ts"]
    assert told["channel"] == summary["channel"]
    assert "Is &lt;!here&gt; yearly cheaper?" in json.dumps(told["blocks"])


async def test_a_question_delivered_twice_is_asked_once(world: World) -> None:
    await to_finance(world)
    await world.click("finance", world.button("chat.postMessage", "Ask a question"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    values = {"text": {"text": {"type": "plain_text_input", "value": "Is it yearly?"}}}
    for _ in range(2):
        await world.submit("finance", view, values, trigger_id="same")
    before = len(world.proxy.of("chat.postMessage"))
    await world.drain()
    assert len(world.proxy.of("chat.postMessage")) == before + 1


async def test_not_now_from_finance_closes_it_for_the_champion_too(world: World) -> None:
    message = await to_finance(world)
    await world.click("finance", world.button("chat.postMessage", "Not now"), message)
    await world.eventually(lambda: stands(world) == "declined")
    await world.proxy.replies(3, "chat.update")
    theirs = world.proxy.of("chat.update")[-1].body
    assert theirs["ts"] == message["ts"]
    labels = [e["text"]["text"] for b in theirs["blocks"] if b["type"] == "actions"
              for e in b["elements"]]  # fmt: skip
    assert labels == ["Open the case", "Approve?"]


async def test_only_the_recipient_answers_a_case(world: World) -> None:
    message = await to_finance(world)
    await world.click("manager", world.button("chat.postMessage", "Not now"), message)
    assert (await world.proxy.replies())[0]["text"] == "This isn't there any more."
    assert stands(world) is None


# Commands


async def test_usage_and_why_are_told_to_who_asks_only(world: World) -> None:
    for verb, said in (("usage", "reports"), ("why", "")):
        world.proxy.calls.clear()
        assert (await world.command("champion", verb)).status_code == 200
        (reply,) = await world.proxy.replies()
        assert reply["response_type"] == "ephemeral"
        assert said in reply["text"]
        assert reply["text"]


async def test_approvers_are_named_with_their_role(world: World) -> None:
    await world.command("champion", "approvers")
    text = (await world.proxy.replies())[0]["text"]
    assert text.endswith("Marta Silva (manager)\nFinn Okafor (finance)")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "/segue usage: how much of each meter is used"),
        ("help why", "Why you see a suggestion"),
        ("HELP", "/segue help"),
        ("useage", "Did you mean /segue usage?"),
        ("<!channel> <@U1>", "There is no “&lt;!channel&gt;” here."),
        ("usage now please", "“now please” isn't needed here."),
        ('"unclosed', "There is no"),
    ],
)
async def test_every_text_gets_a_helpful_answer(world: World, typed: str, said: str) -> None:
    await world.command("champion", typed)
    assert said in (await world.proxy.replies())[0]["text"]


async def test_a_stranger_s_command_says_how_to_be_known(world: World) -> None:
    await world.command("stranger", "usage")
    assert "which account you belong to" in (await world.proxy.replies())[0]["text"]


async def test_a_workspace_without_an_account_is_told_so(world: World) -> None:
    await world.command("champion", "usage", team_id="TOTHER")
    assert "isn't linked to an account yet" in (await world.proxy.replies())[0]["text"]


async def test_the_vendor_s_own_workspace_is_told_apart(world: World) -> None:
    with world.context.database.write() as session:
        installs.save(session, workspace(world.context, team="THOME", account=None))
    await world.command("champion", "usage", team_id="THOME")
    assert "in a customer's workspace" in (await world.proxy.replies())[0]["text"]


UNTRUSTED: list[dict[str, Any]] = [
    {"is_email_confirmed": False},
    {"is_bot": True},
    {"deleted": True},
    {"is_stranger": True},
    {"team_id": "TELSEWHERE"},
]


@pytest.mark.parametrize("user", UNTRUSTED)
async def test_an_address_slack_does_not_vouch_for_opens_nothing(
    world: World, user: dict[str, Any]
) -> None:
    world.proxy.faults.append(Fault("users.info", user=user))
    await world.command("champion", "approvers")
    assert "which account you belong to" in (await world.proxy.replies())[0]["text"]
    await world.command("champion", "approvers")
    assert "Marta Silva" in (await world.proxy.replies(2))[1]["text"]


@pytest.mark.parametrize("user", UNTRUSTED[1:])
async def test_who_is_not_a_colleague_can_not_be_chosen(world: World, user: dict[str, Any]) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    await world.proxy.replies(1, "views.open")
    view = world.proxy.of("views.open")[0].body["view"]
    world.proxy.faults.append(Fault("users.info", user=user))
    answer = (await world.submit("champion", view, choice(world, "newcomer"))).json()
    assert answer["errors"] == {"person": "Choose a member of this workspace."}
    assert passed_on(world) == []


async def test_what_nobody_expected_is_said_and_can_be_tried_again(world: World) -> None:
    await world.push()
    button = world.button("chat.postMessage", "Send to somebody")
    world.proxy.faults.append(Fault("views.open", error="expired_trigger_id"))
    assert (await world.click("champion", button)).status_code == 200
    assert "try again" in (await world.proxy.replies())[0]["text"]
    await world.click("champion", button)
    assert await world.proxy.replies(2, "views.open")


# Removal


@pytest.mark.parametrize(
    ("name", "more", "gone"),
    [
        ("app_uninstalled", {}, True),
        ("tokens_revoked", {"tokens": {"bot": ["U1"]}}, True),
        ("tokens_revoked", {"tokens": {"oauth": ["U1"]}}, False),
    ],
)
async def test_where_the_app_is_removed_its_token_is_forgotten(
    world: World, name: str, more: dict[str, Any], gone: bool
) -> None:
    for _ in range(2):
        assert (await world.event(name, **more)).status_code == 200

    def removed() -> bool:
        with world.context.database.read() as session:
            return installs.by_team(session, TEAM) is None

    if gone:
        await world.eventually(removed)
    assert removed() is gone

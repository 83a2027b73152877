"""Forwarding by a form or a shortcut, the exact message in sight; and links that are posted."""

import asyncio
import json
from typing import Any

import pytest

from store import alerts, forwards
from tests.bot.conftest import ACCOUNT, ALERT, TEAM, World
from tests.bot.test_slack_app import choice

POST = "chat.postMessage"


async def shortcut(world: World, name: str, **more: Any) -> dict[str, Any]:
    """Choose a shortcut; gives the view that opens."""
    before = len(world.proxy.of("views.open"))
    payload = {
        "type": "message_action" if "message" in more else "shortcut",
        "callback_id": name,
        "team": {"id": TEAM},
        "user": {"id": world.users["champion"], "team_id": TEAM},
        "action_ts": f"1700000000.{before:06}",
        "trigger_id": await world.trigger(),
        **more,
    }
    for _ in range(2):  # Slack may say it twice.
        assert (await world.post({"payload": json.dumps(payload)})).status_code == 200
    await world.proxy.replies(before + 1, "views.open")
    assert len(world.proxy.of("views.open")) == before + 1
    view: dict[str, Any] = world.proxy.of("views.open")[-1].body["view"]
    return view


async def test_the_form_shows_exactly_what_will_arrive(world: World) -> None:
    view = await shortcut(world, "forward_usage")
    answer = await world.submit("champion", view, choice(world, "newcomer"))
    assert answer.json() == {"response_action": "clear"}
    world.clock.pass_by(seconds=10)
    await world.drain()
    sent = {b["block_id"]: b for b in world.last(POST)["blocks"]}
    seen = {b["block_id"].removeprefix("preview."): b for b in view["blocks"]}
    for name in ("lead", "title", "body", "facts", "source"):
        assert seen[name] == {**sent[name], "block_id": f"preview.{name}"}


async def test_another_role_shows_another_message(world: World) -> None:
    view = await shortcut(world, "forward_usage")
    opened = world.proxy.of("views.open")[-1]
    while "view" not in opened.answer:  # The click was acknowledged before Slack had answered.
        await asyncio.sleep(0.02)
    made = {**view, "id": opened.answer["view"]["id"]}
    action = {
        "type": "radio_buttons",
        "action_id": "role",
        "block_id": "role",
        "action_ts": "1700000000.000009",
        "selected_option": {"value": "finance"},
    }
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": world.users["champion"]},
        "view": made,
        "actions": [action],
    }
    await world.post({"payload": json.dumps(payload)})
    await world.proxy.replies(1, "views.update")
    after = world.proxy.of("views.update")[0].body["view"]
    assert "What finance gets" in json.dumps(after)
    assert "What a manager gets" in json.dumps(view)
    body = [[b for b in v["blocks"] if b["block_id"] == "preview.body"] for v in (view, after)]
    assert body[0] != body[1]


async def test_a_message_s_own_shortcut_is_about_that_message(world: World) -> None:
    await world.push()
    view = await shortcut(world, "forward_message", message=world.last(POST))
    assert json.loads(view["private_metadata"]) == {"account": ACCOUNT, "alert": ALERT}
    with world.context.database.write() as session:
        alerts.close(session, ACCOUNT, ALERT, at=world.clock.at, closed_as="muted")
    view = await shortcut(world, "forward_message", message={"text": "of somebody else"})
    assert "no open summary" in json.dumps(view)


@pytest.mark.parametrize("withdrawn", [False, True])
async def test_a_posted_link_shows_what_it_is_and_no_number(world: World, withdrawn: bool) -> None:
    await world.push()
    await world.click("champion", world.button(POST, "Send to Marta Silva"))
    world.clock.pass_by(seconds=11)

    def waits() -> bool:
        with world.context.database.read() as session:
            return bool(forwards.of_alert(session, ACCOUNT, ALERT))

    await world.eventually(waits)
    world.clock.pass_by(seconds=11)
    await world.drain()
    url = world.button(POST, "Open the case")["url"]
    if withdrawn:
        with world.context.database.write() as session:
            (stored,) = forwards.of_alert(session, ACCOUNT, ALERT)
            forwards.revoke(session, ACCOUNT, stored.case, world.clock.at)
    foreign = {"url": "https://elsewhere.test/case/x"}
    shared = {"channel": "C1", "message_ts": "1.2", "links": [{"url": url}, foreign]}
    for _ in range(2):
        await world.event("link_shared", **shared)
    await world.proxy.replies(1, "chat.unfurl")
    (call,) = world.proxy.of("chat.unfurl")
    assert list(call.body["unfurls"]) == [url]
    told = json.dumps(call.body["unfurls"][url])
    assert ("withdrawn" in told) is withdrawn
    assert "A business case from" in told
    assert not any(figure in told for figure in ("8,420", "10,000", "490", "890"))
    await world.event("link_shared", "Ev9", {"team_id": "TOTHER"}, **shared)
    assert len(world.proxy.of("chat.unfurl")) == 1

"""Looking at messages before anybody gets them: exactly what would arrive, and nothing happens."""

import asyncio
import json
from typing import Any

import pytest

from engine.errors import Gone, NotFound
from service import preview
from store import alerts, feedback, forwards, outbox
from tests.bot.conftest import ACCOUNT, ALERT, World
from tests.bot.desk import as_agreed, kept, office, typed, use, words_in
from tests.bot.test_slack_app import passed_on
from tests.fakes.slack_proxy import Fault

POST = "chat.postMessage"


async def looked_at(world: World) -> dict[str, Any]:
    """What the summary's "Preview" opens."""
    await world.push()
    await world.click("champion", world.button(POST, "Preview"))
    view: dict[str, Any] = (await world.proxy.replies(1, "views.open"))[-1]["view"]
    return view


def buttons_of(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    return found + [b["accessory"] for b in blocks if "accessory" in b]


def kept_rows(world: World) -> list[Any]:
    """Everything that a press on a button could have changed."""
    with world.context.database.read() as session:
        return [
            feedback.of_alert(session, ACCOUNT, ALERT),
            forwards.of_alert(session, ACCOUNT, ALERT),
            outbox.of_alert(session, ACCOUNT, ALERT),
            alerts.of_account(session, ACCOUNT),
        ]


async def test_the_buttons_of_a_summary_are_in_their_order(world: World) -> None:
    await world.push()
    assert [b["text"]["text"] for b in buttons_of(world.last(POST)["blocks"])] == [
        "Send to Marta Silva", "Send to Finn Okafor", "Send to somebody", "Preview",
        "Useful", "Not now", "Don't suggest this again",
    ]  # fmt: skip


async def test_preview_shows_what_each_approver_would_get_and_sends_nothing(world: World) -> None:
    view = await looked_at(world)
    as_agreed("customer_looked_at", kept(view), world.users)
    assert "submit" not in view
    assert passed_on(world) == []
    seen = [
        [b for b in view["blocks"] if b.get("block_id", "").startswith(f"preview.{n}.")]
        for n in range(2)
    ]
    for n, name in enumerate(("Marta Silva", "Finn Okafor")):
        await send_to(world, name)
        sent = world.last(POST)["blocks"]
        assert [_bare(b) for b in seen[n]] == [_bare(b) for b in sent], name


async def send_to(world: World, name: str) -> None:
    """Let the story really go to somebody."""
    people = {"Marta Silva": "marta", "Finn Okafor": "finn"}
    value = json.dumps({"account": ACCOUNT, "alert": ALERT, "to": people[name]})
    await world.click("champion", {"action_id": "send.0", "value": value})
    await world.eventually(lambda: people[name] in [f.to for f in passed_on(world)])
    world.clock.pass_by(seconds=11)
    await world.drain()


def _bare(block: dict[str, Any]) -> dict[str, Any]:
    """A block as people see it: without the names of its parts and where its links lead."""
    shown = {k: v for k, v in block.items() if k not in ("block_id", "image_url", "elements")}
    elements = [e["text"] for e in block.get("elements", ())]
    return {**shown, "elements": elements}


async def test_where_nobody_is_known_both_messages_are_shown(world: World) -> None:
    with world.context.database.write() as session:
        for id in ("marta", "finn"):
            row = session.get(_person(), (ACCOUNT, id))
            assert row
            session.delete(row)
    shown = words_in(await looked_at(world))
    assert "What a manager gets" in shown
    assert "What finance gets" in shown


def _person() -> Any:
    from store.tables import Person

    return Person


async def test_a_preview_that_comes_too_late_says_to_try_again(world: World) -> None:
    await world.push()
    world.proxy.faults.append(Fault("views.open", error="expired_trigger_id"))
    await world.click("champion", world.button(POST, "Preview"))
    assert "try again" in (await world.proxy.replies())[0]["text"]


async def test_what_is_settled_is_not_shown(world: World) -> None:
    await world.push()
    button = world.button(POST, "Preview")
    with world.context.database.write() as session:
        alerts.close(session, ACCOUNT, ALERT, at=world.clock.at, closed_as="plan_changed")
    await world.click("champion", button)
    assert (await world.proxy.replies())[0]["text"] == "This is settled."
    assert world.proxy.of("views.open") == []


async def pressed(world: World, view: dict[str, Any] | None, button: dict[str, Any]) -> None:
    """Press a button of a message or a modal."""
    around = {"view": {**view, "id": "V1"}, "message": None, "channel": None} if view else {}
    answer = await world.click("champion", button, **around)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_no_button_that_is_only_shown_does_anything(world: World) -> None:
    view = await looked_at(world)
    await world.drain()
    before, calls = kept_rows(world), len(world.proxy.calls)
    shown = buttons_of(view["blocks"])
    assert [b["text"]["text"] for b in shown] == 2 * [
        "Open the case", "Approve?", "Ask a question", "Not now", "Stop these messages",
    ]  # fmt: skip
    for button in shown:
        assert set(button) == {"type", "action_id", "text"}
        await pressed(world, view, button)
    await world.drain()
    await asyncio.sleep(0.1)
    assert kept_rows(world) == before
    assert len(world.proxy.calls) == calls


@pytest.mark.parametrize("text", [f"preview pace {ACCOUNT}", "test"])
async def test_no_button_of_an_admin_s_preview_does_anything(world: World, text: str) -> None:
    office(world)
    use(world.context)
    await typed(world, text, count=1 if text == "test" else 4)
    found = [c for c in world.proxy.calls if c.method in ("response", POST)]
    buttons = [b for c in found for b in buttons_of(c.body.get("blocks", []))]
    assert "Not now" in [b["text"]["text"] for b in buttons]
    before, calls = kept_rows(world), len(world.proxy.calls)
    for button in buttons:
        assert set(button) == {"type", "action_id", "text"}
        await pressed(world, None, button)
    await asyncio.sleep(0.1)
    assert kept_rows(world) == before
    assert len(world.proxy.calls) == calls


async def test_a_preview_has_the_chart_behind_an_address_that_ends(world: World) -> None:
    office(world)
    use(world.context)
    only = await typed(world, f"preview pace {ACCOUNT} as champion")
    image = next(b for b in only["blocks"] if b["type"] == "image")
    assert image["alt_text"].startswith("6,600 of 10,000 reports")
    assert ACCOUNT not in image["image_url"]
    token = image["image_url"].rpartition("/")[2].removesuffix(".png")
    assert preview.chart_png(world.context, token).startswith(b"\x89PNG")
    world.clock.pass_by(days=1)
    with pytest.raises(Gone):
        preview.chart_png(world.context, token)
    with pytest.raises(NotFound):
        preview.chart_png(world.context, world.context.secrets.encrypt('["", 0]'))

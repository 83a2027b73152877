"""Never twice, never lost: what died half-way another does, what arrived is not sent again."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from bot.slack.app import create
from bot.slack.doctor import troubles
from bot.slack.send import SlackChannel
from engine.alert import AlertClass
from engine.usage import AtLimit
from service.channel import DeliveryKind, Hold, Retry, Sent
from service.context import Context
from store import forwards, inbound, outbox, people
from tests.bot.conftest import ACCOUNT, ALERT, SECRET, TEAM, World, served
from tests.bot.deliveries import NOW, card, notice, summary
from tests.fakes.slack_proxy import Fault, SlackProxy
from tests.servers import free_port
from tests.templates.stories import sample_meter, sample_story

POST = "chat.postMessage"


@pytest.fixture
def channel(context: Context, proxy: SlackProxy) -> SlackChannel:
    return SlackChannel(context, api_url=proxy.api_url, timeout=20)


def passed_on(world: World) -> list[forwards.StoredForward]:
    with world.context.database.read() as session:
        return list(forwards.of_alert(session, ACCOUNT, ALERT))


# What comes in


async def test_what_a_dead_process_had_taken_is_done_by_another(world: World) -> None:
    """The row is there and nothing else, as kill -9 leaves it between the answer and the work."""
    await world.push()
    button = world.button(POST, "Send to Marta Silva")
    world.proxy.faults.append(Fault("users.info", delay=0.2, error="late"))
    action = {**button, "type": "button", "block_id": "b", "action_ts": "1700000000.000001"}
    body = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": world.users["champion"]},
        "actions": [action],
        "response_url": world.proxy.response_url,
    }
    name = ":".join((TEAM, world.users["champion"], action["action_ts"]))
    sealed = world.context.secrets.encrypt(json.dumps(body))
    with world.context.database.write() as session:
        taken = {"source": "slack click", "id": name, "body": sealed, "now": world.clock.at}
        assert inbound.take(session, **taken)
    other = create(world.context, signing_secret=SECRET, api_url=world.proxy.api_url)
    assert await other.catch_up() == 0
    world.clock.pass_by(seconds=61)
    assert "1 clicks or events" in "\n".join(troubles(world.context))
    assert await other.catch_up() == 1
    await world.eventually(lambda: passed_on(world))
    await world.eventually(lambda: "clicks or events" not in "\n".join(troubles(world.context)))
    world.clock.pass_by(seconds=61)
    assert await other.catch_up() == 0
    assert len(passed_on(world)) == 1


async def test_what_takes_longer_than_a_minute_stays_with_who_does_it(world: World) -> None:
    """No other node takes up a command whose answer Slack is slow to make possible."""
    mara = world.users["champion"]
    found = await world.slack("users.info", user=mara)
    world.proxy.faults.append(Fault("users.info", delay=1.5, answer=found))
    slow = create(world.context, signing_secret=SECRET, api_url=world.proxy.api_url, renewed=0.1)
    async with served(slow, free_port()) as address, AsyncClient(base_url=address) as client:
        here = replace(world, client=client)
        assert (await here.command("champion", "approvers")).status_code == 200
        await world.eventually(lambda: world.proxy.of("users.info"))
        for _ in range(3):
            world.clock.pass_by(seconds=50)
            await asyncio.sleep(0.3)
            assert await world.app.catch_up() == 0
        assert world.proxy.of("response") == []
        (reply,) = await world.proxy.replies()
        assert "Marta Silva" in reply["text"]
        await asyncio.sleep(0.3)
    world.clock.pass_by(seconds=61)
    assert await world.app.catch_up() == 0
    assert len(world.proxy.of("response")) == 1


async def test_what_passes_is_tried_again_without_a_word(world: World) -> None:
    """Slack is busy when it is asked who typed this: the answer comes when it is not."""
    world.proxy.faults.append(Fault("users.info", 429, "ratelimited", {"Retry-After": "1"}))
    await world.click("champion", {"action_id": "useful", "value": f'{{"account":"{ACCOUNT}"}}'})
    await world.eventually(lambda: not world.proxy.faults)

    def later() -> bool:
        with world.context.database.read() as session:
            soon = world.clock.at + timedelta(seconds=1)
            return bool(inbound.waiting(session, soon, chat="slack"))

    await world.eventually(later)
    assert world.proxy.of("response") == []
    world.clock.pass_by(seconds=61)
    assert await world.app.catch_up() == 1
    assert len(await world.proxy.replies()) == 1


# What goes out


UNSURE = [Fault(POST, lost=True), Fault(POST, 503, "service_unavailable"), Fault(POST, delay=1.3)]


@pytest.mark.parametrize("fault", UNSURE, ids=["lost", "refused", "late"])
async def test_before_it_is_sent_again_its_room_is_searched(
    channel: SlackChannel, context: Context, proxy: SlackProxy, fault: Fault
) -> None:
    proxy.faults.append(replace(fault))
    delivery = summary(id=f"delivery_{fault.status}_{fault.delay}_{fault.lost}")
    hasty = SlackChannel(context, api_url=proxy.api_url, timeout=1)
    result = await (hasty if fault.delay else channel).send(delivery)
    assert isinstance(result, Retry)
    assert result.unsure
    again = await channel.send(replace(delivery, unsure_since=NOW))
    assert isinstance(again, Sent)
    took = [c for c in proxy.of(POST) if c.answer.get("ok")]
    assert len(took) == 1
    assert again.reference.endswith(took[0].answer["ts"])
    receipt = card(
        id=f"{delivery.id}.receipt",
        kind=DeliveryKind.RECEIPT,
        extra={"text": "Yes."},
        reference=again.reference,
    )
    context.clock.pass_by(seconds=5)  # type: ignore[attr-defined]
    proxy.faults.append(Fault(POST, lost=True))
    assert isinstance(await channel.send(receipt), Retry)
    assert isinstance(await channel.send(replace(receipt, unsure_since=NOW)), Sent)
    assert len([c for c in proxy.of(POST) if c.answer.get("ok")]) == 2


async def test_where_nobody_may_look_it_is_sent_again(
    channel: SlackChannel, proxy: SlackProxy
) -> None:
    proxy.faults.append(Fault("conversations.history", error="missing_scope"))
    assert isinstance(await channel.send(summary(unsure_since=NOW)), Sent)
    proxy.faults.append(Fault("conversations.history", 503, "service_unavailable"))
    held = await channel.send(summary(unsure_since=NOW))
    assert isinstance(held, Hold)


async def test_a_killed_try_leaves_it_unsure_and_a_refused_one_does_not(world: World) -> None:
    delivery = outbox.StoredDelivery(
        account=ACCOUNT, id="d1", alert=ALERT, kind="receipt", person="mara", channel="slack",
        due_at=NOW, created_at=NOW,
    )  # fmt: skip
    seen = []
    with world.context.database.write() as session:
        outbox.add(session, delivery)
        for outcome in ("retry", None, "retry"):
            (claimed,) = outbox.claim(session, NOW + timedelta(hours=len(seen)))
            seen.append(outbox.unsure(session, claimed))
            if outcome:
                outbox.attempt(session, claimed, at=NOW, outcome=outcome, detail="")
        (claimed,) = outbox.claim(session, NOW + timedelta(hours=9))
        seen.append(outbox.unsure(session, claimed))
    assert seen == [False, False, True, True]


async def test_a_busy_room_holds_up_no_other_and_opens_when_slack_says(
    channel: SlackChannel, context: Context, proxy: SlackProxy
) -> None:
    other = summary(person=replace(summary().person, id="marta", email="manager@acme.test"))
    proxy.faults.append(Fault(POST, 429, "ratelimited", {"Retry-After": "42"}))
    assert isinstance(await channel.send(summary()), Retry)
    calls = len(proxy.of(POST))
    held = await channel.send(summary())
    assert isinstance(held, Hold)
    assert (held.until, held.reason) == (NOW + timedelta(seconds=42), "rate_limited")
    assert len(proxy.of(POST)) == calls
    assert isinstance(await channel.send(other), Sent)
    assert "Slack wants no more messages there until 15:30:42" in "\n".join(troubles(context))
    context.clock.pass_by(seconds=42)  # type: ignore[attr-defined]
    assert isinstance(await channel.send(summary()), Sent)


async def test_a_room_gets_one_message_a_second(channel: SlackChannel, proxy: SlackProxy) -> None:
    results = [await channel.send(summary(id=f"d{n}")) for n in range(5)]
    assert [type(r) for r in results] == [Sent, Sent, Sent, Hold, Hold]
    held = results[3]
    assert isinstance(held, Hold)
    assert (held.until, held.reason) == (NOW + timedelta(seconds=1), "pace")
    assert len(proxy.of(POST)) == 3


async def test_who_rests_is_not_disturbed_but_for_work_that_stops(
    channel: SlackChannel, world: World
) -> None:
    end = NOW + timedelta(hours=2)
    resting = {
        "dnd_enabled": True,
        "next_dnd_start_ts": (NOW - timedelta(hours=1)).timestamp(),
        "next_dnd_end_ts": end.timestamp(),
    }
    world.proxy.resting = dict.fromkeys(world.users.values(), resting)
    assert await channel.send(summary()) == Hold(end, "do_not_disturb")
    stops = sample_story(
        alert_class=AlertClass.NOTICE, main=replace(sample_meter(), at_limit=AtLimit.STOPS)
    )
    assert isinstance(await channel.send(notice(story=stops)), Sent)
    world.clock.pass_by(hours=2)
    assert isinstance(await channel.send(summary()), Sent)


async def test_slack_s_time_zone_counts_where_nobody_stated_one(world: World) -> None:
    """Eight in the morning in Berlin is two in New York."""
    world.proxy.zones = {world.users["champion"]: "America/Los_Angeles"}
    channel = SlackChannel(world.context, api_url=world.proxy.api_url)
    first = await channel.send(summary(extra={"zone": "Europe/Berlin"}))
    assert first == Hold(NOW, "time_zone")
    with world.context.database.read() as session:
        found = people.everybody(session, {ACCOUNT: {}}, channels=("slack",))[ACCOUNT]
    assert {p.id: p.time_zone for p in found}["mara"] == "America/Los_Angeles"
    again = await channel.send(summary(extra={"zone": "America/Los_Angeles"}))
    assert isinstance(again, Sent)


async def test_doctor_says_what_failed_and_what_helps(world: World) -> None:
    with world.context.database.write() as session:
        for n, reason in enumerate(("room_gone: is_archived", "scope_missing: missing_scope")):
            delivery = outbox.StoredDelivery(
                account=ACCOUNT, id=f"d{n}", alert=ALERT, kind="receipt", person="mara",
                channel="slack", due_at=NOW, created_at=NOW, reason=reason,
                state=outbox.DeliveryState.FAILED,
            )  # fmt: skip
            outbox.add(session, delivery)
    told = "\n".join(troubles(world.context))
    assert "is_archived" in told
    assert "The conversation is gone or archived" in told
    assert "A permission is missing" in told


# Withdrawing


@pytest.mark.parametrize("refused", [None, "cant_delete_message"])
async def test_a_forward_is_withdrawn(world: World, refused: str | None) -> None:
    await world.push()
    await world.click("champion", world.button(POST, "Send to Marta Silva"))
    await world.eventually(lambda: passed_on(world))
    world.clock.pass_by(seconds=10)
    await world.drain()
    theirs = world.last(POST)
    if refused:
        world.proxy.faults.append(Fault("chat.delete", error=refused))
    await world.click("champion", world.button("chat.update", "Withdraw"))
    reply: dict[str, Any] = (await world.proxy.replies())[0]
    assert "It may have been read" in reply["text"]
    await world.drain()
    (call,) = world.proxy.of("chat.delete")
    assert (call.body["channel"], call.body["ts"]) == (theirs["channel"], theirs["ts"])
    with world.context.database.read() as session:
        (stored,) = forwards.of_alert(session, ACCOUNT, ALERT)
        case = forwards.case(session, ACCOUNT, stored.case)
    assert stored.state == "withdrawn"
    assert case
    assert case.revoked_at
    shown = [c.body["text"] for c in world.proxy.of("chat.update") if c.body["ts"] == theirs["ts"]]
    assert shown == ([] if refused is None else ["Mara Lindt has withdrawn this message."])
    cards = [c.body for c in world.proxy.of("chat.update") if c.body["ts"] != theirs["ts"]]
    assert "Send to Marta Silva" in json.dumps(cards[-1]["blocks"])
    assert "Withdrawn from Marta Silva" in json.dumps(cards[-1]["blocks"])

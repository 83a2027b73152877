"""Presses on a card: done once, answered with the card as it stands then, right on the second."""

from typing import Any

import pytest

from bot.card import card
from bot.teams import cards
from store import alerts, feedback, forwards, outbox, people
from store.tables import Delivery
from tests.bot.conftest import ACCOUNT, ALERT
from tests.bot.deliveries import notice
from tests.bot.teams.conftest import FINN, MARA, MARTA, World, buttons, summary, texts
from tests.fakes.microsoft import Fault


async def test_one_press_sends_it_to_the_manager(told: World) -> None:
    answer = await told.press(buttons(summary(told))["Send to Marta Silva"])
    assert answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert "Sending to Marta Silva" in texts(answer["value"])
    assert "Send to Marta Silva" not in buttons(answer["value"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    got = told.microsoft.last(f"a:{MARTA}").card
    assert "Mara Lindt" in texts(got)
    assert "Sent to Marta Silva" in texts(summary(told))


async def test_a_press_delivered_again_does_nothing_more(told: World) -> None:
    button = buttons(summary(told))["Send to Marta Silva"]
    first = await told.press(button, id="same")
    again = await told.press(button, id="same")
    assert texts(first["value"]) == texts(again["value"])
    with told.context.database.read() as session:
        assert len(forwards.of_alert(session, ACCOUNT, ALERT)) == 1


async def test_it_is_taken_back_while_it_waits(told: World) -> None:
    answer = await told.press(buttons(summary(told))["Send to Marta Silva"])
    undone = await told.press(buttons(answer["value"])["Undo"])
    assert "Not sent to Marta Silva" in texts(undone["value"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    assert not [
        p for p in told.microsoft.posted if p.room == f"a:{MARTA}" and "Mara" in str(p.body)
    ]


async def test_not_now_closes_it_everywhere_and_can_be_undone(told: World) -> None:
    answer = await told.press(buttons(summary(told))["Not now"], id="one")
    assert "won't come back before" in texts(answer["value"])
    with told.context.database.read() as session:
        stored = alerts.get(session, ACCOUNT, ALERT)
        given = feedback.of_alert(session, ACCOUNT, ALERT)
    assert stored
    assert stored.closed_as == "snoozed"
    assert [f.channel for f in given] == ["teams"]
    assert MARA not in given[0].id, "it would stay when they are erased"
    undone = await told.press(buttons(answer["value"])["Undo"])
    assert "Taken back" in texts(undone["value"])
    with told.context.database.read() as session:
        stored = alerts.get(session, ACCOUNT, ALERT)
    assert stored
    assert stored.closed_as is None
    assert "Send to Marta Silva" in buttons(undone["value"])


async def test_a_card_that_is_opened_shows_how_it_stands(told: World) -> None:
    refresh = summary(told)["refresh"]
    await told.press(buttons(summary(told))["Not now"])
    answer = await told.press(refresh["action"])  # type: ignore[index]
    assert "won't come back before" in texts(answer["value"])
    assert "Send to Marta Silva" not in buttons(answer["value"])


async def test_who_it_was_not_for_sees_nothing(told: World) -> None:
    await told.install(FINN)
    refresh = summary(told)["refresh"]
    answer = await told.press(refresh["action"], FINN)  # type: ignore[index]
    assert answer["type"] == "application/vnd.microsoft.activity.message"
    with told.context.database.read() as session:
        assert not feedback.of_alert(session, ACCOUNT, ALERT)


async def test_a_manager_declines_and_the_champion_hears_of_it(told: World) -> None:
    await told.press(buttons(summary(told))["Send to Marta Silva"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    got = told.microsoft.last(f"a:{MARTA}").card
    assert buttons(got)["Open the case"]["type"] == "Action.OpenUrl"
    answer = await told.press(buttons(got)["Not now"], MARTA)
    assert "Not now" not in buttons(answer["value"])
    assert set(buttons(answer["value"])) == {"Open the case"}
    seen = await told.press(got["refresh"]["action"], MARTA)
    assert set(buttons(seen["value"])) == {"Open the case"}
    await told.drain()
    assert "Marta Silva" in texts(told.microsoft.last(f"a:{MARA}").card)


async def test_a_withdrawn_story_is_gone_from_the_readers_chat(told: World) -> None:
    await told.press(buttons(summary(told))["Send to Marta Silva"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    sent = told.microsoft.last(f"a:{MARTA}")
    await told.press(buttons(summary(told))["Withdraw"])
    await told.drain()
    assert sent.id in told.microsoft.removed


async def test_an_old_client_sends_a_press_as_a_message(told: World) -> None:
    shown = told.microsoft.last(f"a:{MARA}")
    button = buttons(shown.card)["Useful"]
    body = told.activity("message", value=button["fallback"]["data"], replyToId=shown.id)
    await told.send(body)
    await told.done()
    assert "Useful" not in buttons(summary(told))


async def test_a_button_of_another_version_says_so(told: World) -> None:
    button = buttons(summary(told))["Useful"]
    for data in (
        {**button["data"], "ref": "nothing"},
        {**button["data"], "name": "explode"},
        {"action": "unknown"},
        {},
    ):
        answer = await told.press({**button, "data": data})
        assert answer["type"] == "application/vnd.microsoft.activity.message"
        assert "earlier version" in answer["value"]


async def test_a_notice_offers_its_way_out_alone(told: World) -> None:
    shown = cards.message(card(notice(), "teams"))
    assert set(buttons(shown)) == {"Stop these messages"}


async def test_while_teams_is_busy_a_press_says_so_and_does_nothing(told: World) -> None:
    with told.context.database.write() as session:
        people.forget_address(session, ACCOUNT, "mara", "teams")
    button = buttons(summary(told))["Not now"]
    told.microsoft.faults.append(Fault(503, on=lambda method, path: "members" in path))
    answer = await told.press(button)
    assert "didn't work" in answer["value"]
    with told.context.database.read() as session:
        assert not feedback.of_alert(session, ACCOUNT, ALERT)
    again = await told.press(button)
    assert "won't come back before" in texts(again["value"])


async def test_on_a_card_that_was_for_somebody_else_a_press_does_nothing(told: World) -> None:
    """It was pasted into a chat, or its buttons were copied."""
    await told.install(FINN)
    for name in ("Send to Marta Silva", "Not now", "Don't suggest this again"):
        answer = await told.press(buttons(summary(told))[name], FINN)
        assert answer["value"] == "This isn't there any more."
    with told.context.database.read() as session:
        assert forwards.of_alert(session, ACCOUNT, ALERT) == ()
        assert feedback.of_alert(session, ACCOUNT, ALERT) == ()


async def test_a_press_counts_before_it_is_noted_that_the_card_went_out(world: World) -> None:
    await world.link()
    await world.install()
    await world.install(MARTA)
    delivery = await world.push()
    with world.context.database.write() as session:
        outbox.later(session, delivery, world.clock.at, reason="no answer")
        row = session.get(Delivery, (ACCOUNT, delivery.id))
        assert row
        row.state = outbox.DeliveryState.DUE
    answer = await world.press(buttons(summary(world))["Send to Marta Silva"])
    assert "Sending to Marta Silva" in texts(answer["value"])


async def passed_on(told: World) -> dict[str, Any]:
    """The card that the manager got."""
    await told.press(buttons(summary(told))["Send to Marta Silva"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    return told.microsoft.last(f"a:{MARTA}").card


async def test_a_manager_takes_their_stop_back(told: World) -> None:
    got = await passed_on(told)
    stopped = await told.press(buttons(got)["Stop these messages"], MARTA)
    undone = await told.press(buttons(stopped["value"])["Undo"], MARTA)
    assert "Taken back" in texts(undone["value"])
    assert "Stop these messages" in buttons(undone["value"])
    with told.context.database.read() as session:
        everybody = people.everybody(session, {ACCOUNT: {}})[ACCOUNT]
    assert not any(p.muted for p in everybody)


@pytest.mark.parametrize("how", ["expired", "withdrawn"])
async def test_on_a_story_whose_link_is_over_nothing_is_asked(told: World, how: str) -> None:
    got = await passed_on(told)
    if how == "withdrawn":
        await told.press(buttons(summary(told))["Withdraw"])
    else:
        told.clock.pass_by(days=31)
    shown = await told.press(got["refresh"]["action"], MARTA)
    assert "This is settled" in texts(shown["value"])
    assert buttons(shown["value"]) == {}


async def test_what_is_said_on_a_card_is_in_its_language(told: World) -> None:
    with told.context.database.write() as session:
        people.speak(session, ACCOUNT, "marta", "de")
    got = await passed_on(told)
    noted = await told.press(buttons(got)["Nicht jetzt"], MARTA)
    assert "Noted" not in texts(noted["value"])
    assert "Notiert" in texts(noted["value"])

"""What forms send is answered within Slack's three seconds, and pressing again does it once."""

import time
from typing import Any

import httpx

from service import recipients
from store import audit, forwards, outbox
from tests.bot.conftest import ACCOUNT, ALERT, World
from tests.bot.desk import office, words_in
from tests.bot.test_slack_app import choice, passed_on, to_finance
from tests.bot.test_slack_desk import filled, form_of
from tests.fakes.slack_proxy import Fault, problems_of

SLACK_WAITS = 3.0


def slow(world: World) -> None:
    """Slack takes longer to say who somebody is than it waits itself."""
    world.proxy.faults.append(Fault("users.info", error="internal_error", delay=SLACK_WAITS))


async def pressed(world: World, who: str, view: dict[str, Any], values: Any) -> dict[str, Any]:
    """What comes back, in time."""
    start = time.monotonic()
    answer: httpx.Response = await world.submit(who, view, values)
    assert time.monotonic() - start < SLACK_WAITS
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


async def opened(world: World) -> dict[str, Any]:
    """The form that the last click opened."""
    found: dict[str, Any] = (await world.proxy.replies(1, "views.open"))[-1]["view"]
    return found


async def test_a_forward_that_takes_too_long_is_sent_by_pressing_again(world: World) -> None:
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    view = await opened(world)
    slow(world)
    late = await pressed(world, "champion", view, choice(world, "newcomer"))
    assert late["response_action"] == "errors"
    assert late["errors"] == {
        "person": "Slack was slow to answer. What you wrote is still here: press “Send” again."
    }
    for _ in range(2):
        sent = await pressed(world, "champion", view, choice(world, "newcomer"))
        assert sent == {"response_action": "clear"}
    assert [f.state for f in passed_on(world)] == ["waiting"]
    people = recipients.known(world.context, account=ACCOUNT, person="mara")
    assert [p.name for p in people].count("newcomer") == 1


async def test_what_is_done_after_all_is_found_by_the_next_press(world: World) -> None:
    """The database is held so long that the forward is written after the form was answered."""
    await world.push()
    await world.click("champion", world.button("chat.postMessage", "Send to somebody"))
    view = await opened(world)
    with world.context.database.write():
        late = await pressed(world, "champion", view, choice(world, "newcomer"))
    assert "press “Send” again" in words_in(late)
    assert await pressed(world, "champion", view, choice(world, "newcomer")) == {
        "response_action": "clear"
    }
    assert [f.state for f in passed_on(world)] == ["waiting"]


async def test_approvers_are_remembered_by_pressing_again(world: World) -> None:
    await world.click("champion", {"action_id": "approvers.change", "value": "approvers.change"})
    view = await opened(world)
    picked = {"type": "users_select", "selected_user": world.users["newcomer"]}
    values = {"manager": {"manager": picked}, "finance": {"finance": {"type": "users_select"}}}
    slow(world)
    late = await pressed(world, "champion", view, values)
    assert list(late["errors"]) == ["manager"]
    for _ in range(2):
        assert "Remembered." in words_in(await pressed(world, "champion", view, values))
    people = recipients.known(world.context, account=ACCOUNT, person="mara")
    assert [p.name for p in people] == ["Marta Silva", "newcomer", "Finn Okafor"]


async def test_a_question_is_asked_once_however_often_it_is_sent(world: World) -> None:
    await to_finance(world)
    await world.click("finance", world.button("chat.postMessage", "Ask a question"))
    view = (await world.proxy.replies(1, "views.open"))[-1]["view"]
    values = {"text": {"text": {"type": "plain_text_input", "value": "Is it yearly?"}}}
    for _ in range(3):
        answer = await pressed(world, "finance", view, values)
        assert answer["response_action"] == "update"
    with world.context.database.read() as session:
        (stored,) = forwards.of_alert(session, ACCOUNT, ALERT)
        asked = forwards.answers(session, ACCOUNT, stored.case)
        told = outbox.of_alert(session, ACCOUNT, ALERT)
    assert [a.text for a in asked] == ["Is it yearly?"]
    assert [d.kind for d in told].count("receipt") == 1


async def test_a_form_without_a_field_stays_and_says_it_on_top(world: World) -> None:
    office(world)
    view = await form_of(world)
    wanted = filled(view, ask_spacing_days="45")
    sure = (await pressed(world, "champion", view, wanted))["view"]
    with world.context.database.write():
        late = await pressed(world, "champion", sure, {})
    assert late["response_action"] == "update"
    assert late["view"]["private_metadata"] == sure["private_metadata"]
    assert problems_of("views.update", {"view": late["view"]}) == []
    assert late["view"]["blocks"][0]["text"]["text"].endswith("press “Change it” again.")
    assert late["view"]["blocks"][1:] == sure["blocks"]
    with world.context.database.write():
        again = await pressed(world, "champion", late["view"], {})
    assert again["view"] == late["view"]
    for _ in range(2):
        done = await pressed(world, "champion", again["view"], {})
        assert "The policy is changed" in words_in(done)
    assert world.context.policy().version == 2
    with world.context.database.read() as session:
        entries = [e.action for e in audit.newest(session)]
    assert entries.count("config.apply") == 1

"""The app in the message box: a summary put into a message, and what a link of ours shows."""

import re

import pytest

from store import forwards, people
from tests.bot.conftest import ACCOUNT, ALERT
from tests.bot.teams.conftest import MARA, STRANGER, World, texts
from tests.fakes.microsoft import TENANT


@pytest.fixture
async def told(world: World) -> World:
    await world.link()
    await world.install()
    return world


async def inserted(world: World, who: str = "marta") -> dict[str, object]:
    value = {"commandId": "insert", "commandContext": "compose", "data": {"person": who}}
    answer = await world.invoke("composeExtension/submitAction", value)
    (attached,) = answer["composeExtension"]["attachments"]
    found: dict[str, object] = attached
    return found


async def case_url(world: World) -> str:
    card = (await inserted(world))["content"]
    (button,) = card["actions"]  # type: ignore[index]
    return str(button["url"])


async def test_the_form_asks_for_its_one_reader(told: World) -> None:
    value = {"commandId": "insert", "commandContext": "compose"}
    task = (await told.invoke("composeExtension/fetchTask", value))["task"]
    assert "Who will read it" in texts(task)
    assert "Marta Silva" in texts(task)


async def test_the_summary_and_its_link_are_put_into_the_message(told: World) -> None:
    attached = await inserted(told)
    assert "preview" in attached
    assert attached["content"]["version"] == "1.5"  # type: ignore[index]
    assert "reports" in texts(attached["content"])
    assert (await case_url(told)).startswith("https://segue.example.com/case/")
    with told.context.database.read() as session:
        (one,) = forwards.of_alert(session, ACCOUNT, ALERT)
    assert (one.to, one.state, one.channel) == ("marta", "draft", "draft")


async def test_who_was_told_nothing_has_nothing_to_pass_on(told: World) -> None:
    """As with "forward": a story with prices is not for everybody at the account."""
    with told.context.database.write() as session:
        people.add(session, ACCOUNT, "sten", role="user", email="stranger@elsewhere.test")
    value = {"commandId": "insert", "commandContext": "compose"}
    form = await told.invoke("composeExtension/fetchTask", value, STRANGER)
    assert "no open summary to pass on" in texts(form)
    sent = {**value, "data": {"person": "finn"}}
    answer = await told.invoke("composeExtension/submitAction", sent, STRANGER)
    assert "composeExtension" not in answer
    with told.context.database.read() as session:
        assert forwards.of_alert(session, ACCOUNT, ALERT) == ()


async def test_nothing_is_made_for_nobody(told: World) -> None:
    value = {"commandId": "insert", "commandContext": "compose", "data": {}}
    answer = await told.invoke("composeExtension/submitAction", value)
    assert answer["task"]["type"] == "message"
    with told.context.database.read() as session:
        assert not forwards.of_alert(session, ACCOUNT, ALERT)


async def unfurled(
    world: World, url: str, name: str = "queryLink", **more: object
) -> list[dict[str, object]]:
    answer = await world.invoke(f"composeExtension/{name}", {"url": url}, **more)
    found: list[dict[str, object]] = answer["composeExtension"]["attachments"]
    return found


async def test_a_posted_link_says_what_it_is_and_no_number(told: World) -> None:
    url = await case_url(told)
    (attached,) = await unfurled(told, url)
    card = attached["content"]
    assert card["version"] == "1.3"  # type: ignore[index]
    assert "A business case from Northwind Reports" in texts(card)
    assert not re.search(r"\d", texts(card["body"]) + texts(attached["preview"]))  # type: ignore[index]


async def test_where_it_is_not_installed_the_same_is_shown_of_any_link(told: World) -> None:
    url = await case_url(told)
    (attached,) = await unfurled(told, url, "anonymousQueryLink")
    assert "A business case from Northwind Reports" in texts(attached["content"])


async def test_a_link_of_another_account_or_place_shows_nothing(told: World) -> None:
    url = await case_url(told)
    other = {"tenant": {"id": "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee"}}
    where = {"id": f"a:{MARA}", "conversationType": "personal"}
    assert await unfurled(told, url, channelData=other, conversation=where) == []
    assert await unfurled(told, "https://evil.test/case/x") == []
    assert await unfurled(told, "https://evil.test/case/x", "anonymousQueryLink") == []
    assert TENANT not in url


async def test_a_withdrawn_link_says_so(told: World) -> None:
    url = await case_url(told)
    with told.context.database.write() as session:
        (one,) = forwards.of_alert(session, ACCOUNT, ALERT)
        forwards.revoke(session, ACCOUNT, one.case, told.clock.at)
    (attached,) = await unfurled(told, url)
    assert "withdrawn or is over" in texts(attached["content"])

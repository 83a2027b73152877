"""Dialogs of Teams: forward, preview, question, who decides, the settings."""

from service import chat_admins, rooms, roster
from store import forwards, people
from store.tables import Person
from tests.bot.conftest import ACCOUNT, ALERT
from tests.bot.teams.conftest import (
    BOT,
    MARA,
    MARTA,
    PEOPLE,
    STRANGER,
    World,
    buttons,
    summary,
    texts,
)
from tests.fakes.microsoft import TENANT


def inputs(task: dict[str, object]) -> dict[str, dict[str, object]]:
    body = task["value"]["card"]["content"]["body"]  # type: ignore[index]
    return {e["id"]: e for e in body if "id" in e}


async def test_the_form_shows_exactly_what_would_be_sent(told: World) -> None:
    task = await told.open(buttons(summary(told))["Send to somebody"])
    assert {c["value"] for c in inputs(task)["person"]["choices"]} == {"marta", "finn"}  # type: ignore[index, union-attr]
    assert "What a manager gets" in texts(task)


async def test_it_goes_to_who_was_chosen_with_the_note(told: World) -> None:
    task = await told.open(buttons(summary(told))["Send to somebody"])
    done = await told.submit(task, person="marta", note="Have a look, please.")
    assert (
        done == {"type": "message", "value": "Sending to Marta Silva"} or "Marta" in done["value"]
    )
    told.clock.pass_by(seconds=11)
    await told.drain()
    assert "Have a look, please." in texts(told.microsoft.last(f"a:{MARTA}").card)


async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(told: World) -> None:
    task = await told.open(buttons(summary(told))["Send to somebody"])
    nobody = await told.submit(task, note="For you")
    assert "Choose somebody from the list" in texts(nobody)
    assert inputs(nobody)["note"]["value"] == "For you"
    link = await told.submit(task, person="marta", note="see https://evil.test")
    assert "without links" in texts(link)
    outside = await told.submit(task, email="cfo@elsewhere.test", role="finance")
    assert "At your organisation" in texts(outside)
    with told.context.database.read() as session:
        assert not forwards.of_alert(session, ACCOUNT, ALERT)


async def test_an_address_of_the_organisation_is_mailed(told: World) -> None:
    task = await told.open(buttons(summary(told))["Send to somebody"])
    done = await told.submit(task, email="cfo@acme.test", role="finance")
    assert "cfo@acme.test" in done["value"]
    with told.context.database.read() as session:
        (one,) = forwards.of_alert(session, ACCOUNT, ALERT)
    assert (one.channel, one.role) == ("email", "finance")


async def test_a_preview_shows_each_reader_their_own(told: World) -> None:
    task = await told.open(buttons(summary(told))["Preview"])
    told_all = texts(task)
    assert "Marta Silva" in told_all
    assert "Finn Okafor" in told_all


async def test_a_question_goes_to_the_champion_once(told: World) -> None:
    await told.press(buttons(summary(told))["Send to Marta Silva"])
    told.clock.pass_by(seconds=11)
    await told.drain()
    got = told.microsoft.last(f"a:{MARTA}").card
    task = await told.open(buttons(got)["Ask a question"], MARTA)
    for _ in range(2):
        done = await told.submit(task, MARTA, text="Why this plan?")
        assert "Sent." in done["value"]
    await told.drain()
    asked = [p for p in told.microsoft.posted if "Why this plan?" in str(p.body)]
    assert len(asked) == 1
    assert asked[0].room == f"a:{MARA}"


async def test_who_decides_is_named_and_remembered(told: World) -> None:
    card = await told.type("approvers")
    task = await told.open(buttons(card)["Name them"])
    done = await told.submit(task, manager="marta", finance_email="cfo@acme.test")
    assert done["value"] == "Remembered."
    with told.context.database.read() as session:
        everybody = people.everybody(session, {ACCOUNT: {}})[ACCOUNT]
    assert "cfo@acme.test" in {p.email for p in everybody if p.role == "finance"}
    yourself = await told.submit(task, manager="mara")
    assert "Choose somebody else" in texts(yourself)


async def test_who_was_erased_meanwhile_is_not_named(told: World) -> None:
    card = await told.type("approvers")
    task = await told.open(buttons(card)["Name them"])
    roster.forget_person(told.context, ACCOUNT, "finn", "tests")
    wrong = await told.submit(task, finance="finn")
    assert "isn't there any more" in texts(wrong)
    with told.context.database.read() as session:
        assert "finn" not in {p.id for p in people.everybody(session, {ACCOUNT: {}})[ACCOUNT]}


async def test_settings_are_changed_after_they_were_shown(world: World) -> None:
    code = rooms.code(world.context, None)
    rooms.bind(world.context, "teams", TENANT, code, by="tests", bot=BOT)
    chat_admins.add(world.context, MARA, by="tests", chat="teams")
    await world.install()
    card = await world.type("policy")
    (button,) = card["actions"]
    task = await world.open(button)
    held = {name: str(e.get("value", "")) for name, e in inputs(task).items()}
    wrong = await world.submit(task, **(held | {"ask.per_year": "40"}))
    assert "ask" in texts(wrong)
    sure = await world.submit(task, **(held | {"ask.spacing_days": "45"}))
    assert "45" in texts(sure)
    assert world.context.policy().policy.ask.spacing_days == 30
    done = await world.submit(sure)
    assert "45" in texts(done)
    assert world.context.policy().policy.ask.spacing_days == 45
    same = await world.submit(await world.open(button), **(held | {"ask.spacing_days": "45"}))
    assert "Nothing was changed" in texts(same)


async def test_settings_are_the_vendors_alone(told: World) -> None:
    answer = await told.invoke("task/fetch", {"data": {"action": "form", "name": "policy"}})
    assert answer["task"]["type"] == "message"
    assert "another account" in answer["task"]["value"]


async def test_a_form_of_another_version_says_so(told: World) -> None:
    answer = await told.invoke("task/fetch", {"data": {"action": "form", "name": "nothing"}})
    assert "earlier version" in answer["task"]["value"]


async def test_a_copied_button_shows_nothing_to_who_was_told_nothing(told: World) -> None:
    with told.context.database.write() as session:
        session.add(Person(account=ACCOUNT, id="sten", role="user", email=PEOPLE[STRANGER][0]))
    await told.install(STRANGER)
    for name in ("Preview", "Send to somebody"):
        task = await told.open(buttons(summary(told))[name], STRANGER)
        assert task == {"type": "message", "value": "This isn't there any more."}

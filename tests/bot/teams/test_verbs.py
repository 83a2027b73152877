"""What is typed in Teams: the same verbs as everywhere, answered for one's own eyes."""

import asyncio

import pytest

from service import chat_admins, rooms
from store import audit, people
from tests.bot.conftest import ACCOUNT
from tests.bot.teams.conftest import BOT, MARA, MARTA, World, buttons, texts
from tests.fakes.microsoft import TENANT
from tests.servers import PATIENCE

CHANNEL = {
    "id": "19:team@thread.tacv2;messageid=17",
    "conversationType": "channel",
    "tenantId": TENANT,
}


@pytest.fixture
async def linked(world: World) -> World:
    await world.link()
    await world.install()
    return world


@pytest.fixture
async def home(world: World) -> World:
    """The vendor's own organisation, with Mara as an admin there."""
    code = rooms.code(world.context, None)
    rooms.bind(world.context, "teams", TENANT, code, by="tests", bot=BOT)
    chat_admins.add(world.context, MARA, by="tests", chat="teams")
    await world.install()
    return world


async def test_help_teaches_the_verbs_of_an_account(linked: World) -> None:
    card = await linked.type("help")
    told = texts(card)
    for verb in ("usage", "why", "approvers", "forward", "link me", "quiet", "stop", "doctor"):
        assert verb in told
    assert "/segue" not in told
    assert "mute ACCOUNT" not in told


@pytest.mark.parametrize(
    "typed",
    ["usage", "Usage", "<at>Segue</at> usage", "<at>S</at>&nbsp;usage", "usage\u200b", "/usage"],
)
async def test_a_verb_is_understood_however_it_is_addressed(linked: World, typed: str) -> None:
    assert "of 10,000 reports used this month" in texts(await linked.type(typed))


async def test_a_typo_is_answered_with_what_was_meant(linked: World) -> None:
    assert "Did you mean usage" in texts(await linked.type("usgae"))


async def test_quiet_hours_are_kept_and_said(linked: World) -> None:
    card = await linked.type("quiet 19:00 08:30")
    assert "between 19:00 and 08:30" in texts(card)


async def test_stop_ends_it_and_is_taken_back_by_its_button(linked: World) -> None:
    card = await linked.type("stop")
    assert "These messages end for you" in texts(card)
    with linked.context.database.read() as session:
        before = people.everybody(session, {ACCOUNT: {}})[ACCOUNT]
    assert [p.muted for p in before if p.id == "mara"] == [True]
    answer = await linked.press(buttons(card)["Start them again"])
    assert "come to you again" in texts(answer["value"])
    with linked.context.database.read() as session:
        after = people.everybody(session, {ACCOUNT: {}})[ACCOUNT]
    assert [p.muted for p in after if p.id == "mara"] == [False]


async def test_doctor_says_who_one_is_and_where_the_app_is(linked: World) -> None:
    told = texts(await linked.type("doctor"))
    assert "linked to Harbor Logistics" in told
    assert "You are Mara Lindt (champion); we can write to you here." in told
    assert "1 person can be written to" in told


async def test_in_a_channel_it_answers_in_the_chat_of_two(linked: World) -> None:
    before = len(linked.microsoft.posted)
    body = linked.activity("message", text="<at>Segue</at> usage", conversation=CHANNEL)
    await linked.send(body)
    await linked.done()
    private, public = linked.microsoft.posted[before:]
    assert private.room == f"a:{MARA}"
    assert "10,000 reports" in texts(private.card)
    assert public.room == CHANNEL["id"]
    assert "answered in our own chat" in texts(public.card)


async def test_in_a_channel_nothing_is_said_of_an_account_to_who_has_no_chat(
    linked: World,
) -> None:
    body = linked.activity("message", MARTA, text="usage", conversation=CHANNEL)
    await linked.send(body)
    await linked.done()
    assert "That is for your eyes" in texts(linked.microsoft.last().card)
    assert linked.microsoft.last().room == CHANNEL["id"]


async def test_what_is_delivered_twice_is_answered_once(linked: World) -> None:
    before = len(linked.microsoft.posted)
    body = linked.activity("message", text="usage")
    for _ in range(3):
        assert (await linked.send(body)).status_code == 200
    await linked.done()
    assert len(linked.microsoft.posted) == before + 1


async def test_forward_has_a_button_to_its_form_only_where_there_is_a_summary(
    linked: World,
) -> None:
    card = await linked.type("forward")
    assert "Send the story" in buttons(card)


async def test_link_me_lets_somebody_of_a_verified_domain_in(linked: World) -> None:
    await linked.install(MARTA)
    linked.microsoft.member(MARTA, "newcomer@acme.test", "Nora New")
    with linked.context.database.write() as session:
        people.forget_address(session, ACCOUNT, "marta", "teams")
    card = await linked.type("link me", MARTA)
    assert "You are connected: Nora New (user)" in texts(card)


async def test_admins_see_how_it_stands_and_others_do_not(home: World) -> None:
    assert "policy" in texts(await home.type("status")).lower()
    await home.install(MARTA)
    refused = texts(await home.type("status", MARTA))
    assert f"segue teams admin add {MARTA}" in refused


async def test_a_change_waits_for_a_yes_and_is_in_the_audit_log(home: World) -> None:
    card = await home.type(f"mute {ACCOUNT} for 30d because they are migrating")
    assert "they hear" in texts(card).lower() or "muted" in texts(card).lower()
    card = await home.type("policy ask.spacing_days 45")
    told = texts(card)
    assert "30" in told
    assert "45" in told
    assert home.context.policy().policy.ask.spacing_days == 30
    answer = await home.press(buttons(card)["Change it"])
    assert home.context.policy().policy.ask.spacing_days == 45
    assert "45" in texts(answer["value"])
    with home.context.database.read() as session:
        entry = audit.newest(session)[0]
    assert entry.actor == f"teams:{TENANT}/{MARA}"


async def test_a_change_is_left_as_it_was(home: World) -> None:
    card = await home.type("policy ask.spacing_days 45")
    answer = await home.press(buttons(card)["Leave it"])
    assert "Left as it was" in texts(answer["value"])
    assert home.context.policy().policy.ask.spacing_days == 30


async def test_who_is_no_admin_confirms_nothing(home: World) -> None:
    card = await home.type("policy ask.spacing_days 45")
    answer = await home.press(buttons(card)["Change it"], MARTA)
    assert "admin role" in texts(answer["value"])
    assert home.context.policy().policy.ask.spacing_days == 30


async def test_link_gives_a_code_and_a_link_that_writes_it(home: World) -> None:
    card = await home.type(f"link {ACCOUNT}")
    assert f"Link an organisation to {ACCOUNT}" in texts(card)
    (button,) = card["actions"]
    assert button["url"].startswith("https://teams.microsoft.com/l/chat/0/0?users=28%3A")
    assert "There is no account" in texts(await home.type("link nobody")) or "no account" in texts(
        home.microsoft.last().card
    )


async def test_previews_carry_buttons_that_do_nothing(home: World) -> None:
    before = len(home.microsoft.posted)
    await home.send(home.activity("message", text=f"preview pace {ACCOUNT}"))
    await home.done()
    shown = home.microsoft.posted[before + 1 :]
    assert len(shown) >= 3
    for posted in shown:
        for one in buttons(posted.card).values():
            assert one["isEnabled"] is False
            assert one["type"] == "Action.Submit"


async def test_a_sample_arrives(home: World) -> None:
    assert "Mara" not in texts(await home.type("test"))
    assert "Chart.Gauge" in str(home.microsoft.last().card)


async def test_a_replay_is_followed_in_one_message(home: World) -> None:
    before = len(home.microsoft.posted)
    await home.send(home.activity("message", text="simulate 30d"))
    await home.done()
    (message,) = home.microsoft.posted[before:]
    for _ in range(int(PATIENCE * 10)):
        if "accounts" in texts(message.card).lower():
            break
        await asyncio.sleep(0.1)
    assert "Asked for by Mara Lindt" in texts(message.card)
    assert len(home.microsoft.posted) == before + 1


async def test_doctor_of_the_vendor_tells_of_teams(home: World) -> None:
    told = texts(await home.type("doctor"))
    assert "Your own organisation is not linked" not in told
    stranger = {"tenant": {"id": "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee"}}
    await home.send(home.activity("installationUpdate", action="add", channelData=stranger))
    await home.done()
    assert "linked to no account" in texts(await home.type("doctor"))


async def test_verbs_of_one_place_are_not_those_of_the_other(home: World) -> None:
    assert "customer's organisation" in texts(await home.type("usage"))

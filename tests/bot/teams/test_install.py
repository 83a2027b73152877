"""The app comes and goes: who it can write to, and whose organisation it is."""

from typing import Any

import pytest

from engine.errors import Gone, NotFound
from service import rooms, roster, routing, tidy
from store import people
from store import rooms as stored
from tests.bot.conftest import ACCOUNT
from tests.bot.teams.conftest import BOT, FINN, MARA, MARTA, STRANGER, World, texts
from tests.fakes.microsoft import TENANT, Fault

TEAM = {"id": "19:team@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}


async def test_in_an_organisation_nobody_linked_it_asks_for_a_code(world: World) -> None:
    await world.install()
    assert "isn't linked to an account yet" in texts(world.microsoft.last().card)
    card = await world.type("usage")
    assert "isn't linked" in texts(card)


async def test_a_code_links_the_organisation_once(world: World) -> None:
    await world.install()
    code = rooms.code(world.context, ACCOUNT)
    card = await world.type(f"link {code}")
    assert "linked to Harbor Logistics" in texts(card)
    again = await world.type(f"link {code}")
    assert "was used already" in texts(again)
    assert "no link code" in texts(await world.type(f"link {code[:-6]}aaaaaa"))


async def test_a_code_that_was_used_stays_used_also_where_old_callbacks_are_forgotten(
    world: World,
) -> None:
    code = rooms.code(world.context, ACCOUNT)
    rooms.bind(world.context, "teams", TENANT, code, by="tests", bot=BOT)
    world.clock.pass_by(days=6, hours=23)
    tidy.run(world.context)
    with pytest.raises(Gone):
        rooms.bind(world.context, "teams", "another-tenant", code, by="tests", bot=BOT)


async def test_of_who_is_erased_no_conversation_is_kept(world: World) -> None:
    await world.link()
    await world.install()
    with world.context.database.read() as session:
        (room,) = stored.of_team(session, "teams", TENANT)
    assert room.name == ""
    roster.forget_person(world.context, ACCOUNT, "mara", "tests")
    with world.context.database.read() as session:
        assert stored.of_team(session, "teams", TENANT) == ()


async def test_a_linked_organisation_stays_with_its_account(world: World) -> None:
    await world.link()
    await world.install()
    home = rooms.code(world.context, None)
    assert "linked already" in texts(await world.type(f"link {home}"))


async def test_what_was_linked_to_the_wrong_account_is_unlinked(world: World) -> None:
    await world.link()
    await world.install()
    was = rooms.unbind(world.context, "teams", TENANT, by="tests")
    assert was.account == ACCOUNT
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") is None
        (room,) = stored.of_team(session, "teams", TENANT)
    assert (room.account, room.person) == (None, None)
    assert "isn't linked to an account yet" in texts(await world.type("usage"))
    with pytest.raises(NotFound):
        rooms.unbind(world.context, "teams", TENANT, by="tests")
    code = rooms.code(world.context, ACCOUNT)
    assert "linked to Harbor Logistics" in texts(await world.type(f"link {code}"))
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"


async def test_who_adds_it_is_greeted_by_name_and_can_be_written_to(world: World) -> None:
    await world.link()
    await world.install()
    assert "You are Mara Lindt (champion)" in texts(world.microsoft.last().card)
    with world.context.database.read() as session:
        found = people.address(session, ACCOUNT, "mara", "teams")
        everybody = people.everybody(session, {ACCOUNT: {}}, channels=("teams",))[ACCOUNT]
    assert found == f"{TENANT}/{MARA}"
    assert {p.id for p in everybody if p.reachable} == {"mara"}


async def test_said_twice_it_greets_once(world: World) -> None:
    await world.link()
    body = world.activity("installationUpdate", action="add")
    await world.send(body)
    await world.done()
    await world.send(body)
    await world.done()
    update = world.activity("conversationUpdate", membersAdded=[{"id": BOT}])
    await world.send(update)
    await world.done()
    assert len(world.microsoft.posted) == 1


async def test_in_a_team_all_its_members_are_known(world: World) -> None:
    await world.link()
    body = world.activity("installationUpdate", action="add", conversation=TEAM)
    await world.send(body)
    await world.done()
    with world.context.database.read() as session:
        everybody = people.everybody(session, {ACCOUNT: {}}, channels=("teams",))[ACCOUNT]
    assert {p.id for p in everybody if p.reachable} == {"mara", "marta", "finn"}
    assert "Mention me" in texts(world.microsoft.last().card)


async def test_somebody_who_joins_a_team_later_is_known_then(world: World) -> None:
    await world.link()
    joined = world.activity("conversationUpdate", membersAdded=[{"id": f"29:{FINN}"}])
    await world.send({**joined, "conversation": TEAM})
    await world.done()
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "finn", "teams") == f"{TENANT}/{FINN}"
    assert world.microsoft.posted == []


async def test_who_takes_it_out_is_not_written_to_until_they_add_it_again(world: World) -> None:
    await world.link()
    await world.install()
    await world.send(world.activity("installationUpdate", action="remove"))
    await world.done()
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") is None
        assert stored.of_member(session, "teams", TENANT, MARA) is None
    await world.install()
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"


async def test_who_ends_their_block_and_writes_is_back(world: World) -> None:
    """Teams says nothing of it: that they can write to the app again is all there is."""
    await world.link()
    await world.install()
    rooms.left(world.context, "teams", TENANT, f"a:{MARA}", "blocked")
    with world.context.database.read() as session:
        assert routing.has_left(session, ACCOUNT, "mara")
    await world.type("usage")
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"
        assert not routing.has_left(session, ACCOUNT, "mara")


async def test_a_stranger_is_nobody_at_the_account(world: World) -> None:
    await world.link()
    await world.install(STRANGER)
    assert "can't tell who you are" in texts(world.microsoft.last().card)
    assert "can't tell who you are" in texts(await world.type("usage", STRANGER))


async def test_where_it_wants_answers_may_change(world: World) -> None:
    await world.link()
    await world.install(MARTA)
    with world.context.database.read() as session:
        room = stored.of_member(session, "teams", TENANT, MARTA)
    assert room is not None
    assert room.service_url == world.microsoft.url


async def test_a_time_zone_that_nobody_stated_is_what_teams_says(world: World) -> None:
    await world.link()
    await world.install()
    await world.type("usage", localTimezone="America/Lima")
    with world.context.database.read() as session:
        everybody = people.everybody(session, {ACCOUNT: {}}, channels=("teams",))[ACCOUNT]
    assert [p.time_zone for p in everybody if p.id == "mara"] == ["America/Lima"]
    await world.type("usage", localTimezone="Middle/Earth")
    with world.context.database.read() as session:
        everybody = people.everybody(session, {ACCOUNT: {}}, channels=("teams",))[ACCOUNT]
    assert [p.time_zone for p in everybody if p.id == "mara"] == ["America/Lima"]


@pytest.mark.parametrize("where", [{}, {"conversation": TEAM}], ids=["personal", "team"])
async def test_where_teams_does_not_say_who_is_there_it_is_asked_again(
    world: World, where: dict[str, Any]
) -> None:
    """It is busy as the app comes in: nobody is greeted as a stranger, nor left unreachable."""
    await world.link()
    world.microsoft.faults.append(Fault(503, on=lambda method, path: "embers" in path))
    await world.send(world.activity("installationUpdate", action="add", **where))
    await world.done()
    assert world.microsoft.posted == []
    world.clock.pass_by(seconds=61)
    assert await world.app.catch_up() == 1
    await world.done()
    assert len(world.microsoft.posted) == 1
    assert "can't tell who you are" not in texts(world.microsoft.last().card)
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"


async def test_where_teams_never_says_who_is_there_nobody_said_no(world: World) -> None:
    """They are known by a team; that they add the app for themselves takes nothing away."""
    await world.link()
    await world.send(world.activity("installationUpdate", action="add", conversation=TEAM))
    await world.done()
    world.microsoft.faults.append(Fault(503, times=-1, on=lambda method, path: "embers" in path))
    await world.install()
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"
        assert not routing.has_left(session, ACCOUNT, "mara")
        assert not stored.said_no(session, "teams", TENANT, MARA)


async def test_a_greeting_that_could_not_be_posted_leaves_them_reachable(world: World) -> None:
    await world.link()
    world.microsoft.faults.append(Fault(503, on=lambda method, path: "activities" in path))
    await world.install()
    with world.context.database.read() as session:
        assert people.address(session, ACCOUNT, "mara", "teams") == f"{TENANT}/{MARA}"
        assert stored.of_member(session, "teams", TENANT, MARA) is not None

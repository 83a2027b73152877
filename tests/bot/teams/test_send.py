"""Teams as a channel: what its answers mean, and that nothing goes out twice or astray."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pace import Pace
from bot.teams import incoming
from bot.teams.app import TeamsApp
from bot.teams.doctor import troubles, where
from bot.teams.refusals import Meaning, meaning, wait_of
from bot.teams.send import RATES
from service import cards, deliver, forward, rooms, withdraw
from service.channel import DeliveryKind, Failed, Hold, Retry, Sent
from service.context import Context
from store import alerts, forwards, outbox, people
from store import rooms as stored
from store.database import Database
from store.outbox import DeliveryState, StoredDelivery
from tests.bot.conftest import ACCOUNT, ALERT, Clock, fill
from tests.bot.deliveries import NOW
from tests.bot.deliveries import card as changed
from tests.bot.deliveries import summary as story
from tests.bot.teams.conftest import (
    FINN,
    MARA,
    MARTA,
    World,
    buttons,
    own_token,
    texts,
    used,
    verifier_of,
)
from tests.fakes.microsoft import APP, TENANT, Fault, Microsoft
from tests.postgres import Postgres

PATIENCE, LATE = 1.0, 2.5
"""How long the app waits for an answer where it is to be lost, and when that comes: a busy machine
answers everything else in time."""
TEAM = {"id": "19:team@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}


def posts(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/activities")


def updates(method: str, path: str) -> bool:
    return method == "PUT"


def deletes(method: str, path: str) -> bool:
    return method == "DELETE"


def opens(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/v3/conversations")


def refused(status: int, word: str = "", **more: Any) -> Fault:
    body = {"error": {"code": word, "message": "no"}} if word else {}
    return Fault(status, body, on=more.pop("on", posts), **more)


@pytest.fixture
async def linked(world: World) -> World:
    """Mara has the app, and what greeted her is gone from sight."""
    await world.link()
    await world.install()
    world.microsoft.posted.clear()
    world.microsoft.calls.clear()
    return world


def delivered(world: World, id: str = "delivery_summary") -> StoredDelivery:
    with world.context.database.read() as session:
        return {d.id: d for d in outbox.of_alert(session, ACCOUNT, ALERT)}[id]


def states(world: World) -> dict[str, str]:
    with world.context.database.read() as session:
        return {d.kind: str(d.state) for d in outbox.of_alert(session, ACCOUNT, ALERT)}


def charged(world: World) -> bool:
    with world.context.database.read() as session:
        alert = alerts.get(session, ACCOUNT, ALERT)
    assert alert is not None
    return alert.charged_at is not None


def reachable(world: World) -> set[str]:
    with world.context.database.read() as session:
        found = people.everybody(session, {ACCOUNT: {}}, channels=("teams",))[ACCOUNT]
    return {p.id for p in found if p.reachable}


async def later(world: World, **span: float) -> None:
    """Time passes, and the worker looks."""
    world.clock.pass_by(**span)
    await world.drain()


def told(world: World) -> str:
    return "\n".join(troubles(world.context))


@asynccontextmanager
async def hasty(world: World, **changes: Any) -> AsyncIterator[World]:
    """The same app with other patience or another token."""
    options: dict[str, Any] = {
        "client_id": APP,
        "verifier": verifier_of(world.microsoft),
        "token": own_token,
    }
    app = TeamsApp(world.context, **(options | changes))
    await app.start()
    yield replace(world, app=app)


async def test_a_summary_arrives_in_the_chat_of_two(linked: World) -> None:
    await linked.due()
    await linked.drain()
    (posted,) = linked.microsoft.posted
    assert posted.room == f"a:{MARA}"
    assert posted.body["type"] == "message"
    assert "8,420 of 10,000" in texts(posted.card)
    assert posted.body["summary"].startswith(posted.card["body"][0]["text"])
    assert "Useful" in buttons(posted.card)
    assert posted.card["refresh"]["action"]["data"]["action"] == "refresh"
    sent = delivered(linked)
    assert (sent.state, sent.reference) == (DeliveryState.SENT, f"{TENANT}/a:{MARA}/{posted.id}")
    assert charged(linked)
    assert told(linked).splitlines() == [told(linked)]  # Only that nobody linked our own.


async def test_who_is_known_by_a_team_only_gets_a_chat(world: World) -> None:
    await world.link()
    await world.send(world.activity("installationUpdate", action="add", conversation=TEAM))
    await world.done()
    await world.due()
    await world.drain()
    (opened,) = world.microsoft.opened
    assert opened["members"][0]["id"] == MARA
    assert opened["tenantId"] == TENANT
    assert world.microsoft.last().room == f"a:{MARA}"
    assert "Useful" in buttons(world.microsoft.last().card)
    assert where(world.context) == [
        f"Organisation {TENANT} is linked to {ACCOUNT}: 1 person can be written to. "
        "The app is in 1 team or group."
    ]
    with world.context.database.read() as session:
        room = stored.of_member(session, "teams", TENANT, MARA)
    assert room is not None
    assert (room.account, room.service_url) == (ACCOUNT, world.microsoft.url)


async def test_a_card_changes_the_message_and_posts_none(linked: World) -> None:
    await linked.due()
    await linked.drain()
    with linked.context.database.write() as session:
        alerts.close(session, ACCOUNT, ALERT, at=linked.clock.at, closed_as="muted")
        cards.refresh(session, ACCOUNT, ALERT, linked.clock.at)
    await linked.drain()
    (posted,) = linked.microsoft.posted
    assert states(linked) == {"summary": "sent", "card": "sent"}
    assert "Useful" not in buttons(posted.card)


async def forwarded(world: World) -> None:
    """Mara has passed it on to Marta, who has the app."""
    await world.install(MARTA)
    await world.due()
    await world.drain()
    forward.start(world.context, account=ACCOUNT, alert=ALERT, champion="mara", to="marta", note="")


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (None, None),
        (refused(404, "ActivityNotFoundInConversation", on=deletes), "Mara Lindt asked"),
        (refused(403, "NotEnoughPermissions", on=deletes), "withdrawn"),
        (refused(403, on=deletes), "withdrawn"),
    ],
    ids=["taken", "gone", "refused", "refused by no one known"],
)
async def test_a_forward_is_withdrawn(linked: World, fault: Fault | None, left: str | None) -> None:
    await forwarded(linked)
    await later(linked, seconds=11)
    theirs = linked.microsoft.last(f"a:{MARTA}")
    with linked.context.database.read() as session:
        (passed,) = forwards.of_alert(session, ACCOUNT, ALERT)
    if fault:
        linked.microsoft.faults.append(replace(fault))
    assert withdraw.withdraw(linked.context, account=ACCOUNT, forward=passed.id, person="mara")
    await linked.drain()
    assert sum(map(deletes, *zip(*linked.microsoft.calls, strict=True))) == 1
    here = [p for p in linked.microsoft.posted if p.id == theirs.id]
    if left is None:
        assert linked.microsoft.removed == [theirs.id]
        assert here == []
    else:
        assert left in texts(here[0].card)
    assert states(linked)["withdrawal"] == "sent"
    assert reachable(linked) == {"mara", "marta"}  # Nobody has said no.


@pytest.mark.parametrize("status", [408, 412, 429, 500, 502, 503, 504])
async def test_what_passes_is_tried_again_and_delivered_once(linked: World, status: int) -> None:
    linked.microsoft.faults.append(refused(status, times=2))
    await linked.due()
    await linked.drain()
    assert delivered(linked).state is DeliveryState.DUE
    assert str(status) in (delivered(linked).reason or "")
    assert not charged(linked)
    assert ("Teams asks for patience" if status == 429 else "did not answer properly") in told(
        linked
    )
    for _ in range(4):
        await later(linked, seconds=30)
    assert delivered(linked).state is DeliveryState.SENT
    assert len(linked.microsoft.posted) == 1
    assert len(linked.microsoft.calls) == 3


async def test_a_conversation_that_is_closed_holds_up_no_other(linked: World) -> None:
    await linked.install(FINN)
    linked.microsoft.posted.clear()
    linked.microsoft.faults.append(refused(429, "Throttled", headers={"Retry-After": "42"}))
    await linked.due()
    await linked.drain()
    calls = len(linked.microsoft.calls)
    until = linked.clock.at + timedelta(seconds=42)
    assert f"Teams wants no more messages there until {until:%H:%M:%S}" in told(linked)
    again = story(id="other", address=f"{TENANT}/{MARA}", account=ACCOUNT)
    held = await linked.app.channel.send(again)
    assert isinstance(held, Hold)
    assert (held.until, held.reason) == (until, "rate_limited")
    assert len(linked.microsoft.calls) == calls
    finn = replace(again, address=f"{TENANT}/{FINN}")
    assert isinstance(await linked.app.channel.send(finn), Sent)
    await later(linked, seconds=41)
    assert len(linked.microsoft.posted) == 1
    await later(linked, seconds=2)
    assert delivered(linked).state is DeliveryState.SENT
    assert "no more messages" not in told(linked)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7), ("0", 1), ("-5", 1), ("1.5", 1.5), ("", 5), ("soon", 5), ("nan", 5),
        ("inf", 3600),
        ("-inf", 1), ("1e308", 3600), ("99999999999", 3600), ("٣", 3), ("7; 8", 5), ("0x10", 5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1), ("Wed, 99 Oct 2015", 5), ("Wed, 21 Oct 2015", 5),
    ],
)  # fmt: skip
def test_how_long_it_waits_is_said_by_teams_within_reason(header: str, seconds: float) -> None:
    request = httpx.Request("POST", "https://x.test")
    answer = httpx.Response(429, headers={b"retry-after": header.encode()}, request=request)
    error = httpx.HTTPStatusError("429", request=request, response=answer)
    assert wait_of(error) == seconds


async def test_a_time_may_be_named_to_wait_for() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    request = httpx.Request("POST", "https://x.test")
    answer = httpx.Response(429, headers={"retry-after": at}, request=request)
    error = httpx.HTTPStatusError("429", request=request, response=answer)
    assert 60 < wait_of(error) <= 120


@pytest.mark.parametrize("header", ["inf", "1e308", "nan", "99999999999"])
async def test_no_answer_closes_a_conversation_for_good(linked: World, header: str) -> None:
    linked.microsoft.faults.append(refused(429, headers={"Retry-After": header}))
    await linked.due()
    await linked.drain()
    assert delivered(linked).state is DeliveryState.DUE
    await later(linked, seconds=3601)
    assert delivered(linked).state is DeliveryState.SENT


async def test_a_teams_that_is_not_there_is_tried_again(linked: World) -> None:
    """Nothing went out, and that is certain: the suggestion is sent once it is there."""
    async with hasty(
        linked, verifier=verifier_of(linked.microsoft, "http://127.0.0.1:9")
    ) as elsewhere:
        with linked.context.database.write() as session:
            room = stored.of_member(session, "teams", TENANT, MARA)
            assert room is not None
            stored.keep(session, replace(room, service_url="http://127.0.0.1:9"))
        await linked.due()
        await elsewhere.drain()
        assert delivered(linked).state is DeliveryState.DUE
        assert "ConnectError" in (delivered(linked).reason or "")
        with linked.context.database.write() as session:
            stored.keep(session, room)
        await later(linked, seconds=60)
    assert delivered(linked).state is DeliveryState.SENT
    assert len(linked.microsoft.posted) == 1


LOST = Fault(504, done=True, delay=LATE, on=posts)


async def test_a_suggestion_whose_answer_was_lost_is_not_sent_twice(linked: World) -> None:
    """It may have arrived, and nobody can look: once too often is worse than once too little."""
    linked.microsoft.faults.append(replace(LOST))
    async with hasty(linked, timeout=PATIENCE) as world:
        await world.due()
        await world.drain()
        assert delivered(world).state is DeliveryState.DUE
        assert (delivered(world).reason or "").startswith("answer_lost")
        assert "Teams' answer was lost" in told(world)
        await later(world, seconds=60)
    sent = delivered(linked)
    assert (sent.state, sent.reference) == (DeliveryState.SENT, f"{TENANT}/lost/lost")
    assert charged(linked)
    assert len(linked.microsoft.posted) == 1
    assert "1" in told(linked).splitlines()[-1]
    # What changes it later finds nothing to change, and says so.
    with linked.context.database.write() as session:
        cards.refresh(session, ACCOUNT, ALERT, linked.clock.at)
    await linked.drain()
    assert states(linked) == {"summary": "sent", "card": "failed"}
    assert "message_gone" in told(linked)


async def test_a_forward_whose_answer_was_lost_is_sent_again(linked: World) -> None:
    """Somebody waits for it: twice is better than not at all."""
    await forwarded(linked)
    linked.microsoft.faults.append(replace(LOST))
    async with hasty(linked, timeout=PATIENCE) as world:
        await later(world, seconds=11)
    await later(linked, seconds=60)
    theirs = [p for p in linked.microsoft.posted if p.room == f"a:{MARTA}"]
    assert len([p for p in theirs if "Open the case" in buttons(p.card)]) == 2
    with linked.context.database.read() as session:
        (passed,) = forwards.of_alert(session, ACCOUNT, ALERT)
    assert passed.state == "sent"


async def test_a_chat_whose_opening_was_lost_is_opened_again(world: World) -> None:
    """No message was on its way yet, so the suggestion is not taken for sent."""
    await world.link()
    await world.send(world.activity("installationUpdate", action="add", conversation=TEAM))
    await world.done()
    world.microsoft.posted.clear()
    world.microsoft.faults.append(Fault(504, delay=LATE, on=opens))
    async with hasty(world, timeout=PATIENCE) as impatient:
        await impatient.due()
        await impatient.drain()
    assert delivered(world).state is DeliveryState.DUE
    await later(world, seconds=60)
    assert delivered(world).state is DeliveryState.SENT
    assert [p.room for p in world.microsoft.posted] == [f"a:{MARA}"]
    assert "lost" not in str(delivered(world).reference)


async def test_a_withdrawal_whose_answer_was_lost_is_done_again(linked: World) -> None:
    await forwarded(linked)
    await later(linked, seconds=11)
    with linked.context.database.read() as session:
        (passed,) = forwards.of_alert(session, ACCOUNT, ALERT)
    linked.microsoft.faults.append(Fault(504, delay=LATE, on=deletes))
    assert withdraw.withdraw(linked.context, account=ACCOUNT, forward=passed.id, person="mara")
    async with hasty(linked, timeout=PATIENCE) as world:
        await world.drain()
    await later(linked, seconds=60)
    assert states(linked)["withdrawal"] == "sent"
    assert len(linked.microsoft.removed) == 1


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", "7"])
async def test_an_answer_that_is_none_counts_as_lost(linked: World, body: str) -> None:
    """A proxy on the way says yes to everything; whether it arrived nobody knows."""
    result = await linked.app.channel.send(story(address=f"{TENANT}/{MARA}", account=ACCOUNT))
    assert isinstance(result, Sent)
    linked.microsoft.faults.append(Fault(200, text=body, on=posts))
    result = await linked.app.channel.send(story(address=f"{TENANT}/{MARA}", account=ACCOUNT))
    assert isinstance(result, Retry)
    assert result.unsure
    assert result.reason.startswith("answer_lost")


@pytest.mark.parametrize("kind", [DeliveryKind.SUMMARY, DeliveryKind.RECEIPT])
async def test_killed_between_the_message_and_its_record(linked: World, kind: DeliveryKind) -> None:
    """kill -9 after Teams took it: a suggestion isn't sent again, all else is."""

    class Dies:
        name = "teams"

        async def send(self, outgoing: Any) -> Any:
            await linked.app.channel.send(outgoing)
            raise asyncio.CancelledError

    await linked.due(kind)
    sender = deliver.Sender(linked.context, {"teams": Dies()})
    await sender.begin()
    await sender.settled()
    assert len(linked.microsoft.posted) == 1
    assert delivered(linked, f"delivery_{kind}").state is DeliveryState.DUE
    await linked.drain()
    assert len(linked.microsoft.posted) == 1  # It is still claimed.
    await later(linked, seconds=61)
    assert delivered(linked, f"delivery_{kind}").state is DeliveryState.SENT
    assert len(linked.microsoft.posted) == (1 if kind is DeliveryKind.SUMMARY else 2)
    assert charged(linked) is (kind is DeliveryKind.SUMMARY)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "MessageWritesBlocked"}},
        {"error": {"code": "Forbidden", "subCode": "MessageWritesBlocked"}},
        {"error": {"code": "ConversationBlockedByUser"}},
        {"error": {"code": "BotNotInConversationRoster"}},
        {"error": {"code": "ForbiddenOperationException"}},
    ],
    ids=str,
)
async def test_who_blocks_the_app_has_said_no(linked: World, body: dict[str, Any]) -> None:
    linked.microsoft.faults.append(Fault(403, body, on=posts))
    await linked.due()
    await linked.drain()
    assert delivered(linked).state is DeliveryState.FAILED
    assert not charged(linked)
    assert reachable(linked) == set()
    assert told(linked)
    calls = len(linked.microsoft.calls)
    # Also where a team they are in has the app, and somebody else joins it.
    joined = linked.activity("conversationUpdate", FINN, membersAdded=[{"id": f"29:{FINN}"}])
    await linked.send({**joined, "conversation": TEAM})
    await linked.done()
    assert reachable(linked) == {"finn", "marta"}
    asked = len(linked.microsoft.calls)
    assert asked > calls
    await linked.due(DeliveryKind.RECEIPT)
    await later(linked, days=1)
    assert linked.microsoft.posted == []
    assert not any(map(opens, *zip(*linked.microsoft.calls, strict=True)))
    assert "1 person took the app out or turned it off" in "\n".join(where(linked.context))
    await linked.install()
    assert "mara" in reachable(linked)
    assert isinstance(
        await linked.app.channel.send(story(address=f"{TENANT}/{MARA}", account=ACCOUNT)), Sent
    )


async def test_who_blocked_it_and_is_met_in_a_team_does_not_close_the_team(world: World) -> None:
    await world.link()
    await world.send(world.activity("installationUpdate", action="add", conversation=TEAM))
    await world.done()
    world.microsoft.faults.append(refused(403, "MessageWritesBlocked", on=opens))
    await world.due()
    await world.drain()
    assert delivered(world).state is DeliveryState.FAILED
    assert reachable(world) == {"marta", "finn"}
    with world.context.database.read() as session:
        team = stored.get(session, "teams", TENANT, TEAM["id"])
    assert team is not None
    assert team.gone_at is None
    finn = story(address=f"{TENANT}/{FINN}", account=ACCOUNT)
    assert isinstance(await world.app.channel.send(finn), Sent)


async def test_another_403_is_nobody_s_no(linked: World) -> None:
    """A company's proxy has them too; whom the app may write to stays as it is."""
    linked.microsoft.faults.append(refused(403))
    await linked.due()
    await linked.drain()
    assert delivered(linked).state is DeliveryState.FAILED
    assert reachable(linked) == {"mara"}
    assert "with a word Segue does not know" in told(linked)


async def test_our_own_token_that_is_refused_is_tried_again_and_named(linked: World) -> None:
    linked.microsoft.faults.append(refused(401, "BotNotRegistered"))
    await linked.due()
    await linked.drain()
    assert delivered(linked).state is DeliveryState.DUE
    assert "SEGUE_TEAMS_CLIENT_ID" in told(linked)
    await later(linked, seconds=30)
    assert delivered(linked).state is DeliveryState.SENT


async def test_where_microsoft_gives_us_no_token_nothing_was_sent(linked: World) -> None:
    """A wrong secret, or a sign-in that is away: the suggestion isn't lost by that."""

    async def none(scope: Any, tenant: str | None) -> str:
        raise ValueError("AADSTS7000215: Invalid client secret provided")

    async with hasty(linked, token=none) as world:
        await world.due()
        await world.drain()
        for _ in range(3):
            await later(world, minutes=5)
        assert delivered(world).state is DeliveryState.DUE
        assert "SEGUE_TEAMS_CLIENT_ID" in told(world)
        assert not charged(world)
    assert linked.microsoft.posted == []
    await later(linked, hours=1)
    assert delivered(linked).state is DeliveryState.SENT
    assert len(linked.microsoft.posted) == 1


@pytest.mark.parametrize(
    ("status", "word", "found"),
    [
        (400, "BadSyntax", "message_refused: BadSyntax"),
        (400, "", "message_refused: 400"),
        (404, "ConversationNotFound", "room_gone: ConversationNotFound"),
        (405, "", "refused: 405"),
        (409, "Something", "refused: Something"),
        (413, "MessageSizeTooBig", "message_refused: MessageSizeTooBig"),
        (413, "", "message_refused: 413"),
        (418, "x" * 500, f"refused: {'x' * 60}"),
        (403, "NotEnoughPermissions", "scope_missing: NotEnoughPermissions"),
        (403, "BotDisabledByAdmin", "app_removed: BotDisabledByAdmin"),
    ],
)
async def test_what_will_never_work_is_said_with_its_meaning(
    linked: World, status: int, word: str, found: str
) -> None:
    linked.microsoft.faults.append(refused(status, word))
    await linked.due()
    await linked.drain()
    failed = delivered(linked)
    assert (failed.state, failed.reason) == (DeliveryState.FAILED, found)
    assert reachable(linked) == {"mara"}
    line = next(one for one in troubles(linked.context) if found.partition(": ")[2][:9] in one)
    assert "Slack" not in line
    assert len(linked.microsoft.calls) == 1


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"error": "no"}', b'{"error": [1]}', b"\xff"]
)
def test_a_refusal_of_any_shape_is_understood(body: bytes) -> None:
    request = httpx.Request("POST", "https://x.test")
    answer = httpx.Response(409, content=body, request=request)
    error = httpx.HTTPStatusError("409", request=request, response=answer)
    assert meaning(error) is Meaning.REFUSED


async def test_nobody_of_another_account_is_written_to(linked: World) -> None:
    calls = len(linked.microsoft.calls)
    other = story(address=f"{TENANT}/{MARA}", account="acc_other")
    assert isinstance(await linked.app.channel.send(other), Failed)
    assert isinstance(await linked.app.channel.send(story(address=None, account=ACCOUNT)), Failed)
    gone = changed(reference=f"{TENANT}/a:nobody/1", account=ACCOUNT)
    assert isinstance(await linked.app.channel.send(gone), Failed)
    await linked.due()
    await linked.drain()
    reference = delivered(linked).reference
    theirs = changed(reference=reference, account="acc_other")
    assert isinstance(await linked.app.channel.send(theirs), Failed)
    assert len(linked.microsoft.calls) == calls + 1


@pytest.mark.parametrize("reference", ["", "x", "x/y", f"{TENANT}/lost/lost"])
async def test_a_reference_that_names_no_message(linked: World, reference: str) -> None:
    result = await linked.app.channel.send(changed(reference=reference, account=ACCOUNT))
    assert isinstance(result, Failed)


# Pace


LIMITS = ((7, 1), (8, 2), (60, 30), (1_800, 3_600))


def most_within(times: list[datetime], seconds: int) -> int:
    """The most within any span of so long."""
    most, first = 0, 0
    for last, at in enumerate(times):
        while (at - times[first]).total_seconds() >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.fixture
def paced(context: Context) -> Context:
    return context


async def test_in_an_hour_a_conversation_gets_what_microsoft_allows_and_no_more(
    context: Context,
) -> None:
    """Somebody tries without end: each goes as soon as its turn has come."""
    clock, pace, went = context.clock, Pace(context, RATES), list[datetime]()
    assert isinstance(clock, Clock)
    while clock.at < NOW + timedelta(hours=1, minutes=5):
        hold = await pace.turn("t", "room", post=True)
        if hold is None:
            went.append(clock.at)
        else:
            clock.at = hold.until
    for most, seconds in LIMITS:
        assert most_within(went, seconds) <= most
    assert len(went) > 1_750


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.floats(0, 9), min_size=30, max_size=90), st.integers(0, 9))
def test_whenever_they_come_no_limit_is_passed(
    paced: Context, waits: list[float], seed: int
) -> None:
    clock, went, pace = paced.clock, list[datetime](), Pace(paced, RATES)
    assert isinstance(clock, Clock)
    clock.pass_by(hours=2)
    team = f"t{seed}"

    async def run() -> None:
        for wait in waits:
            clock.pass_by(seconds=wait if wait > 4 else wait / 20)
            if await pace.turn(team, "room", post=True) is None:
                went.append(clock.at)

    asyncio.run(run())
    for most, seconds in LIMITS:
        assert most_within(went, seconds) <= most


async def test_an_organisation_gets_fifty_a_second_at_most(context: Context) -> None:
    clock, pace, went = context.clock, Pace(context, RATES), list[datetime]()
    assert isinstance(clock, Clock)
    for n in range(200):
        while (hold := await pace.turn("t", f"room-{n}", post=n % 3 != 0)) is not None:
            clock.at = hold.until
        went.append(clock.at)
    assert most_within(went, 1) <= 50
    assert (went[-1] - went[0]).total_seconds() < 10


async def test_a_queue_goes_in_order_and_at_this_pace(linked: World) -> None:
    with linked.context.database.write() as session:
        for n in range(20):
            made = StoredDelivery(
                account=ACCOUNT,
                id=f"receipt_{n:02}",
                alert=ALERT,
                kind=DeliveryKind.RECEIPT,
                person="mara",
                channel="teams",
                due_at=linked.clock.at,
                created_at=linked.clock.at - timedelta(minutes=5) + timedelta(seconds=n),
                body={"text": f"Answer {n}."},
            )
            outbox.add(session, made)
    went = list[datetime]()
    for _ in range(60):
        await linked.drain()
        went += [linked.clock.at] * (len(linked.microsoft.posted) - len(went))
        linked.clock.pass_by(seconds=1)
    assert [texts(p.card) for p in linked.microsoft.posted] == [f"Answer {n}." for n in range(20)]
    for most, seconds in LIMITS:
        assert most_within(went, seconds) <= most


# Two nodes


async def race(world: World, other: Context) -> None:
    """Two processes look at one outbox at the same time."""
    app = TeamsApp(other, client_id=APP, verifier=verifier_of(world.microsoft), token=own_token)
    await app.start()
    world.microsoft.faults.append(Fault(0, delay=0.2, on=posts, times=-1))
    await world.due()
    channels = [(world.context, world.app.channel), (other, app.channel)]
    await asyncio.gather(
        *(deliver.run_due(context, {"teams": channel}) for context, channel in channels * 4)
    )
    assert len(world.microsoft.posted) == 1
    assert delivered(world).state is DeliveryState.SENT


async def test_two_nodes_send_once(linked: World) -> None:
    assert linked.context.database.file is not None
    database = Database(f"sqlite:///{linked.context.database.file}")
    await race(linked, replace(linked.context, database=database))
    database.close()


async def test_two_nodes_send_once_on_postgresql(
    context: Context, microsoft: Microsoft, postgres: Postgres
) -> None:
    url = postgres.migrated()
    nodes = [replace(context, database=Database(url)) for _ in range(2)]
    fill(nodes[0])
    used(nodes[0])
    app = TeamsApp(nodes[0], client_id=APP, verifier=verifier_of(microsoft), token=own_token)
    await app.start()
    assert isinstance(context.clock, Clock)
    async with httpx.AsyncClient() as client:
        world = World(nodes[0], context.clock, microsoft, app, client)
        await world.link()
        room = incoming.read(world.activity("message")).stored(world.clock.at)
        rooms.entered(nodes[0], room)
        rooms.known(nodes[0], "teams", TENANT, [rooms.Member(id=MARA, email="champion@acme.test")])
        await race(world, nodes[1])
    for node in nodes:
        node.database.close()
    postgres.drop(url)

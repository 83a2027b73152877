"""A long queue before one lane: each message is tried about once, in order, and at Slack's pace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.pace import Pace, method_lane
from bot.slack.send import RATES, SlackChannel
from service import deliver
from service.channel import DeliveryKind, Failed, Hold, Outgoing, Retry, Sent
from store import outbox
from store.tables import Person
from tests.bot.conftest import ACCOUNT, ALERT, TEAM, World
from tests.fakes.slack_proxy import Call, Fault

POST, UPDATE = "chat.postMessage", "chat.update"


@dataclass
class Counting:
    """The real channel, and how often it was asked."""

    channel: SlackChannel
    name = "slack"
    asked: int = 0

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Hold | Failed:
        self.asked += 1
        return await self.channel.send(outgoing)


def queue(
    world: World,
    kind: DeliveryKind,
    people: Sequence[str],
    *,
    thread: bool = True,
    prefix: str = "d",
) -> list[str]:
    """A delivery to each of these that is due now; with `thread` all are about one message."""
    ids = [f"{prefix}{n:03}" for n in range(len(people))]
    sent = world.last(POST)
    about = {"reference": f"{TEAM}/{sent['channel']}/{sent['ts']}"} if thread else {}
    with world.context.database.write() as session:
        for n, (id, person) in enumerate(zip(ids, people, strict=True)):
            made = outbox.StoredDelivery(
                account=ACCOUNT,
                id=id,
                alert=ALERT,
                kind=kind,
                person=person,
                channel="slack",
                due_at=world.clock.at,
                created_at=world.clock.at - timedelta(minutes=5) + timedelta(seconds=n),
                body={"text": f"Answer {n}."} | about,
            )
            outbox.add(session, made)
    return ids


async def look(world: World, channel: Counting) -> None:
    """What the worker does at one instant."""
    while await deliver.run_due(world.context, {"slack": channel}):
        pass


async def drain(world: World, channel: Counting, method: str, count: int) -> list[float]:
    """The worker looks once a second; after how many seconds each message went."""
    start, went = world.clock.at, list[float]()
    before = len(taken(world, method))
    for _ in range(10 * count):
        await look(world, channel)
        passed = (world.clock.at - start).total_seconds()
        went += [passed] * (len(taken(world, method)) - before - len(went))
        if len(went) == count:
            return went
        world.clock.pass_by(seconds=1)
    raise AssertionError(f"{len(went)} of {count} went")


def taken(world: World, method: str) -> list[Call]:
    return [c for c in world.proxy.of(method) if c.answer.get("ok")]


def posted(world: World) -> list[str]:
    return [c.body["metadata"]["event_payload"]["id"] for c in taken(world, POST)]


@pytest.fixture
async def channel(world: World) -> Counting:
    """The champion has their message."""
    await world.push()
    world.clock.pass_by(minutes=1)
    return Counting(SlackChannel(world.context, api_url=world.proxy.api_url, timeout=20))


async def test_a_room_s_queue_goes_one_a_second_and_in_order(
    world: World, channel: Counting
) -> None:
    ids = queue(world, DeliveryKind.RECEIPT, ["mara"] * 40)
    assert await drain(world, channel, POST, 40) == [0, 0, 0, *range(1, 38)]
    assert posted(world)[1:] == ids
    assert channel.asked <= 40 + 2


async def test_a_workspace_s_queue_goes_five_a_second(world: World, channel: Counting) -> None:
    queue(world, DeliveryKind.CARD, [f"person{n}" for n in range(40)])
    went = await drain(world, channel, UPDATE, 40)
    assert (went[19], went[-1]) == (0, 4)
    assert channel.asked <= 40 + outbox.AT_A_TIME


async def test_what_waits_for_a_room_that_slack_closed_goes_in_order_when_it_opens(
    world: World, channel: Counting
) -> None:
    ids = queue(world, DeliveryKind.RECEIPT, ["mara"] * 12)
    world.proxy.faults.append(Fault(POST, 429, "ratelimited", {"Retry-After": "30"}))
    went = await drain(world, channel, POST, 12)
    assert posted(world)[1:] == ids
    assert went == [30, 30, 30, *range(31, 40)]
    assert channel.asked <= 12 + 3


async def test_a_card_goes_before_a_long_queue(world: World, channel: Counting) -> None:
    """Whoever has clicked sees at once what came of it."""
    queue(world, DeliveryKind.RECEIPT, ["mara"] * 20)
    await look(world, channel)
    queue(world, DeliveryKind.CARD, ["mara"], prefix="card")
    await look(world, channel)
    assert len(taken(world, UPDATE)) == 1
    assert len(posted(world)) == 1 + 3


async def test_people_whom_slack_will_not_look_up_now_are_looked_up_one_after_the_other(
    world: World, channel: Counting
) -> None:
    names = ("marta", "finn", "stranger", "newcomer")
    with world.context.database.write() as session:
        for name in names[2:]:
            email = f"{name}@acme.test"
            session.add(Person(account=ACCOUNT, id=name, role="user", email=email))
    queue(world, DeliveryKind.RECEIPT, names, thread=False)
    await Pace(world.context, RATES).close(method_lane(TEAM, "users_lookupByEmail"), 30, "429")
    assert await drain(world, channel, POST, len(names)) == [30, 32, 33, 34]
    assert channel.asked == 2 * len(names)

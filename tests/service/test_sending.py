"""What is sent at the same time: a slow call holds up nobody else, and nothing is begun twice."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.worker import Worker
from service.channel import Outgoing, Sent
from service.deliver import Sender
from store import outbox
from store.outbox import AT_A_TIME, StoredDelivery
from tests.api.live import PEOPLE, Live, growing
from tests.backends import FILE

BACKENDS = FILE
NIGHT = datetime(2026, 11, 19, 2, tzinfo=UTC)
"""Three o'clock in Berlin, nine in the evening in New York."""
MORNING = datetime(2026, 11, 19, 14, tzinfo=UTC)
"""Nine o'clock in New York; in Berlin it has been morning for long."""


@dataclass
class Slow:
    """A channel that answers for some accounts only once it is let go."""

    name = "slack"
    slow: set[str] = field(default_factory=set)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    async def send(self, outgoing: Outgoing) -> Sent:
        self.asked[outgoing.account] += 1
        if outgoing.account in self.slow:
            await self.go.wait()
        self.done[outgoing.account] += 1
        return Sent("T/D/1")


async def until(holds: Any) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


def waiting(world: Live, zone: str) -> str:
    """An account whose push waits for the morning of its reader."""
    world.clock.set(NIGHT)
    people = {**PEOPLE, "priya": {**PEOPLE["priya"], "time_zone": zone}}
    account = world.account(usage=growing(NIGHT.date()), limits={"reports": 600}, people=people)
    world.settle()
    assert world.deliveries(account)[0]["reason"] == "quiet_hours"
    return account


def state(world: Live, account: str) -> tuple[str, int]:
    [found] = world.deliveries(account)
    return found["state"], found["attempts"]


def test_a_slow_call_holds_up_no_other_account(world: Live) -> None:
    """The worker goes on to what is due next, and ends once the slow call has."""
    first, second = waiting(world, "Europe/Berlin"), waiting(world, "America/New_York")

    async def work() -> None:
        channel = Slow(slow={first})
        worker = Worker(world.runtime.context, {"slack": channel})
        world.clock.set(MORNING - timedelta(seconds=30))
        await worker.start()
        await until(lambda: channel.asked[first])
        world.clock.set(MORNING)
        await until(lambda: channel.done[second])
        assert not channel.done[first]
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0.1)
        assert not stopping.done(), "it ends what it has begun"
        channel.go.set()
        await stopping
        assert set(channel.asked.values()) == set(channel.done.values())

    asyncio.run(work())
    assert state(world, first) == state(world, second) == ("sent", 1)


def test_what_takes_longer_than_a_minute_stays_with_who_sends_it(world: Live) -> None:
    account = waiting(world, "Europe/Berlin")

    async def work() -> None:
        channel = Slow(slow={account})
        world.clock.set(MORNING)
        here = Sender(world.runtime.context, {"slack": channel}, renewed=0.05)
        there = Sender(world.runtime.context, {"slack": channel})
        assert await here.begin()
        await until(lambda: channel.asked[account])
        for _ in range(3):
            world.clock.advance(seconds=50)
            await asyncio.sleep(0.3)
            assert await there.begin() == 0
        channel.go.set()
        await here.settled()
        assert channel.asked[account] == channel.done[account]

    asyncio.run(work())
    assert state(world, account) == ("sent", 1)


def test_a_long_queue_of_one_account_takes_few_of_the_places(world: Live) -> None:
    account, alert = world.asked()
    other, _ = world.asked()
    now = world.clock.now()
    with world.runtime.context.database.write() as session:
        for name, count in ((account, 50), (other, 1)):
            for n in range(count):
                receipt = StoredDelivery(
                    account=name, id=f"d{n:02}", alert=alert, kind="receipt", person=f"p{n}",
                    channel="slack", due_at=now, created_at=now + timedelta(seconds=n),
                    body={"reference": "T/D/1"},
                )  # fmt: skip
                outbox.add(session, receipt)

    async def work() -> None:
        channel = Slow(slow={account})
        sender = Sender(world.runtime.context, {"slack": channel})
        assert await sender.begin() == AT_A_TIME + 1
        assert await sender.begin() == 0
        await until(lambda: channel.asked[account] == AT_A_TIME)
        channel.go.set()
        await sender.settled()
        while await sender.begin():
            await sender.settled()
        assert channel.done[account] == 50

    asyncio.run(work())

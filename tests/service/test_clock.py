"""A clock that was wrong for a while: nothing is lost, nothing said twice, nothing waits for it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from segue.jobs import Jobs
from segue.worker import Worker
from service import evaluate, tidy
from store import due, outbox
from tests.api.live import NOW, Live

WRONG = timedelta(days=5)
SOON = NOW + timedelta(minutes=1)


def test_what_only_a_clock_that_was_ahead_knew_is_told_on_its_day(world: Live) -> None:
    account = world.account()
    world.settle()
    world.sink.forget()
    world.clock.set(NOW + WRONG)
    world.use(account, 400)
    evaluate.run_due(world.runtime.context)
    assert [d["state"] for d in world.deliveries(account, "notice")] == ["due"]
    world.clock.set(SOON)
    tidy.run(world.runtime.context)
    world.settle()
    assert world.sink.messages == [], "the usage is of another day"
    world.clock.set(NOW + WRONG + timedelta(minutes=1))
    world.settle()
    assert len(world.sink.messages) == 1


def test_what_is_true_by_the_right_clock_too_is_told_at_once_and_once(world: Live) -> None:
    account = world.account()
    world.settle()
    world.sink.forget()
    world.use(account, 400)
    world.clock.set(NOW + WRONG)
    evaluate.run_due(world.runtime.context)
    assert [d["state"] for d in world.deliveries(account, "notice")] == ["due"]
    for later in (SOON, SOON + timedelta(hours=1), NOW + WRONG + timedelta(minutes=1)):
        world.clock.set(later)
        tidy.run(world.runtime.context)
        world.settle()
        assert len(world.sink.messages) == 1


def test_what_was_told_by_it_is_not_told_again(world: Live) -> None:
    account = world.account()
    world.settle()
    world.sink.forget()
    world.use(account, 400)
    for later in (NOW + WRONG, SOON, NOW + WRONG + timedelta(minutes=1)):
        world.clock.set(later)
        tidy.run(world.runtime.context)
        world.settle()
        assert len(world.sink.messages) == 1


def test_a_daily_look_does_not_wait_for_the_day_the_clock_showed(world: Live) -> None:
    account = world.account()
    world.settle()
    world.clock.set(NOW + WRONG)
    world.settle()
    world.clock.set(NOW + timedelta(hours=1))
    tidy.run(world.runtime.context)
    before = len(world.admin("GET", f"/v1/accounts/{account}/decisions").json()["decisions"])
    assert evaluate.run_due(world.runtime.context) >= 1, before


def test_claims_made_by_it_are_free_and_those_of_now_are_not(world: Live) -> None:
    context = world.runtime.context
    account = world.account()
    for wrong, free in ((WRONG, True), (timedelta(0), False)):
        with context.database.write() as session:
            due.mark(session, account, NOW)
            session.flush()
        world.clock.set(NOW + wrong)
        with context.database.write() as session:
            claims = due.claim(session, context.clock.now(), daily=False, limit=10)
        assert [claim.account for claim in claims] == [account]
        world.clock.set(SOON)
        tidy.run(context)
        assert bool(evaluate.run_due(context)) is free


def test_sends_claimed_by_it_are_free(world: Live) -> None:
    context = world.runtime.context
    account = world.account()
    world.use(account, 400)
    evaluate.run_due(context)
    world.clock.set(NOW + WRONG)
    with context.database.write() as session:
        assert outbox.claim(session, context.clock.now())
    world.clock.set(NOW)
    tidy.run(context)
    with context.database.write() as session:
        assert outbox.claim(session, NOW)


async def test_jobs_wait_for_no_time_that_is_over() -> None:
    loop, led, tidied = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def lead() -> int:
        loop.call_soon_threadsafe(led.set)
        return 1

    jobs = Jobs(
        tidy=lambda: loop.call_soon_threadsafe(tidied.set),
        pack=lambda: None,
        digests=lambda: None,
        nightly=lambda: None,
        lead=lead,
    )
    jobs.start()
    await asyncio.wait_for(led.wait(), 10)
    led.clear()
    await asyncio.sleep(0.1)
    jobs.again()
    await asyncio.wait_for(led.wait(), 3)
    await asyncio.wait_for(tidied.wait(), 3)
    jobs.stop()


async def test_a_worker_notices_that_the_clock_was_put_back(world: Live) -> None:
    context, account = world.runtime.context, await asyncio.to_thread(world.account)

    def next_look() -> datetime:
        with context.database.read() as session:
            return due.watches(session, [account])[account].next_daily

    async def until(holds: Callable[[datetime], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds(await asyncio.to_thread(next_look)):
                await asyncio.sleep(0.1)

    worker = Worker(context, world.runtime.channels)
    await worker.start()
    try:
        world.clock.set(NOW + WRONG)
        await until(lambda look: look > NOW + WRONG)
        world.clock.set(SOON)
        await until(lambda look: look < NOW + timedelta(days=2))
    finally:
        await worker.stop()

"""The database goes away while messages go out: none is lost by it, and none goes out again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from engine.errors import Unavailable
from service import evaluate
from tests.api.live import Live
from tests.backends import hearing


@contextmanager
def away(world: Live, where: str) -> Iterator[list[str]]:
    """No statement with these words is taken; gives those that were refused."""
    refused: list[str] = []

    def refuse(*call: Any) -> None:
        if where in " ".join(call[2].split()):
            refused.append(call[2])
            raise OperationalError(call[2], None, Exception("database is locked"))

    with hearing(world.runtime.context.database, "before_cursor_execute", refuse):
        yield refused


def step(world: Live) -> None:
    """One step of the worker, which goes on to the next whatever happens."""
    asyncio.run(world.runtime.worker.step())


def test_what_was_handed_over_is_noted_later_and_goes_out_once(world: Live) -> None:
    account = world.account()
    with away(world, "INSERT INTO attempt") as refused:
        step(world)
        assert refused
        assert len(world.sink.messages) == 1
    world.clock.advance(minutes=10)
    world.settle()
    assert len(world.sink.messages) == 1
    (push,) = world.deliveries(account)
    assert (push["state"], push["attempts"]) == ("sent", 1)


@pytest.mark.parametrize("where", ["INSERT INTO address", "AND delivery.attempts = "])
def test_what_could_not_be_handed_over_goes_out_at_once_when_it_can(
    world: Live, where: str
) -> None:
    account = world.account()
    with away(world, where) as refused:
        step(world)
        assert refused
        assert world.sink.messages == []
    world.settle()
    assert len(world.sink.messages) == 1
    (push,) = world.deliveries(account)
    assert (push["state"], push["attempts"]) == ("sent", 1)


def test_a_look_that_could_not_be_kept_is_made_again_at_once(world: Live) -> None:
    account = world.account()
    with away(world, "INSERT INTO decision"), pytest.raises(Unavailable):
        evaluate.run_due(world.runtime.context)
    world.settle()
    assert world.deliveries(account)[0]["state"] == "sent"


def test_what_can_never_be_written_holds_up_nothing_behind_it(
    world: Live, caplog: pytest.LogCaptureFixture
) -> None:
    account = world.account()
    world.runtime.context.owed.later(lambda: [][0])
    world.settle()
    assert world.deliveries(account)[0]["state"] == "sent"
    assert "can't be written" in caplog.text

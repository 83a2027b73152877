"""Callbacks are claimed once, however many nodes they reach."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.context import Context
from store import callbacks
from tests.bot.deliveries import NOW


def claim(context: Context, name: str, source: str = "slack click") -> bool:
    with context.database.write() as session:
        return callbacks.claim(session, source=source, id=name, at=NOW)


def test_the_first_claim_wins(context: Context) -> None:
    assert [claim(context, "a"), claim(context, "a"), claim(context, "b")] == [True, False, True]
    assert claim(context, "a", source="slack event")


def test_of_many_at_once_one_wins(context: Context) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: claim(context, "same"), range(16)))
    assert won.count(True) == 1


def test_a_claim_is_gone_with_the_work_that_failed(context: Context) -> None:
    def fail() -> None:
        with context.database.write() as session:
            assert callbacks.claim(session, source="s", id="a", at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert claim(context, "a", source="s")


def test_old_claims_are_forgotten(context: Context) -> None:
    claim(context, "old")
    with context.database.write() as session:
        callbacks.claim(session, source="s", id="new", at=NOW + timedelta(days=2))
        assert callbacks.forget_before(session, NOW + timedelta(days=1)) == 1
    assert claim(context, "old")
    assert not claim(context, "new", source="s")

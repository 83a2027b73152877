"""The short form of `python -m tests.bot.chaos`: two nodes and a bad Slack, but nobody dies."""

from pathlib import Path

from tests.bot.chaos import run
from tests.postgres import Postgres


async def test_each_delivery_arrives_and_none_twice(tmp_path: Path, postgres: Postgres) -> None:
    outcome = await run(tmp_path, postgres, deliveries=30, seed=2, kill=False)
    assert outcome.forwards == {"sent": 30}, outcome.told()
    assert outcome.twice == []
    assert len(outcome.arrived) == 30
    assert outcome.undone == 0
    assert sorted(outcome.answers.values()) == [1] * 8, "each command is answered once"
    assert outcome.homes == 8
    assert outcome.whole
    assert outcome.faults["lost"] > 0

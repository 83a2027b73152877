"""The short form of `python -m tests.bot.chaos`: two nodes, a bad Slack, a kill -9 in the midst."""

from pathlib import Path

from tests.bot.chaos import run
from tests.postgres import Postgres


async def test_each_delivery_arrives_and_none_twice(tmp_path: Path, postgres: Postgres) -> None:
    outcome = await run(tmp_path, postgres, deliveries=40, seed=3)
    assert outcome.forwards == {"sent": 40}, outcome.told()
    assert outcome.twice == []
    assert len(outcome.arrived) == 40
    assert outcome.undone == 0
    assert outcome.killed == 1
    assert outcome.faults["lost"] > 0

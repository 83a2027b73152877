"""What one usage event costs, step by step: commits of 12,000 by one thread, nothing beside it.

python -m bench.ingest.cost [--commits 40]

It says what bounds the rate: Python's steps share one interpreter, so their sum is the least time
an event takes; while the database's steps run, another thread may compute.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.ingest.events import Bodies
from bench.ingest.postgres import postgres
from bench.ingest.servers import prepared
from bench.world.machine import described
from segue import settings
from segue.opening import context_of
from segue.server import spare_the_collector
from service import checked, evaluate, keep
from service.batch import Batch
from service.context import Context
from service.usage import Rules
from store import accounts, usage, watch
from store.seen import Seen

_TOGETHER = 120
"""Requests of 100 events in a commit: as many as wait when much comes in."""
_BEFORE = 20
_NAMES = checked.Names()
_STEPS = (
    (checked, "decoded", "JSON to events"),
    (checked, "check_all", "checked, with keys and contents"),
    (accounts, "homes", "its account read and locked"),
    (Seen, "known", "asked whether it was seen"),
    (Batch, "take_all", "added up by account, meter and hour"),
    (Seen, "add", "its fingerprint kept"),
    (usage, "add_hours", "hours written"),
    (usage, "add_days", "days written"),
    (usage, "add_user_days", "who had value on which day"),
    (watch, "add", "what its meter came to, and whether that is worth a look"),
)


class Costs:
    """Seconds by step."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time noted."""

        @wraps(function)
        def run(*args: Any, **more: Any) -> Any:
            with self.note(name):
                return function(*args, **more)

        return run

    @contextmanager
    def note(self, name: str) -> Iterator[None]:
        """Note how long something takes."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - begin


def main() -> None:
    """Measure on both databases, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=40)
    commits: int = parser.parse_args().commits
    spare_the_collector()
    with tempfile.TemporaryDirectory() as folder, postgres() as made:
        home = Path(folder)
        found = {
            "SQLite": measured(home / "sqlite", f"sqlite:///{home}/cost.db", commits),
            "PostgreSQL": measured(home / "pg", made("cost"), commits),
        }
    print(f"{described()}\n\n| microseconds an event | {' | '.join(found)} |\n|---|--:|--:|")
    for name in found["SQLite"]:
        print(f"| {name} | {' | '.join(f'{of[name]:.2f}' for of in found.values())} |")


def measured(folder: Path, url: str, commits: int) -> dict[str, float]:
    """Microseconds an event by step; the accounts are known and were looked at."""
    environment, _ = prepared(folder, url)
    with patch.dict(os.environ, environment):
        context = context_of(settings.load())
    try:
        seen, bodies = (
            Seen(context.database.sqlalchemy.dialect.name),
            Bodies(100, begin=time.time()),
        )
        for n in range(_BEFORE):
            _commit(context, seen, bodies, n, Costs())
        while evaluate.run_due(context):
            pass
        costs = Costs()
        with ExitStack() as stack:
            for place, name, said in _STEPS:
                timed = costs.timed(said, getattr(place, name))
                stack.enter_context(patch.object(place, name, timed))
            for n in range(_BEFORE, _BEFORE + commits):
                _commit(context, seen, bodies, n, costs)
    finally:
        context.database.close()
    spent = {said: costs.spent[said] for _, _, said in _STEPS}
    spent["everything else in the unit of work"] = costs.spent["kept"] - sum(
        of for said, of in spent.items() if said not in (_STEPS[0][2], _STEPS[1][2])
    )
    spent["commit"] = costs.spent["whole"] - costs.spent["kept"]
    spent["**all of it**"] = sum(spent.values())
    return {name: of / (commits * _TOGETHER * 100) * 1e6 for name, of in spent.items()}


def _commit(context: Context, seen: Seen, bodies: Bodies, n: int, costs: Costs) -> None:
    """As the writer does, with what came in for it checked before."""
    now = context.clock.now()
    rules = Rules(catalogue=context.policy().catalogue, now=now, oldest=None)
    loads = [
        checked.check_all(rules, _NAMES, checked.decoded(bodies.body(n * _TOGETHER + of)))
        for of in range(_TOGETHER)
    ]
    if seen.full:
        with context.database.write() as session:
            seen.roll(session, now)
    with costs.note("whole"), context.database.write() as session, costs.note("kept"):
        keep.keep(session, seen, rules.catalogue, loads, now)
    seen.kept()


if __name__ == "__main__":
    main()

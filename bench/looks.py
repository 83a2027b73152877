"""Prints what a daily look costs an account, from the stored days to the written decision.

python -m bench.looks [--accounts 2000] [--meters 2] [--days 400]
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.speed.clock import Clock, peak_mib
from bench.world.machine import described
from engine.decide import decide_all
from engine.snapshot import Person, Role
from service import configure, evaluate, snapshot
from service.context import Context
from service.secrets import Secrets
from store import accounts, decisions, roster, usage
from store.accounts import StoredAccount
from store.database import Database
from store.migrations import migrate
from store.types import MICRO
from store.usage import How

_TODAY = date(2025, 11, 20)
_NOW = datetime.combine(_TODAY, time(9), UTC)
_PEOPLE, _SEED = 4, 1
_BATCH = evaluate.TOGETHER


@dataclass(kw_only=True)
class Still:
    """A clock that a benchmark sets."""

    at: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at


@dataclass(frozen=True, kw_only=True)
class Took:
    """What a pass over all accounts took: all of it, and two of its parts alone."""

    whole: Clock = field(default_factory=Clock)
    load: Clock = field(default_factory=Clock)
    decide: Clock = field(default_factory=Clock)
    outcomes: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Fill a database, look at everybody for two days, and print the second."""
    options = _options()
    print(f"machine: {described()}; one process, SQLite")
    with tempfile.TemporaryDirectory() as folder:
        context = opened(Path(folder))
        _progress("filling the database")
        fill(context, options.accounts, options.meters, options.days)
        _progress("the day before")
        look(context, _NOW - timedelta(days=1))
        _progress("the day")
        took = measured(context)
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        context.database.close()
    per = [1e6 * clock.cpu / options.accounts for clock in (took.load, took.decide, took.whole)]
    load, decide, whole = per
    wall = 1e6 * took.whole.wall / options.accounts
    told = f"{options.accounts} accounts, {options.meters} meters, {options.days} days"
    print(f"\n{told}, {size:.0f} MiB; CPU us an account, a daily look each:\n")
    print("| load | decide | claim, words, write | whole | beside deciding | whole, wall |")
    print("|--:|--:|--:|--:|--:|--:|")
    cells = (load, decide, whole - load - decide, whole, whole - decide, wall)
    print("| " + " | ".join(f"{cell:.0f}" for cell in cells) + " |")
    print(f"\n{dict(took.outcomes)}; peak memory {peak_mib():.0f} MiB")


def opened(folder: Path) -> Context:
    """A context on a database of its own."""
    database = Database(f"sqlite:///{folder}/segue.db")
    migrate(database)
    return Context(
        database=database,
        clock=Still(at=_NOW),
        secrets=Secrets(["a-secret-of-a-benchmark"]),
        public_url="http://localhost",
    )


def fill(context: Context, number: int, meters: int, days: int) -> None:
    """Accounts with their people and days, each day after the other, as they come in."""
    rng, begin = np.random.default_rng(_SEED), _TODAY - timedelta(days - 1)
    keys = [f"meter-{n}" for n in range(meters)]
    _set(context, datetime.combine(begin, time(), UTC))
    configure.apply(context, _policy(keys), "bench")
    amounts = {key: _amounts(rng, number, days) for key in keys}
    names = [f"a{n:06d}" for n in range(number)]
    limits = {key: _limits(rng, of) for key, of in amounts.items()}
    with context.database.write() as session:
        for n, name in enumerate(names):
            own = {key: str(limits[key][n]) for key in keys}
            account = StoredAccount(id=name, plan="base", seats=_PEOPLE, since=begin, limits=own)
            accounts.put(session, account, context.clock.now(), _NOW - timedelta(days=1))
            for p in range(_PEOPLE):
                role = Role.USER if p else Role.CHAMPION
                roster.put_person(session, name, Person(id=f"p{p}", role=role))
    works = rng.random((number, _PEOPLE, days)) < rng.uniform(0.1, 0.6, (number, _PEOPLE, 1))
    for n in range(days):
        day = begin + timedelta(n)
        at = datetime.combine(day, time(15), UTC)
        rolled = {
            (name, key, day): (amount * MICRO, 3, at)
            for key, of in amounts.items()
            for name, amount in zip(names, of[:, n].tolist(), strict=True)
            if amount
        }
        here = np.argwhere(works[:, :, n] & (amounts[keys[0]][:, n, None] > 0)).tolist()
        with context.database.write() as session:
            usage.add_days(session, How.ADD, rolled)
            usage.add_user_days(session, {(names[a], f"p{p}", day) for a, p in here})
    with context.database.write() as session:
        accounts.reported(session, dict.fromkeys(names, _TODAY), _NOW)


def _amounts(rng: np.random.Generator, number: int, days: int) -> NDArray[np.int64]:
    """Whole units a day, a row each account."""
    day = np.arange(days)
    level = np.exp(rng.normal(3.0, 1.0, (number, 1)))
    growth = np.exp(rng.normal(0.0007, 0.001, (number, 1)) * (day - days))
    weekday = (_TODAY.toordinal() - days + day) % 7
    week = np.where(weekday >= 5, rng.uniform(0.0, 1.0, (number, 1)), 1.0)
    awake = rng.random((number, days)) < rng.uniform(0.2, 1.0, (number, 1))
    return rng.poisson(level * growth * week * awake)


def _limits(rng: np.random.Generator, amounts: NDArray[np.int64]) -> list[int]:
    """What each may use in a month: from a little less than it does to far more."""
    spread = np.exp(rng.normal(0.35, 0.35, len(amounts)))
    usual = np.round(30 * amounts[:, -90:].mean(axis=1) * spread)
    return [int(limit) for limit in np.maximum(usual, 10)]


def measured(context: Context) -> Took:
    """The pass of the day; its parts are measured on their own, before anything is written."""
    took = Took()
    _set(context, _NOW)
    applied = context.policy()
    with context.database.read() as session:
        names = [one.id for one in accounts.page(session, after="", limit=10**9)]
    for start in range(0, len(names), _BATCH):
        with took.load.running(), context.database.read() as session:
            some = names[start : start + _BATCH]
            facts = snapshot.load_all(context, session, some, _NOW, applied)
        with took.decide.running():
            decide_all(list(facts.values()), applied.policy, _NOW)
    with took.whole.running():
        look(context, _NOW)
    with context.database.read() as session:
        newest = decisions.newest(session, names)
    took.outcomes.update(one.outcome for one in newest.values())
    return took


def look(context: Context, now: datetime) -> None:
    """Everything that is due at this instant."""
    _set(context, now)
    while evaluate.run_due(context):
        pass


def _set(context: Context, at: datetime) -> None:
    assert isinstance(context.clock, Still)
    context.clock.at = at


def _policy(keys: Sequence[str]) -> str:
    product = '[product]\nname = "Bench"\ncurrency = "EUR"\ntime_zone = "UTC"\n'
    meters = [
        f'[[meter]]\nkey = "{key}"\nname = {{ one = "thing", other = "things" }}\n' for key in keys
    ]
    plans = [
        '[[plan]]\nkey = "base"\nname = "Base"\nprice = "100.00"\nnext = "larger"\n',
        '[[plan]]\nkey = "larger"\nname = "Larger"\nprice = "200.00"\n',
    ]
    return "\n".join([product, *meters, *plans])


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.looks", description=__doc__)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--meters", type=int, default=2)
    parser.add_argument("--days", type=int, default=400)
    return parser.parse_args()


if __name__ == "__main__":
    main()

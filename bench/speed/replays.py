"""A backtest's speed: both passes over synthetic accounts, in this process alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from bench.records import record_of
from bench.speed.clock import Clock
from bench.world.account import DAY, Account, midnight
from bench.world.generators import GENERATORS, account
from engine.calibration import learned
from engine.hindsight import foresee_records
from engine.policy import Policy
from engine.record import Record
from engine.replay import replay_all

YEAR = 364
"""Days: whole weeks, so that a year can be told again right after itself."""
_START = date(2023, 1, 2)
_SEED = 1
_TOGETHER = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What a backtest of so many account-days took."""

    accounts: int
    events: int
    days: int
    asks: int
    clock: Clock


def worlds(generator: str, count: int) -> list[Account]:
    """Accounts of one generator, a year each."""
    return [account(generator, _SEED, number, _START, YEAR) for number in range(count)]


def mixed(count: int) -> list[Account]:
    """As many of each generator."""
    return [one for name in GENERATORS for one in worlds(name, count)]


def longer(accounts: Sequence[Account], times: int) -> list[Account]:
    """The same accounts with their year told several times over: more history, the same kind."""
    return [_longer(one, times) for one in accounts]


def backtest(accounts: Sequence[Account], days: int) -> Speed:
    """Forecasts, what they teach, and every decision, as `segue backtest` makes them."""
    end = datetime.fromtimestamp(midnight(_START).timestamp() + days * DAY, UTC)
    records, policy, clock = [_record(one) for one in accounts], Policy(), Clock()
    decided = asks = 0
    with clock.running():
        found = [foresee_records(batch, policy, end) for batch in _batches(records)]
        foreseen = [one for batch in found for of_record in batch for one in of_record]
        calibrations = learned(foreseen, policy)
        for batch in _batches(records):
            for spells in replay_all(batch, policy, end, calibrations):
                for spell in spells:
                    decided += spell.days
                    asks += sum(raised.alert_class == "ask" for raised in spell.raised)
    events = sum(len(one.at) for one in accounts)
    return Speed(accounts=len(accounts), events=events, days=decided, asks=asks, clock=clock)


def _batches(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """As `segue backtest` reads them: a handful together."""
    return (records[n : n + _TOGETHER] for n in range(0, len(records), _TOGETHER))


def rows(accounts: int) -> Iterator[tuple[str, Speed]]:
    """Each generator on its own, then both together with a growing history."""
    for name in GENERATORS:
        yield f"{name}, 1 year", backtest(worlds(name, accounts), YEAR)
    both = mixed(accounts // 2)
    for times in (1, 2, 4):
        name = f"half each, {times} year{'s' if times > 1 else ''}"
        yield name, backtest(longer(both, times), YEAR * times)


def _longer(one: Account, times: int) -> Account:
    at = np.concatenate([one.at + n * YEAR * DAY for n in range(times)])
    return Account(
        name=one.name, since=one.since, limit=one.limit, at=at, value=np.tile(one.value, times)
    )


def _record(one: Account) -> Record:
    return record_of(
        one.name,
        since=one.since,
        limit=one.limit,
        at=one.at.astype(np.float64),
        amount=one.value.astype(np.float64),
    )

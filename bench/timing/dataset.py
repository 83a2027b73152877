"""One data set of the benchmark, as Segue is given it: events, limits, and nothing about labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.records import record_of
from bench.timing.shared import Benchmark
from engine.record import Amounts, Epochs, Record

_SUFFIX = ".csv.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """`accounts`: times and values of each account's events; `limits`: what each month allows.

    `end`: where the data end; `until`: where an account's replay may end before that.
    """

    name: str
    accounts: Mapping[str, tuple[Epochs, Amounts]]
    limits: Mapping[str, int]
    end: datetime
    until: Mapping[str, datetime]

    def record(self, account: str) -> Record:
        """The account as a replay reads it: one meter a calendar month, signed up at first use."""
        at, value = self.accounts[account]
        since = datetime.fromtimestamp(float(at[0]), UTC).date()
        return record_of(account, since=since, limit=self.limits[account], at=at, amount=value)

    def pressed(self, share: float) -> list[str]:
        """The accounts that ever use so much of their limit: nobody else can be asked anything."""
        return [name for name in self.accounts if self._highest(name) >= share]

    def _highest(self, account: str) -> float:
        at, value = self.accounts[account]
        months = at.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        return float(np.bincount(months - months[0], weights=value).max() / self.limits[account])

    def ending(self, account: str) -> datetime:
        """Where the account's replay ends."""
        return self.until.get(account, self.end)


def loaded(file: Path, benchmark: Benchmark) -> DataSet:
    """Read a data set with the benchmark's own reader and plans."""
    accounts = benchmark.score.load(file)
    end = max(float(at[-1]) for at, _ in accounts.values())
    limits = {name: int(limit) for name, limit in benchmark.score.plan(accounts).items()}
    return DataSet(
        name=file.name.removesuffix(_SUFFIX),
        accounts=accounts,
        limits=limits,
        end=datetime.fromtimestamp(end, UTC),
        until={},
    )

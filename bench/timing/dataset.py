"""One data set of the benchmark, as Segue is given it: events, limits, and nothing about labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from bench.timing.shared import Benchmark
from engine.record import Amounts, Epochs, Record, Track
from engine.snapshot import AccountFacts
from engine.usage import Aggregation, AtLimit, MeterKind

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
        return Record(
            account=AccountFacts(
                id=account,
                name=account,
                plan=None,
                next_plan="larger",
                time_zone="UTC",
                locale="en",
                currency="EUR",
                since=since,
            ),
            tracks=(
                Track(
                    key="units",
                    name_one="unit",
                    name_other="units",
                    value="delivered",
                    kind=MeterKind.RESET,
                    aggregation=Aggregation.SUM,
                    meaningful=True,
                    at_limit=AtLimit.CONTINUES,
                    limit=Decimal(self.limits[account]),
                    limit_known=True,
                    at=at,
                    amount=value,
                    owner=np.full(len(at), -1),
                ),
            ),
        )

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

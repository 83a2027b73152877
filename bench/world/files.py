"""Writes a world as `segue backtest` reads it, and runs the backtest over it."""

import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bench.world.account import Account, instant

_CONFIG = """\
[product]
name = "World"
currency = "EUR"
time_zone = "UTC"

[[meter]]
key = "units"
name = { one = "unit", other = "units" }
value = "delivered"
aggregation = "sum"
field = "value"

[[plan]]
key = "base"
name = "Base"
price = "100"
next = "larger"
limits = { units = 1000 }

[[plan]]
key = "larger"
name = "Larger"
price = "200"
"""


class Files:
    """One generator's folder: its input for the backtest, and what comes out."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "segue.toml"
        self.usage = folder / "USAGE.csv.gz"
        self.accounts = folder / "ACCOUNTS.csv"
        self.alerts = folder / "ALERTS.jsonl"
        self.decisions = folder / "D.jsonl"

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Write the world account by account; none is kept."""
        self.config.write_text(_CONFIG, encoding="utf-8")
        with (
            _gzipped(self.usage) as usage,
            self.accounts.open("w", encoding="utf-8", newline="") as accounts,
        ):
            yield Writer(usage, accounts)

    def backtest(self, segue: Path) -> None:
        """Let `segue backtest` look at every day of it; what it prints goes to stderr."""
        options = {
            "--config": self.config,
            "--usage": self.usage,
            "--accounts": self.accounts,
            "--out": self.alerts,
            "--decisions": self.decisions,
        }
        command = [
            str(segue),
            "backtest",
            *(str(part) for pair in options.items() for part in pair),
        ]
        subprocess.run(command, check=True, stdout=sys.stderr)


class Writer:
    """USAGE and ACCOUNTS while they are written."""

    def __init__(self, usage: TextIO, accounts: TextIO) -> None:
        self._usage = csv.writer(usage, lineterminator="\n")
        self._accounts = csv.writer(accounts, lineterminator="\n")
        self._usage.writerow(("account", "timestamp", "value"))
        self._accounts.writerow(("account", "since", "limit"))

    def add(self, account: Account) -> None:
        """One account with all its usage events."""
        self._accounts.writerow((account.name, account.since.isoformat(), account.limit))
        self._usage.writerows(
            (account.name, instant(at).strftime("%Y-%m-%dT%H:%M:%SZ"), value)
            for at, value in zip(account.at.tolist(), account.value.tolist(), strict=True)
        )


@contextmanager
def _gzipped(path: Path) -> Iterator[TextIO]:
    """The same text gives the same file: no name and no time in its header."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text

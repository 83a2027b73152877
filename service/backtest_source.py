"""Where records come from: one account at a time, from any process that opened the source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from engine.catalogue import Catalogue
from engine.record import Record
from service.backtest_truth import end_of_day
from service.recorded import packed, record
from service.recorded_accounts import Home
from store.spool import Spool


class Source(Protocol):
    """Recorded usage that can be asked for one account after another."""

    def names(self) -> list[str]:
        """Every account with usage, in the order of their names."""
        ...

    def span(self) -> tuple[datetime, datetime]:
        """When the data begin, and how far they reach."""
        ...

    def record(self, account: str, catalogue: Catalogue) -> Record:
        """One account as recorded, under a catalogue."""
        ...

    def close(self) -> None:
        """Give files and connections back."""
        ...


class Origin(Protocol):
    """How a process opens a source; small, so that it can be sent to one."""

    def open(self) -> Source:
        """The source, ready to be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolOrigin:
    """A spool on disk. `meters`: keys by their numbers; `listed`: whether ACCOUNTS was given."""

    path: Path
    meters: Sequence[str]
    listed: bool

    def open(self) -> Source:
        """Open the spool for reading."""
        return _Spooled(self)


class _Spooled:
    def __init__(self, origin: SpoolOrigin) -> None:
        self._origin = origin
        self._spool = Spool(origin.path)

    def names(self) -> list[str]:
        return self._spool.names()

    def span(self) -> tuple[datetime, datetime]:
        first, last = self._spool.span()
        return datetime.fromtimestamp(first, UTC), end_of_day(last)

    def record(self, account: str, catalogue: Catalogue) -> Record:
        home = self._spool.home(account)
        if not self._origin.listed:
            home = packed(Home(plan=next(iter(catalogue.plans))))
        return record(
            account,
            self._spool.rows(account),
            home,
            self._spool.answers(account),
            catalogue,
            self._origin.meters,
        )

    def close(self) -> None:
        self._spool.close()

"""Reads what the backtest said, and holds it against the truth: precision and recall of the asks.

Precision: the share of asks after which the account crossed, within the month of the ask. Asks of
a month that is not over say nothing and are left out.

Recall, over account-months that truly crossed: the share with an ask before the crossing, within
that month. Left out, and counted: accounts that were younger than the onboarding at the crossing,
and months in which something was due in time but only Segue's own earlier asks held it back (at
most one ask in 30 days and four a year are promised, so an account that crosses every month can't
be asked every month). A crossing too early in the month to be seen coming is a miss.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.world.account import Month

_ONBOARDING = timedelta(days=14)
_ABOUT_ASKING = frozenset(
    ("pace", "approaching", "sustained_over", "recurring_friction", "at_limit")
)
_OWN = frozenset(
    ("ask_spacing", "ask_annual_cap", "backoff", "trust_low", "pull_only", "duplicate")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One ask of the backtest."""

    at: datetime
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something was due from `at` to `until`, and these reasons held it back."""

    at: datetime
    until: datetime
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Asks of each account, what was due but held back, and every p with its instant."""

    asks: Mapping[str, list[Ask]]
    held: Mapping[str, list[Due]]
    p: Mapping[str, list[tuple[datetime, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How many asks, and how many of them were followed by a crossing; `lead` in days."""

    asks: int
    right: int
    lead: float | None

    @property
    def share(self) -> float:
        """The precision."""
        return self.right / self.asks if self.asks else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Months that crossed; of those that count, how many were asked in time."""

    crossed: int
    young: int
    held_back: int
    in_time: int

    @property
    def counted(self) -> int:
        """Months that crossed and in which an ask was possible."""
        return self.crossed - self.young - self.held_back

    @property
    def share(self) -> float:
        """The recall of the months that count."""
        return self.in_time / self.counted if self.counted else float("nan")

    @property
    def of_all(self) -> float:
        """The same over every month that crossed."""
        return self.in_time / self.crossed if self.crossed else float("nan")


def read(alerts: Path, decisions: Path) -> Said:
    """What the backtest wrote."""
    asks: dict[str, list[Ask]] = defaultdict(list)
    held: dict[str, list[Due]] = defaultdict(list)
    p: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for line in _lines(alerts):
        if line["class"] == "ask":
            asks[line["account"]].append(Ask(at=_instant(line["at"]), moment=line["moment"]))
    for line in _lines(decisions):
        at = _instant(line["at"])
        if line["p"] is not None:
            p[line["account"]].append((at, line["p"]))
        if line["moment"] in _ABOUT_ASKING and line["reasons"]:
            until = _instant(line["until"]) if line.get("until") else at
            due = Due(at=at, until=until, own=_OWN.issuperset(line["reasons"]))
            held[line["account"]].append(due)
    return Said(asks=asks, held=held, p=p)


def precision(said: Said, truth: Mapping[str, list[Month]], moments: frozenset[str]) -> Precision:
    """Of the asks about these moments."""
    right, leads, asks = 0, [], 0
    for account, given in said.asks.items():
        for ask in given:
            month = next((m for m in truth.get(account, ()) if m.start <= ask.at < m.end), None)
            if month is None or ask.moment not in moments:
                continue
            asks += 1
            if month.crossed is not None and month.crossed > ask.at:
                right += 1
                leads.append((month.crossed - ask.at) / timedelta(days=1))
    return Precision(asks=asks, right=right, lead=median(leads) if leads else None)


def recall(said: Said, months: Iterable[Month], since: Mapping[str, datetime]) -> Recall:
    """Of the months that crossed."""
    crossed = young = held_back = in_time = 0
    for month in months:
        if month.crossed is None:
            continue
        crossed += 1
        if any(month.start <= ask.at < month.crossed for ask in said.asks.get(month.account, ())):
            in_time += 1
        elif month.crossed - since[month.account] < _ONBOARDING:
            young += 1
        elif _held_back(said.held.get(month.account, ()), month.start, month.crossed):
            held_back += 1
    return Recall(crossed=crossed, young=young, held_back=held_back, in_time=in_time)


def _held_back(held: Iterable[Due], start: datetime, crossed: datetime) -> bool:
    return any(due.own and due.at < crossed and due.until >= start for due in held)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)

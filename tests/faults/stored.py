"""What is stored, read straight from the tables: an independent count."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from store.address import is_postgres, plain
from tests.faults.ledger import MICRO, Ledger, Totals

Ask = Callable[[str], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ledger and the tables beside each other; amounts of usage in whole units and parts."""

    counted: int
    lost: float
    doubled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Alerts and the messages people got. `cut_off`: attempts of which nobody can know.

    `missing`: accounts past their limit that have no alert, and alerts nobody was told of.
    """

    alerts: int
    twice: int
    cut_off: int
    missing: int


@contextmanager
def asking(url: str) -> Iterator[Ask]:
    """The tables, without the product in between."""
    if is_postgres(url):
        with psycopg.connect(plain(url), connect_timeout=10) as connection:
            yield lambda statement: connection.execute(statement.encode()).fetchall()
    else:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            yield lambda statement: connection.execute(statement).fetchall()


def compared(url: str, ledger: Ledger) -> Found:
    """Hours and days of usage and the fingerprints of events, against the ledger.

    The worst of the three says how much was lost or doubled.
    """
    lost, doubled = [0.0], [0.0]
    with asking(url) as ask:
        for bucket in ("hour_bucket", "day_bucket"):
            amounts, events = _sums(ask, bucket)
            for expected, found, unit in (
                (ledger.totals(), amounts, MICRO),
                (ledger.events(), events, 1),
            ):
                lost.append((expected - found).total() / unit)
                doubled.append((found - expected).total() / unit)
        parts = [n for (n,) in ask("SELECT n FROM seen_part")]
        counted = sum(ask(f"SELECT count(*) FROM seen_{n}")[0][0] for n in parts)
    lost.append(max(0, len(ledger) - counted))
    doubled.append(max(0, counted - len(ledger)))
    return Found(counted=counted, lost=max(lost), doubled=max(doubled))


def _sums(ask: Ask, bucket: str) -> tuple[Totals, Totals]:
    amounts: Totals = Counter()
    events: Totals = Counter()
    for account, meter, units, micros, count in ask(
        f"SELECT account, meter, sum(units), sum(micros), sum(events) FROM {bucket}"
        " GROUP BY account, meter"
    ):
        amounts[account, meter] = int(units) * MICRO + int(micros)
        events[account, meter] = int(count)
    return amounts, events


def told(url: str, ledger: Ledger, messages: Counter[str], limit: int) -> Told:
    """The alerts of accounts past their limit, and who got which message how often.

    `messages`: how many came to each account. An attempt of which no outcome was written down was
    cut off between the channel's answer and our note of it, or before; then, and only then, the
    message goes out again rather than being lost.
    """
    past = {a for (a, m), used in ledger.totals().items()
            if m == "reports" and used >= limit * MICRO and not a.startswith("bulk-")}  # fmt: skip
    with asking(url) as ask:
        alerts = Counter(
            (account, moment, period)
            for account, moment, period in ask("SELECT account, moment, period FROM alert")
        )
        cut = Counter(
            {
                account: int(tried) - int(noted)
                for account, tried, noted in ask(
                    "SELECT d.account, sum(d.attempts), (SELECT count(*) FROM attempt a"
                    " WHERE a.account = d.account) FROM delivery d GROUP BY d.account"
                )
            }
        )
    known = {account for account, _, _ in alerts}
    more = Counter({account: count - 1 for account, count in messages.items()})
    return Told(
        alerts=alerts.total(),
        twice=(alerts.total() - len(alerts)) + (more - cut).total(),
        cut_off=(more & cut).total(),
        missing=len(past - known) + len(known - messages.keys()),
    )

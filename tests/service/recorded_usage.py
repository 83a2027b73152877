"""Recorded usage for backtests: a few accounts of known fate, as CSV files."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

FIRST = date(2026, 1, 5)
"""A Monday."""
POLICY = """
[product]
name = "Northwind Reports"
time_zone = "UTC"

[[meter]]
key = "reports"
name = { one = "report", other = "reports" }

[[meter]]
key = "visitors"
name = { one = "visitor", other = "visitors" }
aggregation = "unique"

[[meter]]
key = "storage"
name = { one = "GB", other = "GB" }
aggregation = "latest"
kind = "cumulative"
meaningful = false

[[plan]]
key = "team"
name = "Team"
next = "business"
limits = { reports = 1000 }

[[plan]]
key = "business"
name = "Business"
"""
KEEN = f"{POLICY}\n[policy]\npreset = 'keen'\n[policy.pace]\np = 0.6\nused = 0.4\n"
Row = tuple[str, ...]


def working_days(first: date, days: int) -> Iterator[date]:
    """Monday to Friday."""
    for offset in range(days):
        day = first + timedelta(offset)
        if day.weekday() < 5:
            yield day


def steady(account: str, amounts: Sequence[int], *, hour: int = 8) -> list[Row]:
    """An account that uses so much on every working day of each month in turn."""
    rows = []
    for day in working_days(FIRST, 31 * len(amounts)):
        month = (day.year - FIRST.year) * 12 + day.month - FIRST.month
        if month < len(amounts) and amounts[month]:
            rows.append((account, f"{day}T{hour:02}:00:00Z", str(amounts[month])))
    return rows


def everybody() -> list[Row]:
    """One that outgrows its plan in April, one that never comes near, one that tries things."""
    return [
        *steady("growing", [30, 34, 38, 54, 58, 62]),
        *steady("calm", [10, 11, 10, 11, 10, 11], hour=9),
        *steady("busy", [52, 53, 54, 55, 56, 57], hour=10),
        ("trying", "2026-02-03T10:00:00Z", "700"),
        ("trying", "2026-02-04T10:00:00Z", "400"),
    ]


def write(
    file: Path, rows: Iterable[Sequence[str]], header: str = "account,timestamp,value"
) -> Path:
    """A CSV file."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"{header}\n")
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return file

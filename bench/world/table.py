"""Prints the results: what was measured, what was wanted, one line each."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: a name, what was found, and the least (or most) that is wanted, if anything is."""

    name: str
    found: str
    wanted: str = ""


def at_least(name: str, share: float, bar: float | None = None, detail: str = "") -> Row:
    """A share that should not be below the bar."""
    return _row(name, share, detail, ">=", bar, share >= (bar or 0))


def at_most(name: str, share: float, bar: float | None = None, detail: str = "") -> Row:
    """A share that should not be above the bar."""
    return _row(name, share, detail, "<=", bar, share <= (bar or 0))


def _row(name: str, share: float, detail: str, sign: str, bar: float | None, met: bool) -> Row:
    found = "none" if math.isnan(share) else f"{share:6.1%}  {detail}".rstrip()
    verdict = "met" if met else "MISSED"
    return Row(name=name, found=found, wanted="" if bar is None else f"{sign} {bar:.0%} {verdict}")


def show(title: str, rows: Iterable[Row]) -> None:
    """Print one block."""
    print(f"\n{title}")
    for row in rows:
        print(f"  {row.name:<34} {row.found:<52} {row.wanted}".rstrip())

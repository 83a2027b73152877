"""What one database reaches: rounds of every side in turn, medians of each."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from statistics import median
from typing import Any

from bench.ingest.servers import Side, nothing, prepared, segue
from tests.nats import Nats

USAGE = "/v1/usage"
_SINGLE = ("--size", "1", "--connections", "128")


@dataclass(frozen=True)
class Scale:
    """How long each side is measured, how often, and how much is stored at start and end."""

    seconds: float
    rounds: int
    small: int
    large: int


FULL = Scale(6.0, 3, 500_000, 5_000_000)
QUICK = Scale(2.0, 1, 50_000, 500_000)


@dataclass
class Figures:
    """Events a second of each side, one figure a round; `cells`: more of what was measured."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    size: float = 0.0
    """Bytes in the database for each million events."""

    def note(self, name: str, found: dict[str, Any]) -> None:
        """Keep what a round came to."""
        events = found["accepted"] + found.get("duplicates", 0)
        self.rates.setdefault(name, []).append(events / found["seconds"])
        self.cells[name] = found

    def rate(self, name: str) -> float:
        """The median of the rounds."""
        return median(self.rates[name])

    def ratio(self, one: str, other: str) -> float:
        """The median of the ratios of each round, since both sides ran side by side."""
        pairs = zip(self.rates[one], self.rates[other], strict=True)
        return median(a / b for a, b in pairs)

    def ratios(self) -> dict[str, float]:
        """The figures that are wanted."""
        return {
            "batch_over_typed_noop": round(self.ratio("batch", "noop batch"), 3),
            "batch_over_driver": round(self.ratio("batch", "driver"), 3),
            "single_over_noop": round(self.ratio("single", "noop single"), 3),
            "rate_5m_over_half_m": round(self.rate("at the end") / self.rate("at the start"), 3),
            "duplicates_over_fresh": round(self.ratio("all duplicates", "batch"), 3),
        }


def measure(
    folder: Path, database: Callable[[str], str], scale: Scale, *, nats: bool = False
) -> Figures:
    """Run every side in turn; `database` makes an empty one of a name and gives its URL.

    `nats`: with three NATS servers in front of it too.
    """
    figures = Figures()
    for n in range(scale.rounds):
        _round(folder / f"round-{n}", database, f"round{n}", figures, scale.seconds)
        if nats:
            _fronted(folder / f"fronted-{n}", database(f"fronted{n}"), figures, scale.seconds)
    _growth(folder / "growth", database("growth"), figures, scale)
    return figures


def _round(
    folder: Path, database: Callable[[str], str], name: str, figures: Figures, seconds: float
) -> None:
    url = database(name)
    environment, key = prepared(folder, url)
    with ExitStack() as stack:
        ours = stack.enter_context(segue(environment, key, folder / "segue.log"))
        noop = stack.enter_context(nothing(environment, key, folder / "noop.log"))
        _warm(ours, seconds / 2)
        figures.note("noop batch", noop.load("/noop", seconds))
        figures.note("batch", ours.load(USAGE, seconds))
        figures.note("driver", _driver(database(f"{name}bare"), seconds))
        figures.note("noop single", noop.load("/noop1", seconds, *_SINGLE))
        figures.note("single", ours.load(USAGE, seconds, *_SINGLE))
        begin = ours.sent
        last = ours.load(USAGE, seconds)["last"]
        ours.sent = begin
        again = ["--share", "1", "--stop", str(last)]
        figures.note("all duplicates", ours.load(USAGE, seconds, *again))
        figures.note("1 in 20 a duplicate", ours.load(USAGE, seconds, "--share", ".05"))


def _fronted(folder: Path, url: str, figures: Figures, seconds: float) -> None:
    """NATS alone, and Segue with NATS in front."""
    servers = Nats.start(durable=True)
    try:
        figures.note("nats publish", _printed("nats", servers.url, seconds))
        environment, key = prepared(folder, url)
        environment["SEGUE_NATS_URL"] = servers.url
        with segue(environment, key, folder / "segue.log") as ours:
            _warm(ours, seconds / 2)
            figures.note("in front", ours.load(USAGE, seconds))
    finally:
        servers.stop()


def _warm(side: Side, seconds: float) -> None:
    """Let the accounts be known and looked at, as they would be in a day's work."""
    for _ in range(3):
        side.load(USAGE, seconds)
    side.settle()


def _driver(url: str, seconds: float) -> dict[str, Any]:
    return _printed("driver", url.removeprefix("sqlite:///"), seconds)


def _printed(peer: str, url: str, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", f"bench.ingest.{peer}", url, "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = loads(done.stdout)
    return found


def _growth(folder: Path, url: str, figures: Figures, scale: Scale) -> None:
    """The rate when little is stored and when much is."""
    environment, key = prepared(folder, url)
    with segue(environment, key, folder / "segue.log") as ours:
        stored = 0
        for name, goal in (("at the start", scale.small), ("at the end", scale.large)):
            while stored < goal:
                stored += ours.load(USAGE, scale.seconds)["accepted"]
            for _ in range(scale.rounds):
                found = ours.load(USAGE, scale.seconds)
                stored += found["accepted"]
                figures.note(name, found)
    if url.startswith("sqlite"):
        bytes_now = Path(url.removeprefix("sqlite:///")).stat().st_size
        figures.size = bytes_now / stored * 1e6

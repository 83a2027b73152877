"""Prints how fast it decides; asserts nothing.

python -m bench.speed [--quick]
"""

import argparse
import sys
from collections.abc import Iterator

from bench.speed import replays
from bench.speed.clock import peak_mib
from bench.speed.daily import daily_pass
from bench.world.machine import described
from engine.alert import Outcome

_HISTORIES = (100, 200, 400)
"""Days; a snapshot holds 400 at most."""


def main() -> None:
    """Measure everything, one process, nothing extrapolated."""
    options = _options()
    print(f"machine: {described()}; one process")
    for lines in (_backtests(options.accounts), _passes(options.daily)):
        for line in lines:
            print(line, flush=True)


def _backtests(accounts: int) -> Iterator[str]:
    yield "\nBacktest, both passes, one meter an account; accounts of bench.world:\n"
    yield "| accounts | usage events | account-days | asks | CPU s | wall s | days a CPU s |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, speed in replays.rows(accounts):
        _progress(f"backtest of {name}")
        clock = speed.clock
        cells = (speed.events, speed.days, speed.asks, f"{clock.cpu:.1f}", f"{clock.wall:.1f}")
        rate = f"{speed.days / clock.cpu:,.0f}"
        yield f"| {speed.accounts}: {name} | {' | '.join(map(str, cells))} | {rate} |"
    yield f"\npeak memory {peak_mib():.0f} MiB"


def _passes(accounts: int) -> Iterator[str]:
    yield "\nDaily pass: `engine.decide.decide`, two meters and four people an account:\n"
    yield "| accounts | days of history | 80 % used | asks | CPU s | wall s | ms an account |"
    yield "|--:|--:|--:|--:|--:|--:|--:|"
    few = max(accounts // 20, min(accounts, 500))
    for size, history in (*((few, days) for days in _HISTORIES), (accounts, _HISTORIES[-1])):
        _progress(f"daily pass over {size} accounts, {history} days each")
        made = daily_pass(size, history)
        cpu, wall, asks = made.clock.cpu, made.clock.wall, made.outcomes[Outcome.ASK]
        cells = (size, history, f"{made.pressed / size:.0%}", asks, f"{cpu:.1f}", f"{wall:.1f}")
        yield f"| {' | '.join(map(str, cells))} | {1000 * cpu / size:.2f} |"
    yield f"\npeak memory {peak_mib():.0f} MiB"


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 accounts a pass, 20 a backtest")
    parser.add_argument("--accounts", type=int, help="of each generator, in a backtest")
    parser.add_argument("--daily", type=int, help="in the daily pass")
    options = parser.parse_args()
    options.accounts = options.accounts or (20 if options.quick else 100)
    options.daily = options.daily or (2_000 if options.quick else 100_000)
    return options


if __name__ == "__main__":
    main()

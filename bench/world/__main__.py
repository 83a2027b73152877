"""Makes a world of each generator, lets Segue look at it, and prints how right it was.

python -m bench.world --seed 1 --accounts 400 --days 365 --out DIR
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from bench.world import arms, asks, brier, foresee, machine, table
from bench.world.account import Month, midnight, months
from bench.world.files import Files
from bench.world.generators import GENERATORS, account

_PACE = frozenset(("pace",))
_EARLY = frozenset(("pace", "approaching", "sustained_over", "recurring_friction"))
_WANTED = {"smooth": (0.90, 0.75, 0.25), "bursty": (None, None, None)}
"""Pace precision, recall, and how far Brier lies below the run-rate's."""
_UNASKED = (0.04, 0.15)
"""How many upgrade unasked after a month that did not cross, and after one that did."""
_EDGES = (0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.01)


def main() -> None:
    """Run everything and print the tables; progress goes to stderr."""
    options = _options()
    print(f"world: seed {options.seed}, {options.accounts} accounts a generator, ", end="")
    print(f"{options.days} days from {options.start}")
    print(f"machine: {machine.described()}")
    first_asks: list[tuple[datetime, bool]] = []
    for generator in GENERATORS:
        first_asks += _measure(generator, options)
    _arms(first_asks, options)


def _measure(generator: str, options: argparse.Namespace) -> list[tuple[datetime, bool]]:
    """One generator's block; says when each account was first asked and if that month crossed."""
    files = Files(options.out / generator)
    truth, since = _make(generator, options, files)
    if not options.no_backtest:
        _progress(f"{generator}: segue backtest")
        files.backtest(options.segue)
    said = asks.read(files.alerts, files.decisions)
    table.show(f"{generator}: {_described(truth)}", _rows(generator, options, said, truth, since))
    return list(_first_asks(said, truth))


def _make(
    generator: str, options: argparse.Namespace, files: Files
) -> tuple[dict[str, list[Month]], dict[str, datetime]]:
    """Write the world; keep only its truth."""
    end = options.start + timedelta(days=options.days)
    truth, since = dict[str, list[Month]](), dict[str, datetime]()
    with files.writing() as writer:
        for number in range(options.accounts):
            one = account(generator, options.seed, number, options.start, options.days)
            writer.add(one)
            truth[one.name], since[one.name] = list(months(one, end)), midnight(one.since)
            if number % 100 == 99:
                _progress(f"{generator}: {number + 1} of {options.accounts} accounts made")
    return truth, since


def _rows(
    generator: str,
    options: argparse.Namespace,
    said: asks.Said,
    truth: dict[str, list[Month]],
    since: dict[str, datetime],
) -> Iterator[table.Row]:
    precise, complete, below = _WANTED[generator]
    for name, moments, bar in (
        ("precision of pace asks", _PACE, precise),
        ("precision of all early asks", _EARLY, None),
    ):
        found = asks.precision(said, truth, moments)
        lead = "" if found.lead is None else f", median {found.lead:.0f} d ahead"
        yield table.at_least(name, found.share, bar, f"{found.right} of {found.asks}{lead}")
    known = asks.recall(said, (m for of in truth.values() for m in of), since)
    detail = f"{known.in_time} of {known.counted}"
    yield table.at_least("recall, months that could be asked", known.share, complete, detail)
    left = f"{known.in_time} of {known.crossed}; {known.young} too young, {known.held_back} spaced"
    yield table.at_least("recall, all months that crossed", known.of_all, None, left)
    decided, daily = _looks(generator, options, said, truth)
    for name, looks, bar in (("daily", daily, below), ("decisions", decided, None)):
        score = brier.scores(looks)
        if not score.looks:
            continue
        found_all = f"p {score.p:.3f}, run-rate {score.step:.3f}, fitted {score.fitted:.3f}"
        yield table.Row(name=f"Brier, {name} ({score.looks})", found=found_all)
        yield table.at_least("  below the run-rate's", score.below, bar, f"base {score.base:.3f}")
    for count, told, happened in brier.reliability(daily, _EDGES):
        name = f"  said {told:.2f}"
        yield table.Row(name=name, found=f"happened {happened:.2f}  ({count} days)")


def _looks(
    generator: str, options: argparse.Namespace, said: asks.Said, truth: dict[str, list[Month]]
) -> tuple[list[brier.Look], list[brier.Look]]:
    """What the decisions told of every account, and the engine's p each day of some."""
    decided: list[brier.Look] = []
    daily: list[brier.Look] = []
    for number in range(options.accounts):
        one = account(generator, options.seed, number, options.start, options.days)
        decided += brier.decided(one, truth[one.name], said.p.get(one.name, ()))
        if number < options.forecast_accounts:
            daily += brier.looks(one, truth[one.name], foresee.forecasts)
            if number % 20 == 19:
                _progress(f"{generator}: forecasts of {number + 1} accounts")
    return decided, daily


def _first_asks(said: asks.Said, truth: dict[str, list[Month]]) -> Iterator[tuple[datetime, bool]]:
    for name, given in said.asks.items():
        first = min(ask.at for ask in given)
        crossed = any(m.crossed for m in truth.get(name, ()) if m.start <= first < m.end)
        yield first, crossed


def _arms(first_asks: Sequence[tuple[datetime, bool]], options: argparse.Namespace) -> None:
    """The A/A test and its power, over the first asks of both worlds."""
    if len(first_asks) < 60:
        _progress(f"only {len(first_asks)} accounts were asked: too few for arms")
        return
    start = midnight(options.start)
    exposed = arms.Exposed(
        day=np.array([(at - start) / timedelta(days=1) for at, _ in first_asks]),
        upgrades=np.array([_UNASKED[crossed] for _, crossed in first_asks]),
    )
    rows = []
    for share in (0.2, 0.5):
        for effect in (0.0, 0.1, 0.2):
            rng = np.random.default_rng((options.seed, int(share * 100), int(effect * 100)))
            found = arms.simulate(rng, exposed, share=share, effect=effect, runs=options.runs)
            _progress(f"arms: share {share:.0%}, effect {effect:.0%}")
            detail = f"harm {found.harm:.1%}, always too early {found.always_too_early:.1%}"
            name = f"held out {share:.0%}, effect +{effect:.0%}: supported"
            bar = 0.10 if not effect else None
            rows.append(table.at_most(name, found.supported, bar, detail))
    title = f"holdout: {len(first_asks)} accounts, {options.runs} runs, read every week"
    table.show(title, rows)


def _described(truth: dict[str, list[Month]]) -> str:
    over = [month.crossed is not None for of in truth.values() for month in of]
    return f"{len(over)} account-months, {sum(over) / max(len(over), 1):.0%} crossed"


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.world", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=400, help="of each generator")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2025, 1, 1))
    parser.add_argument("--out", type=Path, required=True, help="folder for all files")
    parser.add_argument("--runs", type=int, default=400, help="draws of the arms")
    parser.add_argument(
        "--forecast-accounts", type=int, default=60, help="accounts with a forecast each day"
    )
    parser.add_argument("--segue", type=Path, default=Path(sys.executable).with_name("segue"))
    parser.add_argument(
        "--no-backtest", action="store_true", help="score the ALERTS and D that are there"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()

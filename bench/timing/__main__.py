"""Replays real usage through the engine and prints how well timed the asks are.

python -m bench.timing [DATA.csv.gz ...] [--preset balanced] [--out DIR] [--jobs N]
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.timing import ablation, left_out, report, shared
from bench.timing.dataset import loaded
from bench.timing.measure import Found, Measured, measure, policy_of
from bench.timing.rehearse import Tell, stand
from bench.timing.variants import VARIANTS
from bench.timing.work import Ask
from bench.world.machine import described
from engine.policy import Preset


def main() -> None:
    """Run what was asked for; tables go to stdout, progress to stderr."""
    options = _options()
    try:
        benchmark = shared.opened(options.shared)
        files = shared.checked(options.data or benchmark.sets(), 2 if options.left_out else 1)
    except shared.Missing as missing:
        print(missing, file=sys.stderr)
        sys.exit(2)
    print(f"machine: {described()}", flush=True)
    presets = options.preset or [Preset.BALANCED]
    if options.ablation or options.left_out:
        _explore(options, benchmark, files, presets[0])
    else:
        _measure(options, benchmark, files, presets)


def _measure(
    options: argparse.Namespace,
    benchmark: shared.Benchmark,
    files: Sequence[Path],
    presets: Sequence[Preset],
) -> None:
    """Each data set beside the baselines, then the mean over them."""
    sets: list[Measured] = []
    for file in files:
        data = loaded(file, benchmark)
        with stand(data, options.shared, options.jobs, _telling(data.name)) as here:
            sets.append(measure(here, benchmark, presets))
        _say(report.of_set(sets[-1], benchmark))
        if options.out:
            _write(options.out, sets[-1])
    _say(report.of_all(sets))


def _explore(
    options: argparse.Namespace,
    benchmark: shared.Benchmark,
    files: Sequence[Path],
    preset: Preset,
) -> None:
    """What each part of the policy is worth, and what fitting on other sets would have chosen."""
    grids = [variant for grid in left_out.GRIDS for variant in grid.variants]
    variants = [*(VARIANTS if options.ablation else ()), *(grids if options.left_out else ())]
    sets = []
    for file in files:
        data = ablation.watched(loaded(file, benchmark), benchmark)
        with stand(data, options.shared, options.jobs, lambda *_: None) as here:
            sets.append(ablation.tried(here, benchmark, preset, variants, _progress))
    if options.ablation:
        _say(ablation.table(sets, VARIANTS))
    if options.left_out:
        _say(left_out.tables(sets, policy_of(preset)))


def _write(folder: Path, measured: Measured) -> None:
    """The asks of each preset as the scorer reads them; the first preset's without its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, found in enumerate(measured.presets):
        name = measured.name if not n else f"{measured.name}.{found.preset}"
        lines = (_line(ask) for ask in _by_time(found))
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def _by_time(found: Found) -> list[Ask]:
    return sorted(found.asks, key=lambda ask: (ask.at, ask.account))


def _line(ask: Ask) -> str:
    at = datetime.fromtimestamp(ask.at, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"account": ask.account, "at": at}) + "\n"


def _telling(name: str) -> Tell:
    """Progress in fifths of a step."""

    def tell(step: str, done: int, of: int) -> None:
        fifth = done * 5 // of
        if told.get(step, 0) != fifth:
            told[step] = fifth
            _progress(f"{name}: {step}, {done} of {of} accounts")

    told: dict[str, int] = {}
    return tell


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.timing", description=__doc__)
    add: Callable[..., object] = parser.add_argument
    add(
        "data", nargs="*", type=Path, help="entity,timestamp,value, gzipped; default: all there are"
    )
    add("--preset", type=Preset, action="append", choices=list(Preset), help="may be repeated")
    add("--out", type=Path, metavar="DIR", help="write DIR/<set>.jsonl, as the scorer reads it")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use")
    add("--shared", type=Path, default=shared.default_folder(), help="the benchmark's folder")
    add("--ablation", action="store_true", help="what each part of the policy is worth")
    add("--left-out", action="store_true", help="constants fitted on the other data sets")
    return parser.parse_args()


if __name__ == "__main__":
    main()

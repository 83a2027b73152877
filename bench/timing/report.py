"""The tables of a run, in Markdown."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.timing import targets
from bench.timing.counts import interval
from bench.timing.measure import RULES, Found, Measured
from bench.timing.reliability import Tenth
from bench.timing.shared import Benchmark


def of_set(measured: Measured, benchmark: Benchmark) -> Iterator[str]:
    """Everything about one data set."""
    first = measured.presets[0].metrics
    yield (
        f"\n### {measured.name}: {first['accounts']} accounts, {first['outgrow_events']} outgrow, "
        f"{first['experimenters']} experimenters\n"
    )
    rows = {f"segue, {found.preset}": found.metrics for found in measured.presets}
    yield benchmark.score.table({**rows, **measured.baselines})
    for found in measured.presets:
        yield from _of_preset(measured, found)


def of_all(sets: Sequence[Measured]) -> Iterator[str]:
    """The mean over the data sets: the published score, with its interval."""
    yield f"\n### Mean score over {len(sets)} sets\n"
    yield "| policy | mean | 90 % interval |"
    yield "|---|--:|--:|"
    for n, found in enumerate(sets[0].presets):
        scores = [one.presets[n].metrics["score"] for one in sets]
        drawn = np.mean([one.resampled(one.presets[n].tally) for one in sets], axis=0)
        yield f"| segue, {found.preset} | {np.mean(scores):.1f} | {_span(interval(drawn))} |"
    for name in sets[0].baselines:
        yield f"| {name} | {np.mean([one.baselines[name]['score'] for one in sets]):.1f} | |"
    yield ""
    for n, found in enumerate(sets[0].presets):
        mean = float(np.mean([one.presets[n].metrics["score"] for one in sets]))
        yield from targets.lines([targets.of_mean(found.preset, mean)])


def _of_preset(measured: Measured, found: Found) -> Iterator[str]:
    yield f"\n{found.preset}:\n"
    drawn = measured.resampled(found.tally)
    yield f"- score {found.metrics['score']}, 90 % interval {_span(interval(drawn))}"
    for rule in RULES:
        theirs = measured.tallies[rule]
        more = drawn - measured.resampled(theirs)
        yield (
            f"- {found.tally.score - theirs.score:+.1f} beside {rule}, 90 % interval "
            f"{_span(interval(more))}; more in {(more > 0).mean():.0%} of the resamples"
        )
    yield (
        f"- useful {found.metrics['useful_lead_share']} of at most {found.reachable:.3f}: the "
        f"others outgrow within {found.onboarding_days} + 3 days of signing up"
    )
    yield from _moments(found)
    yield from _calibration(found)
    yield ""
    yield from targets.lines(list(targets.of_set(measured, found)))


def _moments(found: Found) -> Iterator[str]:
    yield "\n| asks of | in the watch | timely | 3 days ahead |"
    yield "|---|--:|--:|--:|"
    for moment, of in found.by_moment.items():
        yield f"| {moment} | {of.asks} | {of.timely} | {of.useful} |"


def _calibration(found: Found) -> Iterator[str]:
    held = found.reliability
    if held is None:
        yield "\nToo few forecasts resolved to calibrate by."
        return
    yield (
        f"\nBrier over the {held.looks} forecasts made since enough had resolved: raw "
        f"{held.raw:.4f}, calibrated {held.calibrated:.4f}, running base rate {held.base:.4f} "
        f"(the rate of these, known in hindsight: {held.hindsight:.4f})\n"
    )
    yield "| p | raw: n | said | happened | calibrated: n | said | happened |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for n in range(10):
        cells = (_tenth(of.get(n)) for of in (held.raw_tenths, held.calibrated_tenths))
        yield f"| {n / 10:.1f}-{(n + 1) / 10:.1f} | {' | '.join(cells)} |"


def _tenth(one: Tenth | None) -> str:
    return f"{one.count} | {one.said:.2f} | {one.happened:.2f}" if one else "0 | | "


def _span(of: tuple[float, float]) -> str:
    return f"{of[0]:.1f} to {of[1]:.1f}"

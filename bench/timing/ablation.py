"""What each part of the policy is worth: one off at a time, the score of each data set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from bench.timing.counts import Scorer
from bench.timing.dataset import DataSet
from bench.timing.measure import alerts, policy_of
from bench.timing.rehearse import Rehearsal, Stand
from bench.timing.shared import Benchmark
from bench.timing.variants import Variant, changed
from bench.timing.work import Ask
from engine.policy import Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Variants on one data set: the score of each, and how many asks count, by name."""

    name: str
    scores: Mapping[str, float]
    asks: Mapping[str, int]


def watched(data: DataSet, benchmark: Benchmark) -> DataSet:
    """The data set with each replay cut where the scorer no longer looks at the account."""
    truth = benchmark.score.truth(data.accounts, data.limits)
    stops = {name: datetime.fromtimestamp(facts["watch"][1], UTC) for name, facts in truth.items()}
    return replace(data, until={name: min(stop, data.end) for name, stop in stops.items()})


def tried(
    stand: Stand,
    benchmark: Benchmark,
    preset: Preset,
    variants: Sequence[Variant],
    tell: Callable[[str], None],
) -> Tried:
    """Score each variant of a preset; `tell` hears of each."""
    scorer = Scorer(benchmark.score, stand.data)
    base = stand.rehearse(policy_of(preset))
    found = {}
    for variant in variants:
        metrics = scorer.score(alerts(_asks(stand, base, variant)))
        tell(f"{stand.data.name}: {variant.name}: {metrics['score']} ({metrics['alerts']} asks)")
        found[variant.name] = metrics
    return Tried(
        name=stand.data.name,
        scores={name: float(metrics["score"]) for name, metrics in found.items()},
        asks={name: int(metrics["alerts"]) for name, metrics in found.items()},
    )


def _asks(stand: Stand, base: Rehearsal, variant: Variant) -> list[Ask]:
    if variant.only is not None:
        return [ask for ask in base.asks if ask.moment is variant.only]
    if not variant.values:
        return base.asks
    policy = changed(base.policy, variant.values)
    if variant.gates is None:
        return stand.rehearse(policy).asks
    return stand.again(base, policy, variant.gates)


def table(sets: Sequence[Tried], variants: Sequence[Variant]) -> Iterator[str]:
    """A row each variant: score and asks of each set, the mean, and what the change is worth."""
    mean = {v.name: float(np.mean([one.scores[v.name] for one in sets])) for v in variants}
    first = mean[variants[0].name]
    yield "\n### Ablation: score (asks that count)\n"
    yield "| variant | " + " | ".join(one.name for one in sets) + " | mean | change |"
    yield "|---|" + "--:|" * (len(sets) + 2)
    for variant in variants:
        name = variant.name
        cells = " | ".join(f"{one.scores[name]:.1f} ({one.asks[name]})" for one in sets)
        change = "" if variant is variants[0] else f"{mean[name] - first:+.1f}"
        yield f"| {name} | {cells} | {mean[name]:.1f} | {change} |"

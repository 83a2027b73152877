"""One data set measured: each preset beside the baselines, and what there is to say about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.timing.counts import Draws, Floats, OfMoment, Scorer, Tally, draws
from bench.timing.rehearse import Rehearsal, Stand
from bench.timing.reliability import Reliability, reliability
from bench.timing.shared import Benchmark
from bench.timing.work import Ask, Asked
from engine.alert import Moment
from engine.policy import PRESETS, Policy, Preset

RULES = ("fixed 80", "fixed 100")
"""The baselines everybody has today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A preset on a data set. `metrics`: the scorer's; `reachable`: the most useful share."""

    preset: Preset
    onboarding_days: int
    asks: Sequence[Ask]
    metrics: Mapping[str, Any]
    tally: Tally
    reachable: float
    by_moment: Mapping[Moment, OfMoment]
    reliability: Reliability | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A data set: the presets', and each baseline's metrics and tally, by name."""

    name: str
    presets: Sequence[Found]
    baselines: Mapping[str, Mapping[str, Any]]
    tallies: Mapping[str, Tally]
    draws: Draws

    def resampled(self, tally: Tally) -> Floats:
        """The score of each resample of the accounts."""
        return tally.scores(self.draws)


def policy_of(preset: Preset) -> Policy:
    """The default policy of a preset."""
    policy = Policy(preset=preset)
    tables = {
        name: replace(getattr(policy, name), **values) for name, values in PRESETS[preset].items()
    }
    return replace(policy, **tables)


def measure(stand: Stand, benchmark: Benchmark, presets: Sequence[Preset]) -> Measured:
    """Replay the data set under each preset, and score it beside the benchmark's baselines."""
    data = stand.data
    scorer = Scorer(benchmark.score, data)
    said: dict[str, list[Asked]] = stand.baselines()
    said["oracle"] = benchmark.baselines.oracle(data.accounts, data.limits)
    return Measured(
        name=data.name,
        presets=[_found(stand.rehearse(policy_of(p)), scorer) for p in presets],
        baselines={name: scorer.score(alerts) for name, alerts in said.items()},
        tallies={name: scorer.tally(said[name]) for name in RULES},
        draws=draws(len(data.accounts)),
    )


def alerts(asks: Sequence[Ask]) -> list[Asked]:
    """Asks as the scorer takes them."""
    return [(ask.account, ask.at) for ask in asks]


def _found(run: Rehearsal, scorer: Scorer) -> Found:
    said, days = alerts(run.asks), run.policy.stage.onboarding_days
    metrics = scorer.score(said)
    tally = scorer.tally(said)
    # Intervals rest on the tally: it must be the scorer's own count.
    assert abs(tally.score - metrics["score"]) < 0.06, (tally.score, metrics)
    return Found(
        preset=run.policy.preset,
        onboarding_days=days,
        asks=run.asks,
        metrics=metrics,
        tally=tally,
        reachable=scorer.reachable(days),
        by_moment=scorer.by_moment(run.asks),
        reliability=reliability(run.foreseen, run.calibrations),
    )

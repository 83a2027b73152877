"""What is wanted of each preset, and whether it holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.timing.measure import RULES, Found, Measured
from engine.policy import Preset

_MEAN = {Preset.QUIET: 19.0, Preset.BALANCED: 25.0, Preset.KEEN: 28.0}
"""The least mean score over the data sets."""
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One line: what is wanted, what was found, and whether that is enough."""

    wanted: str
    found: str
    met: bool


def of_mean(preset: Preset, mean: float) -> Target:
    """The target of all data sets together."""
    least = _MEAN[preset]
    return Target(wanted=f"mean score >= {least:g}", found=f"{mean:.1f}", met=mean >= least)


def of_set(measured: Measured, found: Found) -> Iterator[Target]:
    """The targets of one data set."""
    for rule in RULES:
        ours, theirs = found.metrics["score"], measured.baselines[rule]["score"]
        yield Target(wanted=f"score above {rule}'s", found=f"{ours} to {theirs}", met=ours > theirs)
    for name, key in (
        ("alerts per 100 account-months", "alerts_per_100_account_months"),
        ("bothered experimenters", "bothered_experimenters"),
    ):
        ours, theirs = found.metrics[key] or 0.0, measured.baselines[RULES[0]][key] or 0.0
        yield Target(
            wanted=f"{name} at most half of fixed 80's",
            found=f"{ours} to {theirs}" + (f", {ours / theirs:.2f} of it" if theirs else ""),
            met=ours <= _HALF * theirs,
        )
    held = found.reliability
    if held is not None:
        yield Target(
            wanted="calibrated Brier below the running base rate's",
            found=f"{held.calibrated:.4f} to {held.base:.4f}",
            met=held.calibrated < held.base,
        )


def lines(targets: Sequence[Target]) -> list[str]:
    """One line each."""
    return [f"- {'met' if t.met else 'MISSED'}: {t.wanted}: {t.found}" for t in targets]

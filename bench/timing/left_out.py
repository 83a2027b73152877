"""Leave one data set out: constants that are best on the others, tried on the one left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.timing.ablation import Tried
from bench.timing.variants import Variant
from engine.alert import ReasonCode
from engine.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Values of some constants, tried together; all of them are read by one gate."""

    values: Mapping[str, Sequence[float]]

    @property
    def variants(self) -> list[Variant]:
        """One variant a point."""
        gates = frozenset((ReasonCode.ONE_OFF,))
        points = (
            dict(zip(self.values, point, strict=True)) for point in product(*self.values.values())
        )
        return [Variant(name=named(point), values=point, gates=gates) for point in points]


GRIDS = (
    Grid(values={"lasting.level": (0, 0.4, 0.5, 0.6), "lasting.pace": (0, 1.0, 1.1, 1.2)}),
    Grid(values={"at_limit.level": (0.3, 0.4, 0.5), "at_limit.pace": (1.2, 1.5, 1.8)}),
)


def named(point: Mapping[str, float]) -> str:
    """A point of a grid in words."""
    return ", ".join(f"{path} {value:g}" for path, value in point.items())


def tables(sets: Sequence[Tried], policy: Policy) -> Iterator[str]:
    """Every grid: its points, and what each set would have got from the others' best."""
    for grid in GRIDS:
        yield from _grid(sets, grid)
        yield from _left_out(sets, grid, policy)


def _grid(sets: Sequence[Tried], grid: Grid) -> Iterator[str]:
    yield "\n### Grid: " + " x ".join(grid.values) + "\n"
    yield "| point | " + " | ".join(one.name for one in sets) + " | mean |"
    yield "|---|" + "--:|" * (len(sets) + 1)
    for variant in grid.variants:
        scores = [one.scores[variant.name] for one in sets]
        yield f"| {variant.name} | {' | '.join(map(str, scores))} | {np.mean(scores):.1f} |"


def _left_out(sets: Sequence[Tried], grid: Grid, policy: Policy) -> Iterator[str]:
    yield "\nLeave one set out:\n"
    yield "| left out | best on the others | its score there | score of the default |"
    yield "|---|---|--:|--:|"
    default = named({path: _value(policy, path) for path in grid.values})
    got = []
    for one in sets:
        others = [other for other in sets if other is not one]
        best = max(grid.variants, key=lambda v: sum(other.scores[v.name] for other in others))
        got.append(one.scores[best.name])
        yield f"| {one.name} | {best.name} | {got[-1]} | {one.scores[default]} |"
    mean = np.mean([one.scores[default] for one in sets])
    yield f"| mean | | {np.mean(got):.1f} | {mean:.1f} |"


def _value(policy: Policy, path: str) -> float:
    table, _, key = path.partition(".")
    return float(getattr(getattr(policy, table), key))

"""The range of every tunable: finite, and never so that it would break what restraint promises."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, TypeAlias

from engine.catalogue import Table, check


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; `above`: `low` itself is too little. Nothing unordered lies in it."""

    low: float
    high: float
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        if self.above:
            return f"above {self.low:g} and at most {self.high:g}"
        return f"{self.low:g} to {self.high:g}"


Ranges: TypeAlias = Mapping[str, Range]


def ranges(**given: Range) -> Ranges:
    """The range of each number, by its key."""
    return given


LONGEST = 3650
"""Days, about ten years: more than anything here can mean."""
ANY, SOME = Range(0, LONGEST), Range(1, LONGEST)
SHARE, PART = Range(0, 1), Range(0, 1, above=True)
POINTS = Range(0, 100)
"""Of trust, which ends at 100."""


class Bounded(Table):
    """A table whose numbers have ranges; one that is not named in RANGES has ANY."""

    RANGES: ClassVar[Ranges] = {}

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                bounds = self.RANGES.get(field.name, ANY)
                check(value in bounds, f"{field.name} must be {bounds}")

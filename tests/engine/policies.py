"""Policies as vendors might write them: any value that is not refused, on its edges most of all."""

from dataclasses import fields, replace
from enum import Enum
from math import inf, nan
from typing import Any

from hypothesis import strategies as st

from engine.bounds import ANY, Bounded
from engine.policy import Policy

DEFAULT = Policy()
TABLES = tuple(f.name for f in fields(Policy) if isinstance(getattr(DEFAULT, f.name), Bounded))


def values(table: Bounded, key: str) -> st.SearchStrategy[Any]:
    """What somebody might write for a key: much of it is refused."""
    default = getattr(table, key)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(default, Enum):
        return st.sampled_from(type(default))
    bounds = table.RANGES.get(key, ANY)
    if isinstance(default, int):
        edges = [bounds.low, bounds.low + 1, default, 2 * default, bounds.high, bounds.high + 1, -1]
        return st.sampled_from([int(edge) for edge in edges]) | st.integers(0, 60)
    least, most = bounds.low + 1e-9, min(bounds.high, bounds.low + 100.0)
    edges = [bounds.low, least, default, default / 2, 2 * default, bounds.high, -0.5, nan, inf]
    return st.sampled_from([float(edge) for edge in edges]) | st.floats(bounds.low, most)


@st.composite
def tables(draw: st.DrawFn, name: str) -> Bounded:
    """One table with up to three keys set; as it is by default where that is refused."""
    table = getattr(DEFAULT, name)
    assert isinstance(table, Bounded)
    keys = [f.name for f in fields(table) if f.name != "hours"]  # type: ignore[arg-type]
    given = draw(st.lists(st.sampled_from(keys), max_size=3, unique=True))
    try:
        return replace(table, **{key: draw(values(table, key)) for key in given})  # type: ignore[type-var]
    except ValueError:
        return table


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """The defaults as often as not; else up to four tables that somebody moved."""
    if draw(st.booleans()):
        return DEFAULT
    names = draw(st.lists(st.sampled_from(TABLES), min_size=1, max_size=4, unique=True))
    return replace(DEFAULT, **{name: draw(tables(name)) for name in names})

"""The benchmark of ingest runs both sides for real; here briefly, so its figures say nothing."""

from pathlib import Path

from bench.ingest.figures import Scale, measure
from bench.ingest.table import written


def test_every_figure_is_measured(tmp_path: Path) -> None:
    scale = Scale(seconds=0.3, rounds=1, small=300, large=600)
    figures = measure(tmp_path, lambda name: f"sqlite:///{tmp_path}/{name}.db", scale)
    assert set(figures.ratios()) == {
        "batch_over_typed_noop",
        "batch_over_driver",
        "single_over_noop",
        "rate_5m_over_half_m",
        "duplicates_over_fresh",
    }
    assert all(ratio > 0 for ratio in figures.ratios().values())
    again = figures.cells["all duplicates"]
    assert again["accepted"] == 0
    assert again["duplicates"] > 0
    mixed = figures.cells["1 in 20 a duplicate"]
    assert 0 < mixed["duplicates"] < mixed["accepted"]
    assert all(not cell.get("other") for cell in figures.cells.values()), "only 200s"
    table = written("a machine", {"sqlite": figures}, 12.0)
    assert "| **Segue, 100 a request** |" in table
    assert "12 ms" in table

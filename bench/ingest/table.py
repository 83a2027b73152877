"""What was measured, as a table."""

from collections.abc import Mapping

from bench.ingest.figures import Figures

_ROWS = (
    ("noop batch", "typed no-op, 100 a request"),
    ("batch", "**Segue, 100 a request**"),
    ("driver", "bare driver, same rows"),
    ("all duplicates", "Segue, all sent before"),
    ("1 in 20 a duplicate", "Segue, 1 in 20 sent before"),
    ("noop single", "typed no-op, 1 a request"),
    ("single", "**Segue, 1 a request**"),
    ("nats publish", "NATS publish, 100 a message, three copies"),
    ("in front", "Segue with NATS in front, 100 a request"),
    ("at the start", "Segue, little stored"),
    ("at the end", "Segue, ten times as much stored"),
)
_WANTED = {
    "batch_over_typed_noop": 0.30,
    "batch_over_driver": 0.60,
    "single_over_noop": 0.60,
    "rate_5m_over_half_m": 0.90,
    "duplicates_over_fresh": 1.00,
}


def written(machine: str, found: Mapping[str, Figures], p99: float) -> str:
    """Markdown: rates, the server's own time, and the ratios beside what is wanted."""
    lines = [f"{machine}", ""]
    for name, figures in found.items():
        lines += [
            f"## {name}",
            "",
            "| | events/s | server CPU us/event | p99 ms |",
            "|---|--:|--:|--:|",
        ]
        for key, said in _ROWS:
            if key not in figures.cells:
                continue
            cell = figures.cells[key]
            events = cell["accepted"] + cell.get("duplicates", 0)
            own = f"{cell['server'] / events * 1e6:.1f}" if "server" in cell else ""
            late = f"{cell['p99_ms']:.0f}" if "p99_ms" in cell else ""
            lines.append(f"| {said} | {figures.rate(key):,.0f} | {own} | {late} |")
        lines += ["", "| ratio | measured | wanted |", "|---|--:|--:|"]
        lines += [
            f"| {key} | {value:.2f} | {_WANTED[key]:.2f} |"
            for key, value in figures.ratios().items()
        ]
        if figures.size:
            lines += ["", f"{figures.size / 1e6:.0f} MB of database for a million events."]
        lines.append("")
    lines.append(f"Usage event to banner, p99 at 2,000 events/s: {p99:.0f} ms (wanted: under 250).")
    return "\n".join(lines)

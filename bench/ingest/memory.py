"""Whether memory grows while usage comes in as fast as it is taken."""

import time
from pathlib import Path

from bench.ingest.figures import USAGE
from bench.ingest.servers import prepared, segue

_EACH = 10.0


def watched(folder: Path, minutes: float) -> str:
    """Load for so long; the server's resident memory along the way, as lines."""
    environment, key = prepared(folder, f"sqlite:///{folder}/memory.db")
    lines, stored, begin = ["| minute | million events | resident MB |", "|--:|--:|--:|"], 0, 0.0
    with segue(environment, key, folder / "segue.log") as ours:
        begin = time.monotonic()
        while time.monotonic() - begin < minutes * 60:
            stored += ours.load(USAGE, _EACH)["accepted"]
            passed = (time.monotonic() - begin) / 60
            lines.append(f"| {passed:.1f} | {stored / 1e6:.2f} | {ours.memory():.0f} |")
    return "\n".join(lines)

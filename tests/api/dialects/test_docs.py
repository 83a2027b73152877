"""docs/dialects.md, run as it stands: a newcomer who copies a block must get an answer."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.api.conftest import World

DOC = (Path(__file__).parents[3] / "docs" / "dialects.md").read_text("utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n```python\n(.+?)^```$", DOC, re.MULTILINE | re.DOTALL)


def test_every_sdk_reports_as_the_page_says(world: World) -> None:
    world.clock.set(datetime.now(UTC))
    assert [name.split()[0] for name, _ in BLOCKS] == ["OpenMeter", "Segment", "Lago", "Stripe"]
    named = {"SEGUE_URL": world.url, "SEGUE_KEY": world.keys["ingest"]}
    for place, (name, block) in enumerate(BLOCKS, 1):
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", block],
                env={**os.environ, **named},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == 0, f"{name}: {done.stderr}"
            if name.startswith("Segment"):  # Its ids are drawn anew each time it runs.
                break
        assert world.used("acme") == 3 * place, f"{name} counts once though it ran twice"

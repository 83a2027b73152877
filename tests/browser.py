"""The browser of the tests: where `make test` found or put it, and how it is started."""

import os
from pathlib import Path

ENV = Path(__file__).parents[1] / ".venv" / "browser" / "env"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser's program; without one this fails, it never skips."""
    if "CHROMIUM" in os.environ:
        return os.environ["CHROMIUM"]
    assert ENV.exists(), "no browser yet: run `make test`, which installs one"
    found = dict(line.split("=", 1) for line in ENV.read_text().splitlines())
    os.environ.update({k: v for k, v in found.items() if k not in os.environ})
    return found["CHROMIUM"]

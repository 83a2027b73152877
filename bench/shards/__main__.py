"""Prints every statement of the hot path with the key it binds; ends with 1 where one binds none.

python -m bench.shards [--only sqlite|postgresql]
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.shards.bound import Verdict
from bench.shards.path import walked
from tests.backends import BOTH, Backend
from tests.postgres import Postgres


def main() -> int:
    """Walk the path on both databases; how many statements bind no account."""
    parser = argparse.ArgumentParser(prog="python -m bench.shards", description=__doc__)
    parser.add_argument("--only", choices=BOTH)
    only, loose = parser.parse_args().only, 0
    for name in BOTH:
        if only in (None, name):
            loose += _printed(name)
    return loose


def _printed(name: str) -> int:
    print(f"\n## {name}\n\n| step | asked by | does | binds |\n|---|---|---|---|")
    with ExitStack() as stack:
        server = None
        if name == "postgresql":
            server = Postgres.start()
            stack.callback(server.stop)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="segue-shards-"))
        verdicts = stack.enter_context(walked(Backend(name, Path(folder), server)))
        for verdict in verdicts:
            print(_line(verdict))
    return sum(bool(verdict.free) for verdict in verdicts)


def _line(verdict: Verdict) -> str:
    said = verdict.statement
    does = f"{said.text.split(maxsplit=1)[0]} {', '.join(verdict.tables)}"
    binds = ", ".join(verdict.binds)
    if verdict.excused:
        binds = f"({verdict.excused})"
    if verdict.free:
        binds = f"**open: {', '.join(verdict.free)}** {binds}"
    return f"| {said.step} | {said.where} | {does} | {binds} |"


if __name__ == "__main__":
    sys.exit(min(main(), 1))

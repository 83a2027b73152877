"""How much usage is taken in a second, beside what bounds it, in one run on this machine.

python -m bench.ingest [--quick] [--json] [--only sqlite|postgresql] [--memory MINUTES]
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.ingest import memory, table
from bench.ingest.banner import ACCOUNTS, banner
from bench.ingest.figures import FULL, QUICK, Figures, measure
from bench.ingest.postgres import postgres
from bench.world.machine import described


def main() -> None:
    """Measure, and print a table, or (--json) one object."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.ingest", description=__doc__.split("\n", 1)[0]
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, one round")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database")
    parser.add_argument("--memory", type=float, metavar="MINUTES", help="load for so long, alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        home, scale = Path(folder), QUICK if arguments.quick else FULL
        if arguments.memory:
            print(memory.watched(home, arguments.memory))
            return
        found: dict[str, Figures] = {}
        if arguments.only != "postgresql":
            found["sqlite"] = measure(home / "sqlite", lambda n: f"sqlite:///{home}/{n}.db", scale)
        if arguments.only != "sqlite":
            with postgres() as made:
                found["postgresql"] = measure(home / "pg", made, scale, nats=True)
        p99 = banner(home / "banner", 40 if arguments.quick else ACCOUNTS)
    if arguments.json:
        told = {name: figures.ratios() for name, figures in found.items()}
        print(json.dumps({**told, "banner_p99_ms": round(p99, 1)}))
    else:
        print(table.written(described(), found, p99), file=sys.stdout)


if __name__ == "__main__":
    main()

"""Every fault under load, and a table of what came of it: `make faults`.

    python -m tests.faults [--short] [--only NAME ...] [--seconds N]

Exit 1 where anything was lost, doubled or told twice, or did not recover by itself.
"""

import argparse
import signal
import sys
import time

from tests.faults.fault import Fault, Unable
from tests.faults.kinds import FAULTS
from tests.faults.run import Result, run
from tests.faults.table import lines, row


def main() -> int:
    """Run them one after the other."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # Whatever was started ends with us.
    results: list[Result] = []
    unable: list[str] = []
    for fault in chosen(asked.only, short=asked.short):
        begun = time.monotonic()
        try:
            results.append(run(fault, asked.seconds))
        except Unable as why:
            unable.append(f"{fault.name}: not run, {why}")
            print(unable[-1], flush=True)
            continue
        print(row(results[-1]), f"({time.monotonic() - begun:.0f} s)", flush=True)
    print()
    for line in lines(results):
        print(line)
    for line in unable:
        print(line)
    return any(problem for result in results for problem in result.broken())


def chosen(only: list[str], *, short: bool) -> list[Fault]:
    """The faults to run; SystemExit where there is none of a name."""
    names = [fault.name for fault in FAULTS]
    if unknown := [
        name for name in only if not any(name.lower() in known.lower() for known in names)
    ]:
        sys.exit(f"no fault is named {unknown[0]!r}; there are: {', '.join(names)}")
    return [
        fault
        for fault in FAULTS
        if (fault.short or not short)
        and (not only or any(name.lower() in fault.name.lower() for name in only))
    ]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the cheap ones, as in `make test`")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a part of it")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="of load before the fault, and after it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

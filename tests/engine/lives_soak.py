"""Ten thousand account-years through the laws of restraint: `make soak`.

    python -m tests.engine.lives_soak --years 10000 -j 2 --seed 1

Chapters of some lives each are drawn by hypothesis from a seed of their own. A broken law is
shrunk and printed with the seed of its chapter: `--only SEED` lives that chapter again.
"""

import argparse
import sys
import time
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count

from hypothesis import HealthCheck, Phase, given, seed, settings

from engine.alert import Moment, Outcome, ReasonCode
from tests.engine.lives import Life
from tests.engine.lives_drawn import lives
from tests.engine.lives_laws import Laws
from tests.engine.lives_steps import Step, live
from tests.engine.lives_told import Birth
from tests.engine.lives_variations import Again, Count, MoreUse, Words, Worse

LIVES = 12
"""Lives in a chapter."""
ENOUGH = 1000
"""Account-years in which every reason and every moment must have come up."""
OF_WORDS = frozenset((ReasonCode.COPY_BLOCKED, ReasonCode.LOCALE_MISSING))
"""Reasons that the check of the words adds after the engine has decided."""


@dataclass(slots=True)
class Lived:
    """What was lived and met."""

    lives: int = 0
    days: int = 0
    looks: int = 0
    met: dict[str, Tally[str]] = field(
        default_factory=lambda: {
            name: Tally() for name in ("outcomes", "moments", "reasons", "held")
        }
    )

    @property
    def years(self) -> float:
        """Account-years."""
        return self.days / 365.25

    def add(self, other: "Lived") -> None:
        """Count another's as well."""
        self.lives += other.lives
        self.days += other.days
        self.looks += other.looks
        for name, tally in self.met.items():
            tally.update(other.met[name])

    def missing(self) -> list[str]:
        """Reasons and moments that never came up: of them nothing was shown."""
        held = self.met["reasons"].keys() | self.met["held"].keys()
        reasons = [code.value for code in ReasonCode if code not in OF_WORDS]
        said = {name.split()[0] for name in self.met["moments"]}
        return [name for name in reasons if name not in held] + [m for m in Moment if m not in said]


def chapter(number: int) -> Lived:
    """Some lives, drawn from one seed; whatever breaks a law is raised as hypothesis shrank it."""
    lived, counted, words = Lived(), Count(), Words(every=200)

    @seed(number)
    @settings(
        max_examples=LIVES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(lives(most=100))
    def lead(drawn: tuple[Birth, list[Step]]) -> None:
        watchers = (Laws(), Again(every=20), MoreUse(every=12), Worse(every=5), words, counted)
        life = live(Life(drawn[0], watchers), drawn[1])
        lived.lives += 1
        lived.days += life.days
        lived.looks += life.looks

    lead()
    lived.met = counted.met
    return lived


def _chapters(pool: ProcessPoolExecutor, first: int, jobs: int) -> Iterator[tuple[int, Lived]]:
    """Chapter after chapter, as they are done; as many at a time as there are processes."""
    running: dict[Future[Lived], int] = {}
    numbers = count(first)
    while True:
        while len(running) < jobs:
            number = next(numbers)
            running[pool.submit(chapter, number)] = number
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            number = running.pop(done)
            try:
                yield number, done.result()
            except Exception:
                # Raised again: whoever runs it must be told which chapter to repeat.
                print(f"\nChapter {number} broke a law; again: --only {number}", flush=True)
                raise


def _say(lived: Lived, seconds: float, number: int) -> None:
    pace = lived.years / max(seconds, 1e-9) * 3600
    asks = lived.met["outcomes"][Outcome.ASK.value]
    print(
        f"{lived.years:10,.1f} account-years  {lived.looks:10,} looks  {asks:7,} asks  "
        f"{seconds:7,.0f} s  {pace:7,.0f} years an hour  (chapter {number})",
        flush=True,
    )


def report(lived: Lived, seconds: float) -> None:
    """Print what was lived, and how often everything was met."""
    print(f"\n{lived.lives:,} lives, {lived.years:,.1f} account-years, {lived.looks:,} looks")
    print(f"in {seconds:,.0f} s; no law was broken.")
    for name, tally in lived.met.items():
        print(f"\n{name}")
        for key, times in tally.most_common():
            print(f"  {times:10,}  {key}")


def main() -> int:
    """Live until enough years are over; 1 where a reason or a moment never came up."""
    parser = argparse.ArgumentParser(description="Account-years through the laws of restraint.")
    parser.add_argument("--years", type=float, default=10_000, help="account-years to live")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first chapter")
    parser.add_argument("--only", type=int, help="live this one chapter again")
    given_ = parser.parse_args()
    if given_.only is not None:
        report(chapter(given_.only), 0.0)
        return 0
    begun, lived = time.monotonic(), Lived()
    print(f"chapters of {LIVES} lives from seed {given_.seed} on, {given_.jobs} at a time")
    pool = ProcessPoolExecutor(given_.jobs)
    try:
        for number, part in _chapters(pool, given_.seed, given_.jobs):
            lived.add(part)
            _say(lived, time.monotonic() - begun, number)
            if lived.years >= given_.years:
                break
    except KeyboardInterrupt:
        print("\nstopped: this is what was lived so far")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    report(lived, time.monotonic() - begun)
    missing = lived.missing()
    if missing:
        print(f"\nNever met, so nothing was shown of them: {', '.join(missing)}")
    return 1 if missing and lived.years >= ENOUGH else 0


if __name__ == "__main__":
    sys.exit(main())

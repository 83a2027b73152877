"""Runs one fault under load and says what came of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import stored
from tests.faults.fault import Fault
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.ready import READY, Watch
from tests.faults.scene import ACCOUNTS, LIMIT, Scene

PATIENCE = 180.0
"""Seconds until everything is told: a claim of a worker that died runs out after two minutes."""
STEP = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was poured, what was found, and how it recovered."""

    fault: Fault
    acknowledged: int
    retried: int
    found: stored.Found
    told: stored.Told
    back_after: float | None
    """Seconds from the fault's end to the first acknowledgement of a new request."""
    during: list[str]
    after: list[str]
    taken_again: int
    refused: list[str]
    unfinished: bool
    restarts: int
    said: str
    """The last words of processes that ended."""
    ended: list[int]
    notes: list[str]

    def broken(self) -> Iterator[str]:
        """Each promise that was not kept."""
        if self.found.lost or self.found.doubled:
            yield f"{self.found.lost:g} lost, {self.found.doubled:g} doubled"
        if self.told.twice:
            yield f"{self.told.twice} alerts told twice"
        if self.told.missing:
            yield f"{self.told.missing} accounts past their limit and not told"
        if self.taken_again:
            yield f"{self.taken_again} events taken again when sent again"
        if self.refused:
            yield f"{len(self.refused)} answers refused good usage: {self.refused[0][:200]}"
        if self.unfinished or self.back_after is None:
            yield "it did not acknowledge again"
        if not any(self.fault.says in words for words in self.during):
            yield f"/readyz never said {self.fault.says!r}, but: {'; '.join(self.during)}"
        if self.after != [READY] * len(self.after):
            yield f"/readyz afterwards: {'; '.join(self.after)}"
        if self.restarts != self.fault.kills:
            yield f"{self.restarts} processes ended, {self.fault.kills} were killed: {self.said}"
        if any(self.ended):
            yield f"told to stop, nodes ended with {self.ended}"


def run(fault: Fault, seconds: float) -> Result:
    """Load before, during and after the fault; then the tables are compared with the ledger."""
    with fault.scene() as scene:
        load, watch = Load(scene.answering, scene.key, ACCOUNTS, LIMIT), Watch(scene.all)
        watch.start()
        load.start()
        time.sleep(seconds)
        struck = time.monotonic()
        with fault.strike(scene):
            time.sleep(fault.lasts)
        healed = time.monotonic()
        back = _until_back(load.ledger, healed)
        time.sleep(seconds)
        finished = load.finish()
        during = watch.between(struck, healed + (back or 0.0) + 2 * STEP)
        told = _until_told(scene, load.ledger) if finished else _told(scene, load.ledger)
        after = _until_ready(watch)
        _until_counted(scene, load.ledger)
        again = load.again() if finished else 0
        found = stored.compared(scene.url, load.ledger)
        watch.stop()
        return Result(
            fault=fault,
            acknowledged=len(load.ledger),
            retried=load.retried,
            found=found,
            told=told,
            back_after=back,
            during=during,
            after=after,
            taken_again=again,
            refused=load.ledger.refused,
            unfinished=not finished,
            restarts=sum(len(node.ended) for node in scene.nodes),
            said="\n".join(words for node in scene.nodes for words in node.last_words),
            ended=[node.stop() for node in scene.nodes],
            notes=scene.notes,
        )


def _until_back(ledger: Ledger, healed: float) -> float | None:
    end = time.monotonic() + PATIENCE
    while (first := ledger.first_after(healed)) is None:
        if time.monotonic() > end:
            return None
        time.sleep(STEP / 4)
    return first - healed


def _told(scene: Scene, ledger: Ledger) -> stored.Told:
    return stored.told(scene.url, ledger, scene.messages(), LIMIT)


def _until_told(scene: Scene, ledger: Ledger) -> stored.Told:
    """Everybody past their limit was told; then a moment more, for what comes twice."""
    end = time.monotonic() + PATIENCE
    while _told(scene, ledger).missing and time.monotonic() < end:
        time.sleep(STEP)
    time.sleep(5 * STEP)
    return _told(scene, ledger)


def _until_counted(scene: Scene, ledger: Ledger) -> None:
    """What waits in front of the database has reached it."""
    end = time.monotonic() + PATIENCE
    while scene.nats and stored.compared(scene.url, ledger).lost and time.monotonic() < end:
        time.sleep(STEP)


def _until_ready(watch: Watch) -> list[str]:
    end = time.monotonic() + PATIENCE / 6
    while (said := watch.last()) != [READY] * len(said) and time.monotonic() < end:
        time.sleep(STEP)
    return said

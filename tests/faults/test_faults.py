"""The cheap faults, and that the suite would notice: `make faults` runs all of them, and longer."""

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from segue.clock import SystemClock
from service.context import Context
from service.ingest import ingest
from service.secrets import Secrets
from store.database import Database
from tests.faults import stored
from tests.faults.fault import Fault
from tests.faults.kinds import FAULTS
from tests.faults.ledger import Event, Ledger
from tests.faults.run import run
from tests.faults.scene import prepared

SECONDS = 1.0
"""Of load before the fault and after it."""
SENT: tuple[Event, ...] = (
    {"id": "1", "account": "acct-1", "meter": "reports", "value": 120.5},
    {"id": "2", "account": "acct-2", "meter": "reports", "value": 3},
    {"id": "3", "account": "acct-2", "meter": "runs"},
)


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.short], ids=lambda fault: fault.name)
def test_nothing_is_lost_doubled_or_told_twice(fault: Fault) -> None:
    result = run(fault, SECONDS)
    assert list(result.broken()) == []
    assert result.acknowledged == result.found.counted > 0


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that holds what was sent."""
    made = f"sqlite:///{tmp_path_factory.mktemp('faults')}/segue.db"
    prepared(made)
    database = Database(made)
    context = Context(
        database=database, clock=SystemClock(), secrets=Secrets(["k"]), public_url="http://test"
    )
    assert ingest(context, [msgspec.Raw(msgspec.json.encode(e)) for e in SENT]).accepted == 3
    yield made
    database.close()


def ledger(*events: Event) -> Ledger:
    """A client that was told these are stored."""
    made = Ledger()
    made.note(events, 0.0, 0.0)
    return made


def test_the_count_is_right_and_notices_what_is_missing_or_too_much(url: str) -> None:
    assert stored.compared(url, ledger(*SENT)) == stored.Found(counted=3, lost=0, doubled=0)
    more: Event = {"id": "4", "account": "acct-3", "meter": "reports", "value": 2.25}
    assert stored.compared(url, ledger(*SENT, more)).lost == 2.25
    assert stored.compared(url, ledger(*SENT[1:])).doubled == 120.5
    changed = stored.compared(url, ledger(SENT[0] | {"account": "acct-4"}, *SENT[1:]))
    assert (changed.lost, changed.doubled) == (120.5, 120.5)


def test_who_should_have_been_told_and_was_told_too_often_is_noticed(url: str) -> None:
    def told(**messages: int) -> stored.Told:
        named = {name.replace("_", "-"): count for name, count in messages.items()}
        return stored.told(url, ledger(*SENT), Counter(named), 100)

    assert told() == stored.Told(alerts=0, twice=0, cut_off=0, missing=1)
    assert told(acct_1=2).twice == 1

"""Many accounts decided together: the same as one by one, whatever stands beside them."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide import decide, decide_all
from engine.policy import Policy
from engine.snapshot import Snapshot
from engine.usage import Aggregation, PeriodKind
from tests.builders import at, meter, rising, snapshot, steady, user_days
from tests.engine.histories import snapshots

NEW = snapshot()
UNUSED = snapshot(meter([0.0] * 40))
YEARLY = snapshot(meter(rising(), period=PeriodKind.YEAR, limit=900))
LEVEL = snapshot(meter(steady(3), key="seats", aggregation=Aggregation.MAX, limit=4))
NAMED = snapshot(meter(rising()), user_days=(user_days("ann", 1, 2, 3), user_days("bo", 2, 9)))


@settings(max_examples=40, deadline=None)
@given(st.lists(snapshots(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_batch_decides_as_each_alone(drawn: list[Snapshot], shuffled: Random) -> None:
    facts = [*drawn, NEW, UNUSED, YEARLY, LEVEL, NAMED, _two_meters(drawn[0])]
    shuffled.shuffle(facts)
    assert decide_all(facts, Policy(), at()) == [decide(one, Policy(), at()) for one in facts]


def test_accounts_on_different_days_of_the_world() -> None:
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC")
    facts = [replace(NAMED, account=replace(NAMED.account, time_zone=zone)) for zone in zones]
    now = at() + timedelta(hours=11)
    assert decide_all(facts, Policy(), now) == [decide(one, Policy(), now) for one in facts]


def test_nobody_at_all() -> None:
    assert decide_all([], Policy(), at()) == []


def _two_meters(facts: Snapshot) -> Snapshot:
    """A second one that is younger and adds up as well."""
    return replace(facts, meters=(*facts.meters, meter([0.5, 7.25, 3.0], key="younger", limit=12)))

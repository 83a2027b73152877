"""Money arithmetic: exact, tier by tier, and silent about what is not stated."""

from decimal import Decimal

import pytest

from engine.catalogue import Tier
from engine.cost import Terms, a_year, break_even, overage_cost, period_cost, unit_cost
from engine.usage import PeriodKind

D = Decimal
UNIT = D("0.08")
TIERS = [Tier(unit=D("0.08"), up_to=D(5000)), Tier(unit=D("0.05"))]


def terms(price="490", limit="10000", overage=UNIT, **more) -> Terms:
    return Terms(
        price=None if price is None else D(price),
        limit=None if limit is None else D(limit),
        overage=overage,
        **more,
    )


@pytest.mark.parametrize(
    ("units", "overage", "cost"),
    [
        (D(0), None, D(0)),
        (D(-5), D("0.08"), D(0)),
        (D(10), None, None),
        (D(10), D("0.08"), D("0.80")),
        (D(5000), TIERS, D(400)),
        (D(7000), TIERS, D(500)),
        (D(7000), TIERS[:1], None),
        (D(1), [], None),
    ],
)
def test_overage(units, overage, cost):
    assert overage_cost(units, overage) == cost


@pytest.mark.parametrize(
    ("plan", "used", "total"),
    [
        (terms(), D(9000), D(490)),
        (terms(), D(14000), D(810)),
        (terms(overage=None), D(10000), D(490)),
        (terms(overage=None), D(10001), None),
        (terms(price=None), D(1), None),
        (terms(limit=None), D(10**9), D(490)),
        (terms(price="24.50", per_seat=True, seats=20), D(1), D(490)),
        (terms(price="24.50", per_seat=True), D(1), None),
    ],
)
def test_a_period(plan, used, total):
    cost = period_cost(plan, used)
    assert (cost and cost.total) == total


@pytest.mark.parametrize(
    ("now", "then", "even"),
    [
        (terms(), terms("890", "25000"), D(15000)),
        (terms(overage=TIERS), terms("890", "25000"), D(15000)),
        (terms(overage=TIERS), terms("990", "25000"), D(17000)),
        (terms(overage=TIERS[:1]), terms("990", "25000"), None),
        (terms(overage=None), terms("890", "25000"), None),
        (terms(), terms("890", "12000"), None),
        (terms(), terms("390", "25000"), D(0)),
        (terms(), terms("890", "25000", period=PeriodKind.YEAR), None),
        (terms(limit=None), terms("890", "25000"), None),
    ],
)
def test_break_even(now, then, even):
    assert break_even(now, then) == even
    if even:
        assert period_cost(now, even).total == period_cost(then, even).total


def test_years_and_units():
    assert a_year(D("490"), PeriodKind.MONTH) == D(5880)
    assert a_year(D("490"), PeriodKind.NONE) is None
    assert unit_cost(D(810), D(0)) is None
    assert unit_cost(D(810), D(14000)) == D(810) / D(14000)

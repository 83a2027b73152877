"""What a period costs on a plan, overage included; money is Decimal from end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.catalogue import Tier
from engine.usage import PeriodKind

Overage = Decimal | Sequence[Tier] | None

PERIODS_A_YEAR = {
    PeriodKind.MONTH: 12,
    PeriodKind.ANNIVERSARY: 12,
    PeriodKind.WEEK: 52,
    PeriodKind.YEAR: 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one period costs: `price` (None: unknown), what it includes, what lies above.

    `overage` None means that it is not stated: then no cost above the limit is ever guessed.
    """

    price: Decimal | None
    limit: Decimal | None
    overage: Overage = None
    per_seat: bool = False
    seats: int | None = None
    period: PeriodKind = PeriodKind.MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of one period: what is paid anyway, and what the units above the limit add."""

    base: Decimal
    overage: Decimal

    @property
    def total(self) -> Decimal:
        """What the period costs altogether."""
        return self.base + self.overage


def base_price(terms: Terms) -> Decimal | None:
    """The price of one period before overage; None where price or seats are unknown."""
    return None if terms.price is None else _for_all(terms.price, terms)


def yearly_price(terms: Terms, annual: Decimal | None) -> Decimal | None:
    """The price of a year paid at once, before overage; None where it or the seats are unknown."""
    return None if annual is None else _for_all(annual, terms)


def _for_all(price: Decimal, terms: Terms) -> Decimal | None:
    if not terms.per_seat:
        return price
    return None if terms.seats is None else price * terms.seats


def overage_cost(units: Decimal, overage: Overage) -> Decimal | None:
    """What `units` above the limit cost; None where the price of some of them is not stated."""
    if units <= 0:
        return Decimal(0)
    if overage is None:
        return None
    if isinstance(overage, Decimal):
        return units * overage
    cost, priced = Decimal(0), Decimal(0)
    for tier in overage:  # `up_to` counts units above the limit.
        reach = units if tier.up_to is None else min(units, tier.up_to)
        cost += max(reach - priced, Decimal(0)) * tier.unit
        priced = max(priced, reach)
    return cost if priced >= units else None


def period_cost(terms: Terms, used: Decimal) -> Cost | None:
    """The cost of a period in which `used` is used; None where it can't be known."""
    base = base_price(terms)
    above = Decimal(0) if terms.limit is None else max(used - terms.limit, Decimal(0))
    extra = overage_cost(above, terms.overage)
    return None if base is None or extra is None else Cost(base=base, overage=extra)


def a_year(amount: Decimal, period: PeriodKind) -> Decimal | None:
    """A period's amount as a year of it; None for plans that have no period."""
    times = PERIODS_A_YEAR.get(period)
    return None if times is None else amount * times


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What moving adds, or takes away where it is negative, with the same use.

    `period`: to this period; `year`: to a year; `annual`: to a year, where it is paid by the year,
    which then comes to `annual_total`, and to `as_you_go` where it is not.
    """

    period: Decimal
    year: Decimal | None
    annual: Decimal | None
    annual_total: Decimal | None
    as_you_go: Decimal | None


def effect(now: Terms, then: Terms, used: Decimal, *, annual: Decimal | None) -> Effect | None:
    """What moving changes for a period in which `used` is used; None where it can't be known.

    `annual`: the price of `then` paid by the year, for a seat where that is what is paid for.
    Periods of other lengths are not held against each other: the same use is not theirs.
    """
    stays, moves = period_cost(now, used), period_cost(then, used)
    if stays is None or moves is None or now.period != then.period:
        return None
    year, moved = a_year(stays.total, now.period), a_year(moves.total, then.period)
    above, paid = a_year(moves.overage, then.period), yearly_price(then, annual)
    total = None if paid is None or above is None else paid + above
    return Effect(
        period=moves.total - stays.total,
        year=None if year is None or moved is None else moved - year,
        annual=None if year is None or total is None else total - year,
        annual_total=total,
        as_you_go=moved,
    )


def unit_cost(total: Decimal, used: Decimal) -> Decimal | None:
    """What one unit costs when `used` cost `total`; None when nothing was used."""
    return total / used if used > 0 else None


def break_even(now: Terms, then: Terms) -> Decimal | None:
    """The use a period from which on `then` costs no more than `now`; None where there is none.

    Searched among what `then` includes: above that both plans bill, and the answer is no longer
    a single point.
    """
    base, larger = base_price(now), base_price(then)
    if base is None or larger is None or now.limit is None or now.period != then.period:
        return None
    if larger <= base:
        return Decimal(0)
    used = now.limit + _units_for(larger - base, now.overage)
    return used if used.is_finite() and (then.limit is None or used <= then.limit) else None


def _units_for(amount: Decimal, overage: Overage) -> Decimal:
    """How many units above the limit cost `amount`; infinity where they never do."""
    tiers = [Tier(unit=overage)] if isinstance(overage, Decimal) else overage or []
    units = Decimal(0)
    for tier in tiers:
        width = Decimal("Infinity") if tier.up_to is None else tier.up_to - units
        if tier.unit > 0 and tier.unit * width >= amount:
            return units + amount / tier.unit
        amount -= tier.unit * width if tier.unit else Decimal(0)
        units += width
    return Decimal("Infinity")

"""What the vendor sells: the product, its meters and its plans. Money and limits are exact."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal

from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Table:
    """A table of the policy file: unknown keys are refused, fields are described below them."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }


def check(holds: bool, message: str) -> None:
    """Raise ValueError with `message` unless `holds`."""
    if not holds:
        raise ValueError(message)


@dataclass(frozen=True, kw_only=True)
class Product(Table):
    """The product Segue speaks for."""

    name: str
    """What your customers call it."""
    currency: str = "EUR"
    """ISO 4217 code; accounts may have their own."""
    time_zone: str = "UTC"
    """IANA zone; accounts may have their own."""
    locale: str = "en"
    """Language of texts where neither person nor account says otherwise."""
    upgrade_url: str = ""
    """Where a plan is changed; {plan} and {case} are filled in. Empty: no purchase link."""


@dataclass(frozen=True, kw_only=True)
class Name(Table):
    """A thing's name for one and for many, per the language of the product."""

    one: str
    other: str


@dataclass(frozen=True, kw_only=True)
class Meter(Table):
    """A named thing counted; meaningful ones show that the product is worth it."""

    key: str
    """Short name used in the API, in limits and in this file."""
    name: Name
    """What one and many are called: { one = "report", other = "reports" }."""
    value: str = ""
    """What it accomplishes, in the customer's words: "delivered to your clients"."""
    aggregation: Aggregation = Aggregation.SUM
    """count | sum | max | unique | latest"""
    kind: MeterKind = MeterKind.RESET
    """reset (each period) | cumulative (seats, storage) | peak"""
    meaningful: bool = True
    """false: vanity, never a reason to speak."""
    at_limit: AtLimit = AtLimit.CONTINUES
    """What truly happens at the limit: continues | soft | stops. Texts say it."""
    event: str | None = None
    """CloudEvents type or Segment event; default: the key."""
    field: str | None = None
    """Where sum, max, unique and latest find their value in an event's properties."""

    def __post_init__(self) -> None:
        check(bool(_KEY.fullmatch(self.key)), "use lower-case letters, digits, '_', '-' and '.'")


@dataclass(frozen=True, kw_only=True)
class Tier(Table):
    """Units up to `up_to` (None: all further ones) cost `unit` each."""

    unit: Decimal
    up_to: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Annual(Table):
    """The plan paid by the year."""

    price: Decimal


@dataclass(frozen=True, kw_only=True)
class Plan(Table):
    """What is bought. An unknown price is not shown, never guessed."""

    key: str
    name: str
    price: Decimal | None = None
    """Price of one period in the product's currency."""
    prices: dict[str, Decimal] = field(default_factory=dict)
    """Instead of `price`, one per currency: { EUR = "490.00", USD = "540.00" }."""
    per: Literal["account", "seat"] = "account"
    """What the price is for."""
    period: PeriodKind = PeriodKind.MONTH
    """month | year | week | anniversary | none"""
    next: str | None = None
    """The larger plan; absent: there is none."""
    limits: dict[str, Decimal | None] = field(default_factory=dict)
    """How much of each meter a period allows; a meter not named is unlimited."""
    overage: dict[str, Decimal | list[Tier]] = field(default_factory=dict)
    """Price of one unit above the limit, or tiers."""
    annual: Annual | None = None
    stripe: list[str] = field(default_factory=list)
    """What Stripe calls it: ids of prices or products, or lookup keys. "none": no subscription."""

    def __post_init__(self) -> None:
        check(bool(_KEY.fullmatch(self.key)), "use lower-case letters, digits, '_', '-' and '.'")
        amounts = [self.price, *self.prices.values(), *self.limits.values()]
        check(all(a is None or a >= 0 for a in amounts), "prices and limits can't be negative")
        check(all(self.stripe), "stripe: a name can't be empty")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Product, meters and plans by key; built from a checked policy file."""

    product: Product
    meters: dict[str, Meter]
    plans: dict[str, Plan]

    def price(self, plan: Plan, currency: str) -> Decimal | None:
        """The plan's price in `currency`, None where it is not stated."""
        if currency in plan.prices:
            return plan.prices[currency]
        return plan.price if currency == self.product.currency else None

    def overage(self, plan: Plan, meter: str, currency: str) -> Decimal | list[Tier] | None:
        """The price above the plan's limit of a meter; None: not stated in `currency`."""
        return plan.overage.get(meter) if currency == self.product.currency else None

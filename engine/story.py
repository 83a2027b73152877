"""The story of one alert: the frozen, cited facts that every text, chart and case is made from."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from engine.alert import AlertClass, Moment
from engine.decision import Stage
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A period of the past and what was used in it; `end` is exclusive."""

    start: date
    end: date
    used: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Days around which the limit is met, 10 to 90 % of the paths."""

    low: date
    mid: date
    high: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterStory:
    """One meter, frozen. `daily` starts at the period's first day; `pace` is units a day lately.

    `overage` prices one unit above the limit (None: not stated or tiered).
    """

    key: str
    name_one: str
    name_other: str
    value: str
    kind: MeterKind
    aggregation: Aggregation
    at_limit: AtLimit
    used: Decimal
    limit: Decimal | None
    next_limit: Decimal | None
    period_start: date
    period_end: date | None
    past: tuple[Stretch, ...]
    daily: tuple[Decimal, ...]
    pace: Decimal | None
    forecast: Range | None
    overage: Decimal | None
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStory:
    """A plan as it was when the story was frozen. `price` None: unknown, not shown."""

    key: str
    name: str
    price: Decimal | None
    per: str
    period: PeriodKind
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything any text may say. Numbers in texts must be values found here.

    `beside`: the other meters whose limits the message tells of as well, those of a pushed notice
    or of asks that it speaks for.
    """

    account: str
    account_name: str
    product: str
    currency: str
    time_zone: str
    alert_class: AlertClass
    moment: Moment
    stage: Stage
    as_of: datetime
    main: MeterStory
    others: tuple[MeterStory, ...]
    plan: PlanStory | None
    next_plan: PlanStory | None
    value_since: date | None
    value_days28: int
    people28: int | None
    renewal: date | None
    milestone: Decimal | None = None
    beside: tuple[MeterStory, ...] = ()

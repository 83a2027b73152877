"""What the page about an account's last months shows: plain values, read elsewhere."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from engine.alert import AlertClass, Moment
from engine.story import MeterStory
from templates.backtest_view import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a meter: what it added, what was held against the limit at its end."""

    day: date
    used: Decimal
    total: Decimal
    limit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPart:
    """One meter: how it stands, drawn, and day by day, oldest first."""

    story: MeterStory
    timeline: Timeline
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of something that was said: passed_on, approve, decline, question or upgrade.

    `plan`: the larger plan's name.
    """

    kind: str
    day: date
    plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days on which the same was decided, first and last included.

    `said`: as what it was said; None: nothing was. `moment` None: nothing was due. `steps`: what
    came of it, oldest first.
    """

    first: date
    last: date
    said: AlertClass | None
    moment: Moment | None
    sentence: str
    closed_as: str | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """The whole page; `until`: when its link is over. `trust` and `stage` None: not decided yet."""

    product: str
    locale: str
    account: str
    name: str
    zone: str
    days: int
    as_of: datetime
    until: datetime
    sentence: str
    stage: str | None
    trust: float | None
    asks: int
    meters: tuple[MeterPart, ...]
    spans: tuple[Span, ...]

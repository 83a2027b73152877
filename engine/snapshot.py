"""All facts one decision needs, loaded at once and passed in as a value."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from engine.alert import FeedbackKind, PastAlert
from engine.instant import in_utc
from engine.usage import MeterUse


class Role(StrEnum):
    """What a person is to the account."""

    USER = "user"
    CHAMPION = "champion"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMIN = "admin"


class BlockerKind(StrEnum):
    """Something that makes this a wrong time to speak."""

    INCIDENT = "incident"
    SECURITY = "security"
    TICKET = "ticket"
    PAYMENT = "payment"
    PRICE_CHANGE = "price_change"
    CANCELLATION = "cancellation"
    SALES = "sales"
    CARE = "care"


class Arm(StrEnum):
    """Which side of the randomised holdout the account is on."""

    TREATED = "treated"
    HOLDOUT = "holdout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the account. `reachable`: push channels that can reach them, best first."""

    id: str
    role: Role = Role.USER
    name: str | None = None
    email: str | None = None
    can_buy: bool = False
    locale: str | None = None
    time_zone: str | None = None
    joined: date | None = None
    muted: bool = False
    reachable: tuple[str, ...] = ()
    last_asked: datetime | None = None

    def __post_init__(self) -> None:
        in_utc(self, "last_asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDays:
    """The local days on which one user made value events, oldest first, at most 400 days back."""

    user: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Friction:
    """A limit got in the way of a user."""

    at: datetime
    user: str
    meter: str

    def __post_init__(self) -> None:
        in_utc(self, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Open from `opened` until `closed` (None: still open)."""

    id: str
    kind: BlockerKind
    opened: datetime
    closed: datetime | None = None
    urgent: bool = False

    def __post_init__(self) -> None:
        in_utc(self, "opened", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """A move between plans; `direction` is 1 up, -1 down, 0 sideways or first."""

    at: datetime
    plan: str
    direction: int

    def __post_init__(self) -> None:
        in_utc(self, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Feedback by one person on one alert (`alert` is the alert's key as text)."""

    alert: str
    kind: FeedbackKind
    at: datetime
    person: str
    role: Role
    until: date | None = None
    whole_account: bool = False

    def __post_init__(self) -> None:
        in_utc(self, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Isotonic map from raw p to what happened, learned on the vendor's own resolved forecasts."""

    version: str
    raw: tuple[float, ...]
    happened: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """The account itself; `plan` None means it was never told to Segue.

    `product_locale`: the language of the vendor's own product, for whoever reads none we have.
    """

    id: str
    name: str
    plan: str | None
    next_plan: str | None
    time_zone: str
    locale: str
    currency: str
    country: str | None = None
    seats: int | None = None
    since: date | None = None
    renewal: date | None = None
    custom: bool = False
    objected: bool = False
    integrations: tuple[str, ...] = ()
    price: Decimal | None = None
    product_locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """An account and its people: all that is needed to pass on what was decided before."""

    account: AccountFacts
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything `decide` may look at. Instants are in UTC; days are local to the account's zone.

    `live_since`: when Segue began to speak for this account's vendor (the ledger starts there).
    `answers` and `alerts` are oldest first; `widget_on`: a banner can be shown at all.
    `last_report`: newest usage report of any kind; None: never. `readers_known`: `people` and
    `user_days` are all who could read a banner; a backtest does not ask who that would be.
    `paused`: since when asks and reflections are held back from everybody, for they did harm.
    """

    account: AccountFacts
    meters: tuple[MeterUse, ...]
    people: tuple[Person, ...] = ()
    user_days: tuple[UserDays, ...] = ()
    frictions: tuple[Friction, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    plan_changes: tuple[PlanChange, ...] = ()
    alerts: tuple[PastAlert, ...] = ()
    answers: tuple[Answer, ...] = ()
    arm: Arm = Arm.TREATED
    rollout_open: bool = True
    widget_on: bool = True
    readers_known: bool = False
    daily_source: bool = False
    last_report: datetime | None = None
    live_since: datetime | None = None
    calibration: Calibration | None = None
    paused: datetime | None = None

    def __post_init__(self) -> None:
        in_utc(self, "last_report", "live_since", "paused")

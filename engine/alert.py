"""Moments, classes of alert, feedback and the reasons for a silence: the closed lists."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.instant import in_utc


class AlertClass(StrEnum):
    """An ask proposes the next plan, a reflection shows value, a notice informs neutrally."""

    ASK = "ask"
    REFLECTION = "reflection"
    NOTICE = "notice"


class Moment(StrEnum):
    """A named situation worth speaking about, in the order of its rank."""

    SUSTAINED_OVER = "sustained_over"
    RECURRING_FRICTION = "recurring_friction"
    AT_LIMIT = "at_limit"
    PACE = "pace"
    APPROACHING = "approaching"
    MILESTONE = "milestone"
    RIGHT_SIZE = "right_size"


class Outcome(StrEnum):
    """What one evaluation led to; beside a notice, the ask's or reflection's outcome."""

    ASK = "ask"
    REFLECT = "reflect"
    NOTICE = "notice"
    DEFER = "defer"
    SILENT = "silent"
    HELD_OUT = "held_out"


class FeedbackKind(StrEnum):
    """What comes back from people."""

    SEEN = "seen"
    USEFUL = "useful"
    FORWARDED = "forwarded"
    ACTED = "acted"
    APPROVED = "approved"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    DECLINED = "declined"
    NOT_USEFUL = "not_useful"
    MUTED = "muted"


class ReasonCode(StrEnum):
    """Why a moment was held back, in the order of the gates; the first that fails is the reason."""

    POLICY_OFF = "policy_off"
    SHADOW = "shadow"
    DATA_STALE = "data_stale"
    DATA_SUSPECT = "data_suspect"
    DATA_THIN = "data_thin"
    LIMIT_UNKNOWN = "limit_unknown"
    NO_NEXT_PLAN = "no_next_plan"
    CUSTOM_CONTRACT = "custom_contract"
    OBJECTED = "objected"
    ACCOUNT_MUTED = "account_muted"
    PULL_ONLY = "pull_only"
    CANCEL_PENDING = "cancel_pending"
    PAYMENT_FAILED = "payment_failed"
    INCIDENT = "incident"
    SECURITY_NOTICE = "security_notice"
    TICKET_OPEN = "ticket_open"
    TICKET_RECENT = "ticket_recent"
    PRICE_CHANGE = "price_change"
    UPGRADE_RECENT = "upgrade_recent"
    DOWNGRADE_RECENT = "downgrade_recent"
    RENEWAL_OWNER = "renewal_owner"
    SALES_ACTIVE = "sales_active"
    CARE_FLAG = "care_flag"
    DORMANT = "dormant"
    STAGE_EXPERIMENTING = "stage_experimenting"
    STAGE_LEARNING = "stage_learning"
    ONBOARDING = "onboarding"
    DECLINING = "declining"
    ONE_OFF = "one_off"
    RAMP = "ramp"
    DUPLICATE = "duplicate"
    ASK_SPACING = "ask_spacing"
    ASK_ANNUAL_CAP = "ask_annual_cap"
    BACKOFF = "backoff"
    REFLECTION_SPACING = "reflection_spacing"
    TRUST_LOW = "trust_low"
    NO_RECIPIENT = "no_recipient"
    COPY_BLOCKED = "copy_blocked"
    LOCALE_MISSING = "locale_missing"
    HELD_OUT = "held_out"
    QUIET_HOURS = "quiet_hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    DO_NOT_DISTURB = "do_not_disturb"
    NO_MOMENT = "no_moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """The named cause of a silence, its evidence as label and value, and when it ends if known."""

    code: ReasonCode
    evidence: tuple[tuple[str, str], ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKey:
    """What makes an alert the same alert: it is raised once per key."""

    account: str
    meter: str
    moment: Moment
    alert_class: AlertClass
    period: str

    def __str__(self) -> str:
        return "/".join((self.meter, self.moment, self.alert_class, self.period))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlert:
    """An alert raised earlier, as the gates and the ledger need it.

    `charged_at`: first *push accepted* or *banner seen*; None while it is only reserved (still
    `open`) or was never delivered. `person`: who was asked by push.
    """

    key: AlertKey
    raised_at: datetime
    charged_at: datetime | None
    closed_at: datetime | None
    person: str | None = None
    ghost: bool = False

    def __post_init__(self) -> None:
        in_utc(self, "raised_at", "charged_at", "closed_at")

"""Every table. Account data is keyed by account first, so that it shards without a redesign."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, text
from sqlmodel import AutoString, Field, SQLModel

from store.types import Instant, Text


def instant(**column: Any) -> Any:
    """A column that holds an aware instant."""
    return Field(sa_column=Column(Instant, **column))


def whole() -> Any:
    """A 64-bit integer column."""
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, default=0))


def document() -> Any:
    """A JSON column."""
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


def listing() -> Any:
    """A JSON column that holds a list."""
    return Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class Account(SQLModel, table=True):
    """The paying organisation. `next_daily`: its next daily look.

    `limits_since`: when its own limit of a meter was last set, changed or taken back. `turn` counts
    what people and admins changed: a look that began before such a change is not kept.
    """

    id: str = Field(primary_key=True)
    name: str | None = None
    plan: str | None = None
    seats: int | None = None
    time_zone: str | None = None
    locale: str | None = None
    country: str | None = None
    currency: str | None = None
    since: date | None = None
    anchor: int | None = None
    renewal: date | None = None
    limits: dict[str, str | None] = document()
    limits_since: dict[str, str] = document()
    price: str | None = None
    custom: bool = False
    integrations: list[str] = listing()
    external_ids: dict[str, str] = document()
    holdout: str = "auto"
    objected: bool = False
    domains: list[str] = listing()
    created_at: datetime = instant(nullable=False)
    next_daily: datetime = instant(nullable=False, index=True)
    last_report: datetime | None = instant(nullable=True)
    turn: int = whole()


class Person(SQLModel, table=True):
    """Somebody at an account."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    email: str | None = None
    name: str | None = None
    role: str = "user"
    can_buy: bool = False
    locale: str | None = None
    time_zone: str | None = None
    joined: date | None = None
    muted: bool = False


class Address(SQLModel, table=True):
    """Where a channel reaches a person: a Slack user as TEAM/USER, a Teams conversation.

    `time_zone`: what the platform knew of it when it was `looked_at`.
    """

    account: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    address: str
    time_zone: str | None = None
    looked_at: datetime | None = instant(nullable=True)


class Unreachable(SQLModel, table=True):
    """A channel that is not to be tried for a person: they said so, or the address was refused.

    `address`: the one that was refused; None: whatever their address is.
    """

    account: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    reason: str
    address: str | None = None
    at: datetime = instant(nullable=False)


class Digest(SQLModel, table=True):
    """What became of telling a person what was done in a period: it is told once at most.

    `period`: the first day that is told of. `reason`: why it is held back; None: it was written.
    """

    account: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    period: date = Field(primary_key=True)
    at: datetime = instant(nullable=False)
    reason: str | None = None
    __table_args__ = (Index("digest_period", "period"),)


class Blocker(SQLModel, table=True):
    """A wrong time to speak; account "*" is everyone."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    urgent: bool = False
    opened: datetime = instant(nullable=False)
    closed: datetime | None = instant(nullable=True)


class PlanChange(SQLModel, table=True):
    """A move between plans, append-only. `alert`: the one known then to come before a move up."""

    account: str = Field(primary_key=True)
    at: datetime = instant(primary_key=True)
    plan: str
    previous: str | None = None
    direction: int = 0
    reason: str | None = None
    alert: str | None = None


class ConfigVersion(SQLModel, table=True):
    """One applied policy file, whole; the highest version is in force."""

    version: int | None = Field(default=None, primary_key=True)
    digest: str
    text: str
    applied_at: datetime = instant(nullable=False)
    applied_by: str


class SeenPart(SQLModel, table=True):
    """A table `seen_<n>` of fingerprints of usage events: the duplicate window (`store.seen`).

    `filter`: what `store.sieve` needs of its keys, once it was packed (`store.packing`).
    """

    __tablename__ = "seen_part"
    n: int = Field(primary_key=True)
    opened_at: datetime = instant(nullable=False)
    sealed_at: datetime | None = instant(nullable=True)
    filter: bytes | None = None


class SeenCount(SQLModel, table=True):
    """How many fingerprints a process kept in a part; a row each, so that none waits."""

    __tablename__ = "seen_count"
    part: int = Field(primary_key=True)
    writer: str = Field(primary_key=True)
    keys: int = whole()
    newest_at: datetime = instant(nullable=False)


class Watch(SQLModel, table=True):
    """What a meter came to in its newest period, and from where on that is worth a look.

    `guard` None: any usage is. `told_at`: the newest running total the vendor reported.
    """

    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    period: date
    used: float
    guard: float | None = None
    told_at: datetime | None = instant(nullable=True)


class HourBucket(SQLModel, table=True):
    """A meter's total for an hour of the account's own clock (its start, as an instant)."""

    __tablename__ = "hour_bucket"
    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    hour: datetime = instant(primary_key=True)
    units: int = whole()
    micros: int = whole()
    events: int = whole()
    last_at: datetime = instant(nullable=False)


class DayBucket(SQLModel, table=True):
    """A meter's total for a local day. `backfilled`: imported later, so never a reason to speak."""

    __tablename__ = "day_bucket"
    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    units: int = whole()
    micros: int = whole()
    events: int = whole()
    last_at: datetime = instant(nullable=False)
    backfilled: bool = False
    # A meter's days lie side by side, so that a look reads them at once.
    __table_args__ = {"sqlite_with_rowid": False}


class UniqueValue(SQLModel, table=True):
    """A thing counted once by a `unique` meter, by local day, as a 16-byte hash."""

    __tablename__ = "unique_value"
    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))


class ReportedTotal(SQLModel, table=True):
    """A running total the vendor reported ("account X is at 8,420 now")."""

    __tablename__ = "reported_total"
    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    at: datetime = instant(primary_key=True)
    units: int = whole()
    micros: int = whole()


class UserDay(SQLModel, table=True):
    """A local day on which a user made value events."""

    __tablename__ = "user_day"
    account: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    day: date = Field(primary_key=True)


class Friction(SQLModel, table=True):
    """A limit got in the way of a user."""

    account: str = Field(primary_key=True)
    at: datetime = instant(primary_key=True)
    id: str = Field(primary_key=True)
    user: str
    meter: str


class Due(SQLModel, table=True):
    """An account to be looked at; `mark` counts what came in, so that nothing new is missed.

    `daily`: nothing came in, its daily look has come; None: something did, so it goes first.
    """

    account: str = Field(primary_key=True)
    since: datetime = instant(nullable=False)
    mark: int = whole()
    claimed_until: datetime | None = instant(nullable=True)
    daily: bool | None = None
    __table_args__ = (Index("due_order", "daily", "since"),)


_WITH_A_MOMENT: Any = {
    "sqlite_where": text("moment IS NOT NULL"),
    "postgresql_where": text("moment IS NOT NULL"),
}


class Decision(SQLModel, table=True):
    """One evaluation with all its reasons; identical silent ones are one row with `until`."""

    account: str = Field(primary_key=True)
    at: datetime = instant(primary_key=True)
    until: datetime | None = instant(nullable=True)
    outcome: str
    reason: str | None = None
    meter: str | None = None
    moment: str | None = None
    stage: str
    p: float | None = None
    exposed: bool = False
    policy_version: int
    digest: str
    body: dict[str, Any] = document()
    snapshot: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    __table_args__ = (
        Index(
            "decision_exposed",
            "account",
            "at",
            sqlite_where=text("exposed = 1"),
            postgresql_where=text("exposed"),
        ),
        # The week over all accounts: what had something to say, by when it was said first and last.
        Index("decision_at", "at", **_WITH_A_MOMENT),
        Index("decision_until", "until", **_WITH_A_MOMENT),
    )


class Forecast(SQLModel, table=True):
    """A daily forecast of a meter, and what came of it; it is open until `resolved_at`.

    `raw`, `p`: probability before and after the `calibration` in force; `scale`: how the former was
    made. `ends`: the first local day on which it is over, known at `due_at` at the latest.
    """

    account: str = Field(primary_key=True)
    meter: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    at: datetime = instant(nullable=False)
    raw: float
    p: float
    calibration: str | None = None
    scale: str
    used: str
    limit: str
    last_at: datetime | None = instant(nullable=True)
    ends: date
    due_at: datetime = instant(nullable=False)
    resolved_at: datetime | None = instant(nullable=True)
    came: str | None = None
    __table_args__ = (
        Index(
            "forecast_open",
            "account",
            "due_at",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("forecast_resolved", "resolved_at"),
    )


class Alert(SQLModel, table=True):
    """The thing worth saying, raised once per key, with the story frozen then."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    key: str
    alert_class: str
    moment: str
    meter: str
    period: str
    p: float | None = None
    person: str | None = None
    audience: list[str] = listing()
    story: dict[str, Any] = document()
    raised_at: datetime = instant(nullable=False)
    charged_at: datetime | None = instant(nullable=True)
    closed_at: datetime | None = instant(nullable=True)
    closed_as: str | None = None
    returns: date | None = None
    chart_hash: str | None = Field(default=None, sa_column=Column(Text, index=True))
    policy_version: int
    __table_args__ = (
        Index("alert_key", "account", "key", unique=True),
        Index("alert_raised", "raised_at"),
        # What leaves Segue in an address names an alert without its account.
        Index("alert_named", "id"),
    )


class Delivery(SQLModel, table=True):
    """One alert to one person over one channel; the due ones are the outbox."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    alert: str
    kind: str
    person: str
    channel: str
    forward: str | None = None
    body: dict[str, Any] = document()
    state: str = "due"
    due_at: datetime = instant(nullable=False)
    claimed_until: datetime | None = instant(nullable=True)
    attempts: int = 0
    reference: str | None = None
    reason: str | None = None
    created_at: datetime = instant(nullable=False)
    sent_at: datetime | None = instant(nullable=True)
    __table_args__ = (
        Index("delivery_due", "state", "due_at"),
        Index("delivery_waits", "account", "state", "due_at"),
        Index("delivery_alert", "account", "alert"),
    )


class Attempt(SQLModel, table=True):
    """One try of a delivery and what came of it."""

    account: str = Field(primary_key=True)
    delivery: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = instant(nullable=False)
    outcome: str
    detail: str = ""


class Feedback(SQLModel, table=True):
    """What a person said to an alert; the client's id makes it idempotent."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    alert: str
    person: str
    role: str
    kind: str
    at: datetime = instant(nullable=False)
    until: date | None = None
    reason: str | None = None
    whole_account: bool = False
    channel: str
    undone_at: datetime | None = instant(nullable=True)
    __table_args__ = (Index("feedback_alert", "account", "alert"),)


class Forward(SQLModel, table=True):
    """A person passes the story on; it waits ten seconds before it goes."""

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    alert: str
    case: str
    champion: str
    to: str
    role: str
    note: str = ""
    channel: str
    state: str = "waiting"
    detail: str = ""
    created_at: datetime = instant(nullable=False)
    due_at: datetime = instant(nullable=False)
    sent_at: datetime | None = instant(nullable=True)
    __table_args__ = (Index("forward_alert", "account", "alert"),)


class Case(SQLModel, table=True):
    """The business case: a frozen story behind a link; only the hash of its token is kept.

    `previous`: the case it was made anew from. `views`: how often it was opened, by whomever.
    """

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    alert: str
    audience: str
    recipient: str
    champion: str
    note: str = ""
    story: dict[str, Any] = document()
    terms: dict[str, Any] = document()
    issue: int = 1
    previous: str | None = None
    views: int = whole()
    viewed_at: datetime | None = instant(nullable=True)
    token_hash: str | None = Field(default=None, sa_column=Column(Text, index=True))
    chart_hash: str | None = Field(default=None, sa_column=Column(Text, index=True))
    created_at: datetime = instant(nullable=False)
    expires_at: datetime = instant(nullable=False)
    revoked_at: datetime | None = instant(nullable=True)


class CaseAnswer(SQLModel, table=True):
    """What somebody using a case link said."""

    __tablename__ = "case_answer"
    account: str = Field(primary_key=True)
    case: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    text: str = ""
    name: str = ""
    until: date | None = None
    at: datetime = instant(nullable=False)


class Backtest(SQLModel, table=True):
    """A backtest over stored usage that an admin asked for, while it runs and after.

    `heard_at`: its process lived then.
    """

    id: str = Field(primary_key=True)
    asked_at: datetime = instant(nullable=False)
    asked_by: str
    days: int
    status: str
    progress: dict[str, Any] = document()
    summary: dict[str, Any] = document()
    detail: str | None = None
    heard_at: datetime | None = instant(nullable=True)


class BacktestLine(SQLModel, table=True):
    """What a backtest says about one account: an alert, or a difference between two policies."""

    __tablename__ = "backtest_line"
    account: str = Field(primary_key=True)
    backtest: str = Field(primary_key=True, index=True)
    n: int = Field(primary_key=True)
    kind: str
    body: dict[str, Any] = document()


class LearnedCalibration(SQLModel, table=True):
    """What probabilities of one scale came to mean, as learned on a night; never changed."""

    __tablename__ = "calibration"
    scale: str = Field(primary_key=True)
    night: date = Field(primary_key=True)
    version: str
    learned_at: datetime = instant(nullable=False)
    forecasts: int
    raw: list[float] = listing()
    happened: list[float] = listing()


class Arm(SQLModel, table=True):
    """The arm an account was in when it first mattered, and the chance of being held out then.

    It holds for a `term` of twelve months; each term is drawn anew.
    """

    account: str = Field(primary_key=True)
    term: int = Field(primary_key=True)
    held: bool
    share: float
    drawn_at: datetime = instant(nullable=False)


class Pause(SQLModel, table=True):
    """Asks and reflections held back for every account, from `since` until somebody lifts it.

    `until`: it ends by itself.
    """

    id: int | None = Field(default=None, primary_key=True)
    since: datetime = instant(nullable=False)
    until: datetime | None = instant(nullable=True)
    why: str
    evidence: dict[str, Any] = document()
    lifted_at: datetime | None = instant(nullable=True)
    lifted_by: str | None = None
    because: str | None = None


class Leader(SQLModel, table=True):
    """Who runs what runs by the clock; each that begins has a higher term than all before."""

    name: str = Field(primary_key=True)
    term: int = whole()
    holder: str
    since: datetime = instant(nullable=False)


class Identity(SQLModel, table=True):
    """Segment: the account a user belongs to from `at` on; a message may know only its user."""

    user: str = Field(primary_key=True)
    at: datetime = instant(primary_key=True)
    account: str = Field(index=True)


class ExternalId(SQLModel, table=True):
    """What another system (`source`) calls an account: its `external_ids`, to be looked up by."""

    __tablename__ = "external_id"
    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    account: str = Field(index=True)


class StripeObject(SQLModel, table=True):
    """What Stripe last said of a subscription or an invoice, whoever its customer is here.

    `account`: whose it was when last looked up. `over`: little can follow, so it may be forgotten.
    """

    __tablename__ = "stripe_object"
    customer: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    kind: str
    account: str | None = Field(default=None, index=True)
    at: datetime = instant(nullable=False)
    over: bool = False
    body: dict[str, Any] = document()


class Reject(SQLModel, table=True):
    """What was not taken on a day, by reason; `account` and `name` are "*" past the day's bound."""

    day: date = Field(primary_key=True)
    source: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    count: int = whole()
    first_at: datetime = instant(nullable=False)
    last_at: datetime = instant(nullable=False)
    detail: str = ""
    sample: dict[str, Any] = document()


class ImportRun(SQLModel, table=True):
    """An import of a file, known by what is in it: how far it came, and what became of its rows."""

    __tablename__ = "import_run"
    digest: str = Field(primary_key=True)
    file: str
    line: int = whole()
    accepted: int = whole()
    duplicates: int = whole()
    skipped: int = whole()
    began_at: datetime = instant(nullable=False)
    ended_at: datetime | None = instant(nullable=True)


class ApiKey(SQLModel, table=True):
    """An API key: its hash, never itself."""

    __tablename__ = "api_key"
    id: str = Field(primary_key=True)
    hash: str = Field(unique=True)
    scope: str
    created_at: datetime = instant(nullable=False)
    revoked_at: datetime | None = instant(nullable=True)


class Install(SQLModel, table=True):
    """A Slack workspace or a Teams tenant: of one account, or (without one) the vendor's own.

    `via`: it has no token of its own, since its organisation installed the app for all of them.
    """

    platform: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    account: str | None = Field(default=None, index=True)
    name: str = ""
    bot_user: str = ""
    token: str
    scopes: str = ""
    installed_at: datetime = instant(nullable=False)
    revoked_at: datetime | None = instant(nullable=True)
    via: str | None = Field(default=None, index=True)
    refresh_token: str | None = None
    expires_at: datetime | None = instant(nullable=True)
    refreshing_until: datetime | None = instant(nullable=True)
    trouble: str | None = None


class Room(SQLModel, table=True):
    """A conversation the app is in: with one member of a workspace, or of a team or group.

    `service_url`: where the platform takes what is written there. `account` None: the workspace is
    bound to none yet, or is the vendor's own. `gone_at`: the app was taken out, or is blocked.
    """

    platform: str = Field(primary_key=True)
    team: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    account: str | None = Field(default=None, index=True)
    person: str | None = None
    member: str = ""
    kind: str
    name: str = ""
    service_url: str
    bot: str = ""
    since: datetime = instant(nullable=False)
    seen_at: datetime = instant(nullable=False)
    gone_at: datetime | None = instant(nullable=True)
    why: str = ""
    __table_args__ = (Index("room_member", "platform", "team", "member"),)


class Inbound(SQLModel, table=True):
    """What a platform sent and was told we have: somebody does it, until `done_at`.

    `body` is encrypted, and forgotten once it is done.
    """

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    body: str
    at: datetime = instant(nullable=False)
    claimed_until: datetime = instant(nullable=False)
    attempts: int = 1
    done_at: datetime | None = instant(nullable=True)
    detail: str = ""
    __table_args__ = (Index("inbound_due", "done_at", "claimed_until"),)


class Lane(SQLModel, table=True):
    """A room, a workspace or a method of a platform: nothing more goes there before `free_at`."""

    name: str = Field(primary_key=True)
    free_at: datetime = instant(nullable=False)
    why: str = ""


class ChatAdmin(SQLModel, table=True):
    """Somebody of the vendor's own workspace who may change things: a chat's id of them."""

    __tablename__ = "chat_admin"
    user: str = Field(primary_key=True)
    added_at: datetime = instant(nullable=False)
    added_by: str


class Quiet(SQLModel, table=True):
    """When a person wants no push: hours of their own day in minutes, and none before `until`."""

    account: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    start: int | None = None
    end: int | None = None
    until: datetime | None = instant(nullable=True)


class Webhook(SQLModel, table=True):
    """Where the vendor wants to be told of events. `events`: the types it named; None: the usual.

    `secret` is encrypted, and so are the `retired` ones that sign beside it, each `until` a time.
    `failing_since`: nothing was taken from then on, `failed_at` last. `disabled_why`: we gave up.
    """

    id: str = Field(primary_key=True)
    url: str
    events: list[str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    enabled: bool = True
    secret: str
    retired: list[dict[str, str]] = listing()
    created_at: datetime = instant(nullable=False)
    failing_since: datetime | None = instant(nullable=True)
    failed_at: datetime | None = instant(nullable=True)
    disabled_at: datetime | None = instant(nullable=True)
    disabled_why: str | None = None


class WebhookDelivery(SQLModel, table=True):
    """One event for one endpoint, as it is sent; account "*" where it is about none.

    Whoever sends it puts `due_at` off, so that it comes due again if they die. `earlier`: attempts
    of `attempts` that were made before it was replayed last.
    """

    __tablename__ = "webhook_delivery"
    account: str = Field(primary_key=True)
    event: str = Field(primary_key=True)
    endpoint: str = Field(primary_key=True)
    type: str
    body: str
    state: str = "due"
    created_at: datetime = instant(nullable=False)
    due_at: datetime = instant(nullable=False)
    attempts: int = 0
    earlier: int = 0
    finished_at: datetime | None = instant(nullable=True)
    reason: str | None = None
    __table_args__ = (
        Index("webhook_delivery_due", "endpoint", "state", "due_at"),
        Index("webhook_delivery_log", "endpoint", "created_at", "event"),
    )


class WebhookAttempt(SQLModel, table=True):
    """One try to send an event: the status that was answered, or what stood in the way."""

    __tablename__ = "webhook_attempt"
    account: str = Field(primary_key=True)
    event: str = Field(primary_key=True)
    endpoint: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = instant(nullable=False)
    status: int | None = None
    error: str | None = None
    millis: int = 0


class Callback(SQLModel, table=True):
    """A callback already handled, so that a platform's retries do nothing twice."""

    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    at: datetime = instant(nullable=False)


class Audit(SQLModel, table=True):
    """Every change by an admin, append-only."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    actor: str
    action: str
    account: str | None = None
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))


for _table in SQLModel.metadata.tables.values():  # At the end: of every table above.
    for _column in _table.columns:
        if isinstance(_column.type, AutoString):
            _column.type = Text()

"""What operations answer, as /schema describes it; the handlers say it in dictionaries."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from engine.usage import AtLimit
from service.shapes import Account


class AccountNamed(Account, kw_only=True):
    """An account with its id."""

    account: str


class AccountPage(msgspec.Struct, kw_only=True):
    """Accounts by id; `next` is where the following page begins, if there is one."""

    accounts: list[AccountNamed]
    next: str | None


class MeterName(msgspec.Struct, kw_only=True):
    """One of it, and several."""

    one: str
    other: str


class MeterPeriod(msgspec.Struct, kw_only=True):
    """The local days a limit covers, `end` exclusive; without `end` it never resets."""

    start: date
    end: date | None


class MeterUsed(msgspec.Struct, kw_only=True):
    """A meter in its current period; `daily` holds an amount a local day from `first_day` on.

    A `limit` of null is none, where `limit_known`.
    """

    key: str
    name: MeterName
    used: float
    limit: float | None
    limit_known: bool
    period: MeterPeriod
    first_day: date | None
    daily: list[float]
    last_at: datetime | None


class AccountUsage(msgspec.Struct, kw_only=True):
    """What an account used of each meter, as of an instant."""

    account: str
    as_of: datetime
    meters: list[MeterUsed]


class PlanChange(msgspec.Struct, kw_only=True):
    """A plan change as it is kept; `direction`: 1 up, -1 down, 0 neither.

    `alert`: of a move up, the alert that came before it, at most 90 days earlier.
    """

    at: datetime
    plan: str
    previous: str | None
    direction: int
    reason: str | None
    alert: str | None


class Delivered(msgspec.Struct, kw_only=True):
    """A message about an alert to one person, and where it stands."""

    id: str
    kind: str
    person: str
    channel: str
    state: str
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    reason: str | None


class CaseAnswered(msgspec.Struct, kw_only=True):
    """What the recipient of a case said: approve, decline or question."""

    id: str
    kind: str
    at: datetime


class PassedOn(msgspec.Struct, kw_only=True):
    """A forward of the story, where it stands and why, and what was answered."""

    id: str
    case: str
    champion: str
    to: str
    channel: str
    state: str
    detail: str
    created_at: datetime
    answers: list[CaseAnswered]


class Alert(msgspec.Struct, kw_only=True):
    """Something worth saying, with its deliveries; `p` is the chance that the limit is met.

    What came of it: who passed it on, what was answered, and the move to a larger plan.
    """

    id: str
    alert_class: str = msgspec.field(name="class")
    moment: str
    meter: str
    period: str
    p: float | None
    person: str | None
    raised_at: datetime
    charged_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None
    deliveries: list[Delivered]
    forwards: list[PassedOn]
    upgrade: PlanChange | None


class Alerts(msgspec.Struct, kw_only=True):
    """An account's alerts, newest first."""

    alerts: list[Alert]


class LedgerEntry(msgspec.Struct, kw_only=True):
    """What moved the trust, and by how much."""

    at: datetime
    cause: str
    change: float


class AccountLedger(msgspec.Struct, kw_only=True):
    """The trust ledger as it stands, with every entry."""

    account: str
    trust: float
    refusals: float
    entries: list[LedgerEntry]


class Backtest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far a backtest is; once it is done, what it found."""

    id: str
    status: Literal["running", "done", "failed"]
    progress: dict[str, Any]
    days: int
    asked_at: datetime
    detail: str = ""
    summary: dict[str, Any] = {}
    alerts: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []


class Ahead(msgspec.Struct, kw_only=True):
    """Around when the limit is met: the days of 10, 50 and 90 per cent."""

    low: date
    mid: date
    high: date


class WidgetMeter(msgspec.Struct, kw_only=True):
    """A meter as people see it; amounts are exact, so they are texts."""

    key: str
    name: str
    used: str
    limit: str | None
    period_end: date | None
    at_limit: AtLimit
    sentence: str
    forecast: Ahead | None


class WidgetFact(msgspec.Struct, kw_only=True):
    """A number of the text, with its source's time."""

    id: str
    label: str
    value: str
    as_of: datetime


class WidgetAction(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A button: what it does, and what it says; `url` of open, `to` (a person) of forward."""

    kind: str
    label: str
    url: str = ""
    to: str = ""


class WidgetForward(msgspec.Struct, kw_only=True):
    """To whom the story was passed on."""

    id: str
    to_name: str
    state: str


class WidgetAlert(msgspec.Struct, kw_only=True):
    """The one alert this person should see now."""

    id: str
    alert_class: str = msgspec.field(name="class")
    moment: str
    meter: str
    title: str
    body: str
    facts: list[WidgetFact]
    actions: list[WidgetAction]
    why: list[str]
    returns: date | None
    forwards: list[WidgetForward]


class WidgetState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the widget shows one person at an account."""

    account: str
    as_of: datetime
    meters: list[WidgetMeter]
    alert: WidgetAlert | None
    time_zone: str = ""
    locale: str = ""
    labels: dict[str, str] = {}


class Answered(msgspec.Struct, kw_only=True):
    """An answer as it was kept, and from when on something may be suggested again."""

    id: str
    kind: str
    returns: date | None
    undo_seconds: int


class Forwarded(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A forward and how it goes out; a `mailto` draft where nobody can be reached.

    `preview`: the page its recipient gets, without the answers, for who sent it. `note`:
    "without_note" where they had been sent it before, so that a new note did not go along.
    """

    forward: str
    to_name: str
    channel: str | None
    undo_seconds: int
    state: str
    note: Literal["", "without_note"] = ""
    preview: str = ""
    mailto: str = ""


class Undone(msgspec.Struct, kw_only=True):
    """Whether it was taken back; false where it was too late."""

    id: str
    undone: bool

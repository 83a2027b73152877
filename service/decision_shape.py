"""The shape of an explained decision in JSON: `shown` fills it in, /schema describes it."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType, field


class Shape(msgspec.Struct, kw_only=True):
    """A JSON object that is only ever written. Instants are RFC 3339 text, amounts exact text."""


class Pair(Shape):
    """A piece of evidence."""

    label: str
    value: str


class Because(Shape):
    """A reason against speaking, its evidence, and the day it ends where that is known."""

    code: str
    evidence: list[Pair]
    until: str | None


class Span(Shape):
    """A period, `end` exclusive; both are null where it never resets."""

    start: str | None
    end: str | None


class Meter(Shape):
    """One meter as it stood. `share`: of the limit; `at_limit`: what happens there."""

    key: str
    name: str
    meaningful: bool
    used: str
    limit: str | None
    limit_known: bool
    share: float | None
    at_limit: str
    period: Span


class People(Shape):
    """How many people are known, can be reached by a push, were muted, and made use of it."""

    known: int
    reachable: int
    muted: int
    with_use: int


class Open(Shape):
    """A blocker that was open."""

    id: str
    kind: str
    urgent: bool
    opened: str = field(name="from")


class Facts(Shape):
    """The account as it stood when the decision was made."""

    name: str
    plan: str | None
    next_plan: str | None
    seats: int | None
    since: str | None
    renewal: str | None
    time_zone: str
    people: People
    arm: str
    widget: bool
    last_report: str | None
    meters: list[Meter]
    blockers: list[Open]


class Stage(Shape):
    """The stage, since when, its overlays, and the evidence for it."""

    stage: str
    since: str | None
    dormant: bool
    outgrowing: bool
    evidence: list[Pair]


class Outlook(Shape):
    """Whether and when a limit will be met: 10, 50 and 90 % crossing days.

    `cannot_tell`: limit_unknown, no_limit, little_used, data_thin or no_method.
    """

    meter: str
    p: float | None
    low: str | None
    mid: str | None
    high: str | None
    cannot_tell: str | None


class Gate(Shape):
    """A gate of restraint. `answer`: passed, failed, or not_asked of this class of alert."""

    code: str
    answer: str
    evidence: list[Pair]
    until: str | None


class Judged(Shape):
    """A moment that held, and every gate's answer in their order."""

    moment: str
    alert_class: str = field(name="class")
    meter: str
    period: str
    p: float | None
    evidence: list[Pair]
    gates: list[Gate]


class Entry(Shape):
    """What moved the account's attention, and by how much."""

    at: str
    cause: str
    change: float


class Ledger(Shape):
    """The trust ledger as it stood. `rest_until`: no ask before it, because of a no."""

    trust: float
    refusals: float
    rest_until: str | None
    entries: list[Entry]


class Delivery(Shape):
    """How a text went out."""

    kind: str
    person: str
    channel: str
    state: str
    sent_at: str | None


class Text(Shape):
    """What the alert says to the champion. `sent` false: it would have been said."""

    moment: str
    alert_class: str = field(name="class")
    meter: str
    sent: bool
    to: str | None
    locale: str
    title: str | None
    body: str | None
    source: str | None
    deliveries: list[Delivery]
    closed_as: str | None


class Then(Shape):
    """What would be decided, with the reasons that would still hold."""

    outcome: str
    moment: str | None
    alert_class: str | None = field(name="class")
    meter: str | None
    reasons: list[Because]


class WhatIf(Shape):
    """One change of the facts, on top of those before it, and what would be decided then.

    `change`: without, on_day, new_period, with, used, or said (once it is delivered). `reason`:
    what the change takes away. `on`: the day it comes by itself. `then` null: today's facts
    can't tell.
    """

    change: str
    reason: str | None
    evidence: list[Pair]
    on: str | None
    then: Then | None


class Difference(Shape):
    """A field that a replay gives otherwise."""

    field: str
    stored: Any
    replayed: Any


class Replay(Shape):
    """Whether the stored facts and policy give this decision again; null: no facts were kept."""

    same: bool | None
    digest: str
    policy_version: int
    differences: list[Difference]


class Other(Shape):
    """Another decision of the same day."""

    at: str
    until: str | None
    outcome: str
    reason: str | None
    moment: str | None


class Detail(Shape):
    """Everything behind a decision, as of the last time it was made (`as_of`)."""

    account: str
    as_of: str
    facts: Facts | None
    stage: Stage
    outlooks: list[Outlook]
    moments: list[Judged]
    ledger: Ledger
    texts: list[Text]
    what_if: list[WhatIf]
    replay: Replay
    same_day: list[Other]


class Decision(Shape):
    """A decision with its reasons and evidence; the same from `at` to `until`.

    `detail` is there where one decision was asked for (`on`), or all of it (`detail=true`).
    """

    at: str
    until: str | None
    outcome: str
    reason: str | None
    moment: str | None
    meter: str | None
    stage: str
    p: float | None
    sentence: str
    customer_sentence: str
    reasons: list[dict[str, Any]]
    evidence: list[Pair]
    forecasts: list[dict[str, Any]]
    trust: float
    next_possible: str | None
    policy_version: int
    digest: str
    replayed: bool
    detail: Detail | UnsetType = UNSET


class Decisions(Shape):
    """Decisions, newest first."""

    decisions: list[Decision]

"""The one protocol of every way out, and what a delivery carries."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from engine.accomplished import Accomplished
from engine.snapshot import Person
from engine.story import Story


class DeliveryKind(StrEnum):
    """What a delivery is: the champion's summary, a forward, an update of an earlier message."""

    SUMMARY = "summary"
    NOTICE = "notice"
    FORWARD = "forward"
    CARD = "card"
    WITHDRAWAL = "withdrawal"
    RECEIPT = "receipt"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardState:
    """Where one forward of `by` stands, for the champion's card. `undo_until` set: it still waits.

    `look`: the page of the case for who sent it. `without_note`: it was there before, so what was
    written along this time did not go.
    """

    id: str
    case: str
    by: str
    to_id: str
    to_name: str
    role: str
    channel: str
    state: str
    undo_until: datetime | None = None
    sent_at: datetime | None = None
    detail: str = ""
    look: str = ""
    without_note: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody the story can be forwarded to, and by which channel it would go."""

    id: str
    name: str
    role: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One delivery, ready to be sent: everything is frozen but the case link, made at send time.

    `reference` is where an earlier message of the same alert went (for cards and threads);
    `asked_by` the champion who forwards, `note` what they added (plain text, at most 280).
    `closed_as` says how the alert was answered, if it was. `look`: the page of a case for who sent
    it, where this tells them of it; `page_url`: that of a summary for whom it is mailed to.
    `done`: what a digest tells, its story is that of the meter it begins with.
    """

    id: str
    kind: DeliveryKind
    alert: str
    account: str
    person: Person
    address: str | None
    story: Story
    audience: str
    locale: str
    reference: str | None = None
    chart_url: str | None = None
    case_url: str | None = None
    look: str | None = None
    page_url: str | None = None
    done: Accomplished | None = None
    upgrade_url: str | None = None
    asked_by: Person | None = None
    note: str = ""
    recipients: tuple[Recipient, ...] = ()
    forwards: tuple[ForwardState, ...] = ()
    closed_as: str | None = None
    returns: str | None = None
    why: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    unsure_since: datetime | None = None
    """Set where an earlier try may have arrived: not before then. Look before sending again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took it; `reference` finds the message again."""

    reference: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: try again after this many seconds. `unsure`: it may have arrived all the same."""

    after: float
    reason: str
    unsure: bool = False


class Behind(StrEnum):
    """What waits behind a delivery that is held: what goes to the same person, or all of the
    account's; nobody: the others are tried, each by itself."""

    PERSON = "person"
    ACCOUNT = "account"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where many wait for the same, `burst` go at first, and one each `gap`.

    `updates`: those of messages wait too.
    """

    gap: timedelta
    behind: Behind
    burst: int = 1
    updates: bool = True


@dataclass(frozen=True, slots=True)
class Hold:
    """Not handed over, since it is not its turn before `until`: that is no attempt.

    `queue`: it is not the only one that has to wait.
    """

    until: datetime
    reason: str
    queue: Queue | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never work this way; the next channel may be tried."""

    reason: str


class Channel(Protocol):
    """A way out. It never sleeps, retries or raises for a refusal, and never logs a secret."""

    name: str

    async def send(self, outgoing: Outgoing) -> Sent | Retry | Hold | Failed:
        """Hand one delivery over, or say why not."""
        ...

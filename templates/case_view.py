"""What the business-case page is made from: frozen facts, answers, and where its forms go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from engine.cost import Overage
from engine.story import Story
from templates.message import Audience

SAID, NAMED = 500, 60
"""How long what is said on the page may be, and a name."""


class CaseStatus(StrEnum):
    """Where a case stands. A question leaves it open.

    Settled: the plan has changed since, or another approver has answered.
    """

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    QUESTION = "question"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SETTLED = "settled"


class AnswerKind(StrEnum):
    """What an approver did on the page, or the champion replied."""

    APPROVED = "approved"
    DECLINED = "declined"
    QUESTION = "question"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswer:
    """One answer given on the page; `text` is the question or the reason, `name` as typed.

    `until`: a no holds until then.
    """

    kind: AnswerKind
    at: datetime
    text: str = ""
    name: str = ""
    until: date | None = None


class Refusal(StrEnum):
    """Why a form of the page was not taken."""

    TOO_LONG = "too_long"
    EMPTY = "empty"
    NO_DATE = "no_date"
    OVER = "over"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was not taken: which (approve, question, decline, reply ...), and why.

    `part`: what of it is wrong (text, name or until), `most`: how long that may be; `typed`: all
    that was in it, which is not lost.
    """

    form: str
    why: Refusal
    part: str = ""
    most: int | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the catalogue says of a plan beyond its price: overage by unit or tiers, and by year."""

    overage: Overage = None
    annual: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What only who sent a case sees: how often it was opened, and what they may do about it.

    An address is empty where that is not to be done now.
    """

    views: int = 0
    viewed_at: datetime | None = None
    reply_url: str = ""
    withdraw_url: str = ""
    again_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A frozen case for one approver. `now` and `next` are the catalogue's words on the plans.

    The form addresses are paths of the case's own site; `pdf_url` None hides the link. `sender`:
    it is who sent it that looks, so it takes no answers. `previous`: the story it was made anew
    from. `champion_email`: where to write once nothing can be answered here. `refused`: a form
    that was just sent and not taken.
    """

    story: Story
    audience: Audience
    champion_name: str
    recipient_name: str
    created_at: datetime
    expires_at: datetime
    approve_url: str
    decline_url: str
    question_url: str
    note: str = ""
    status: CaseStatus = CaseStatus.OPEN
    answers: tuple[CaseAnswer, ...] = ()
    now: Offer = Offer()
    next: Offer = Offer()
    pdf_url: str | None = None
    sender: Sender | None = None
    previous: Story | None = None
    champion_email: str = ""
    refused: Refused | None = None

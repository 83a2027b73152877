"""What the vendor's own systems are told of: small facts with ids, written where they happen.

An event is a row for each endpoint that wants it, in the commit of what it tells of. Where there is
no endpoint nothing is written. Names, addresses, texts and links of people are never in it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlmodel import Session

from store import webhook_deliveries, webhooks
from store.alerts import StoredAlert
from store.forwards import StoredAnswer, StoredCase, StoredForward
from store.past import EVERYONE
from store.webhook_deliveries import State, StoredEvent
from store.webhooks import StoredWebhook

DISABLED = "disabled"
"""Why an event waits that was raised while its endpoint was given up."""


class EventType(StrEnum):
    """What there is to be told of."""

    ALERT_RAISED = "alert.raised"
    ALERT_HELD = "alert.held"
    FORWARD_SENT = "forward.sent"
    CASE_APPROVED = "case.approved"
    CASE_DECLINED = "case.declined"
    CASE_QUESTION = "case.question"
    UPGRADE_RECORDED = "upgrade.recorded"
    POLICY_CHANGED = "policy.changed"


USUAL = tuple(one for one in EventType if one is not EventType.ALERT_HELD)
"""What is told where nothing was named: who is held out, nobody hears by accident."""
TEST = "webhook.test"
_ANSWERS = {
    "approve": EventType.CASE_APPROVED,
    "decline": EventType.CASE_DECLINED,
    "question": EventType.CASE_QUESTION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `thing`: what it is about, so that it is told once."""

    type: str
    thing: str
    at: datetime
    data: Mapping[str, Any]
    account: str = EVERYONE

    @property
    def id(self) -> str:
        """The same for the same thing, however often it is said."""
        told = "\x1f".join((self.type, self.account, self.thing))
        return f"evt_{hashlib.sha256(told.encode()).hexdigest()[:24]}"

    @property
    def body(self) -> str:
        """What is sent, to the byte."""
        return msgspec.json.encode(
            {"type": self.type, "timestamp": self.at, "data": self.data}
        ).decode()


def tell(session: Session, events: Iterable[Event]) -> None:
    """Write events down for who wants them, in the caller's commit."""
    told = list(events)
    if not told:
        return
    for endpoint in webhooks.every(session):
        if not endpoint.enabled and endpoint.disabled_at is None:  # An admin switched it off.
            continue
        for event in told:
            if event.type in wanted(endpoint):
                webhook_deliveries.add(session, row(event, endpoint))


def wanted(endpoint: StoredWebhook) -> tuple[str, ...]:
    """The types that an endpoint is told of."""
    return USUAL if endpoint.events is None else endpoint.events


def row(event: Event, endpoint: StoredWebhook) -> StoredEvent:
    """An event as it waits for an endpoint; for one that was given up, until it is replayed."""
    waits = endpoint.enabled
    return StoredEvent(
        account=event.account,
        event=event.id,
        endpoint=endpoint.id,
        type=event.type,
        body=event.body,
        created_at=event.at,
        due_at=event.at,
        state=State.DUE if waits else State.DEAD,
        finished_at=None if waits else event.at,
        reason=None if waits else DISABLED,
    )


def alert(raised: StoredAlert) -> Event:
    """An alert was raised, or held back since its account is never asked."""
    key = raised.key
    held = raised.closed_as == "held_out"
    return Event(
        type=EventType.ALERT_HELD if held else EventType.ALERT_RAISED,
        thing=raised.id,
        at=raised.raised_at,
        account=key.account,
        data={
            "account": key.account,
            "alert": raised.id,
            "class": key.alert_class,
            "moment": key.moment,
            "meter": key.meter,
        },
    )


def forward(sent: StoredForward, channel: str, at: datetime) -> Event:
    """The story reached a manager or finance lead; `at`: when."""
    return Event(
        type=EventType.FORWARD_SENT,
        thing=sent.id,
        at=at,
        account=sent.account,
        data={
            "account": sent.account,
            "forward": sent.id,
            "alert": sent.alert,
            "case": sent.case,
            "role": sent.role,
            "channel": channel,
        },
    )


def answer(case: StoredCase, given: StoredAnswer) -> Event:
    """An approver said something to a case; what they wrote stays between the people."""
    data: dict[str, Any] = {
        "account": case.account,
        "case": case.id,
        "alert": case.alert,
        "role": case.audience,
    }
    if given.kind == "decline":
        data["until"] = given.until.isoformat() if given.until else None
    return Event(
        type=_ANSWERS[given.kind],
        thing=f"{case.id}\x1f{given.id}",
        at=given.at,
        account=case.account,
        data=data,
    )


def upgrade(account: str, previous: str | None, plan: str, at: datetime, now: datetime) -> Event:
    """The account moved to a larger plan `at` an instant, and that was recorded `now`."""
    return Event(
        type=EventType.UPGRADE_RECORDED,
        thing=f"{at.isoformat()}\x1f{plan}",
        at=now,
        account=account,
        data={"account": account, "previous": previous, "plan": plan, "at": at},
    )


def policy(version: int, previous: int | None, digest: str, at: datetime) -> Event:
    """Another policy is in force."""
    return Event(
        type=EventType.POLICY_CHANGED,
        thing=str(version),
        at=at,
        data={"version": version, "previous": previous, "digest": digest},
    )

"""What Segue reads of Stripe's events: a few types, a few fields of each, amounts of none."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from engine.errors import Invalid

CREATED, UPDATED, DELETED = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)
FAILED, PAID, SUCCEEDED, VOIDED = (
    "invoice.payment_failed",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.voided",
)
CHECKOUT = "checkout.session.completed"
SUBSCRIPTION = (CREATED, UPDATED, DELETED)
INVOICE = (FAILED, PAID, SUCCEEDED, VOIDED)
TYPES = frozenset((*SUBSCRIPTION, *INVOICE, CHECKOUT))
_LONGEST = 256
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class _Data(msgspec.Struct):
    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class _Kind(msgspec.Struct):
    """All that is read of what means nothing here, whichever version of the API it is of."""

    type: str


class _Envelope(msgspec.Struct):
    """An event of a type that matters."""

    id: str
    type: str
    created: int
    data: _Data


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as one event told it. `items`: what Stripe calls each thing it holds.

    `ended`: when it was cancelled, or was said to end; `ending`: it is to end. `previous`: what of
    this the event says was otherwise before.
    """

    event: str
    rank: int
    items: list[list[str]]
    status: str
    ending: bool = False
    ended: int | None = None
    previous: dict[str, Any] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event that matters here. `subscription`: of those types alone."""

    id: str
    type: str
    created: int
    customer: str
    object: str
    subscription: Subscription | None = None
    reference: str = ""

    @property
    def at(self) -> datetime:
        """When it happened."""
        return datetime.fromtimestamp(self.created, UTC)


_KIND = msgspec.json.Decoder(_Kind)
_ENVELOPE = msgspec.json.Decoder(_Envelope)


def read(body: bytes) -> Event | None:
    """The event in a body; None: of a type that means nothing here.

    Raises:
        Invalid: it is no event of Stripe's.
    """
    try:
        if _KIND.decode(body).type not in TYPES:
            return None
        envelope = _ENVELOPE.decode(body)
    except (ValueError, RecursionError):
        # What the decoder says may quote the body, which is nobody's business.
        raise Invalid("this is no event of Stripe's", code="malformed") from None
    return _event(envelope)


def _event(envelope: _Envelope) -> Event | None:
    found = envelope.data.object
    if not 0 <= envelope.created <= _LATEST:
        raise Invalid("this is no time", pointer="/created", code="malformed")
    told = None
    if envelope.type in SUBSCRIPTION:
        told = _subscription(envelope, found, envelope.data.previous_attributes or {})
    customer = _name(found.get("customer"))
    if envelope.type == CHECKOUT and customer is None:
        return None  # A guest's checkout: nobody can be known by it.
    return Event(
        id=_required(envelope.id, "/id"),
        type=envelope.type,
        created=envelope.created,
        customer=_required(customer, "/data/object/customer"),
        object=_required(found.get("id"), "/data/object/id"),
        subscription=told,
        reference=_name(found.get("client_reference_id")) or "",
    )


def _subscription(
    envelope: _Envelope, found: dict[str, Any], before: dict[str, Any]
) -> Subscription:
    deleted = envelope.type == DELETED
    return Subscription(
        event=envelope.id,
        rank=SUBSCRIPTION.index(envelope.type),
        items=_items(found),
        status="canceled" if deleted else str(found.get("status")),
        ending=_ending(found),
        ended=_second(found.get("canceled_at")) or _second(found.get("ended_at")),
        previous=_previous(found, before),
    )


def _previous(found: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "items" in before:
        said["items"] = _items(before)
    if "status" in before:
        said["status"] = str(before["status"])
    if "cancel_at_period_end" in before or "cancel_at" in before:
        said["ending"] = _ending(found | before)
    return said


def _ending(found: dict[str, Any]) -> bool:
    return found.get("cancel_at_period_end") is True or _second(found.get("cancel_at")) is not None


def _items(found: dict[str, Any]) -> list[list[str]]:
    """The names of each item; older versions of Stripe's API have one plan, or plans for prices."""
    listed = found.get("items")
    items = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(items, list) or not items:
        items = [{"plan": found.get("plan")}]
    return [names for item in items if isinstance(item, dict) and (names := _names(item))]


def _names(item: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for kind in ("price", "plan"):
        held = item.get(kind)
        if isinstance(held, str):
            names.append(held)
        elif isinstance(held, dict):
            said = (held.get("id"), held.get("lookup_key"), _name(held.get("product")))
            names += [name for name in said if isinstance(name, str) and name]
    return list(dict.fromkeys(name for name in names if len(name) <= _LONGEST))


def _name(value: Any) -> str | None:
    """An id, or that of an object that stands in its place."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _required(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise Invalid("an id is missing, or is none", pointer=pointer, code="malformed")
    return value


def _second(value: Any) -> int | None:
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LATEST
    return value if usable else None


def newest(told: Iterable[Subscription]) -> Subscription:
    """The last word among events of one second, in whatever order they came.

    Deleted comes after updated, that after created. Of two updates the later one says that before
    it all was as the other left it; where neither does, the event's id decides, so that it is the
    same one everywhere.
    """
    said = list(told)
    last = max(one.rank for one in said)
    tied = [one for one in said if one.rank == last]
    heads = [
        one
        for one in tied
        if not any(_follows(other, one) and not _follows(one, other) for other in tied)
    ]
    return max(heads or tied, key=lambda one: one.event)


def _follows(later: Subscription, earlier: Subscription) -> bool:
    return bool(later.previous) and all(
        getattr(earlier, name) == value for name, value in later.previous.items()
    )

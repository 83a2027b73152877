"""One usage event as a client sends it: its shape, its checks, and what it means for a meter."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NoReturn

import msgspec

from engine.catalogue import Catalogue, Meter
from engine.errors import Invalid
from engine.usage import Aggregation
from service.amounts import ABSENT, LONGEST, canonical, fields, given, literal, millionths, thing_in
from service.lateness import AHEAD, OLDEST
from store.fingerprint import content
from store.types import MICRO

ADDED = (Aggregation.SUM, Aggregation.COUNT)
"""Aggregations whose amounts add up."""
_FIELD = re.compile(r" - at `\$\.?(.*)`$")


class Event(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A usage event on the wire; numbers with a point are Decimals, so they stay exact."""

    id: str
    account: str
    meter: str
    kind: str | None = None
    value: Any = None
    total: Any = None
    user: str | None = None
    at: datetime | None = None
    properties: msgspec.Raw = ABSENT
    correction: str | None = None


class Kind(StrEnum):
    """What a usage event reports."""

    USAGE = "usage"
    TOTAL = "total"
    FRICTION = "friction"


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A usage event that was found in order.

    `amount` in millionths; `thing`: what a `unique` meter counts; `content`: what a second event
    with this id must share to be the same one.
    """

    index: int
    id: str
    account: str
    meter: Meter
    kind: Kind
    at: datetime
    user: str | None
    amount: int
    thing: str | None
    correction: str | None
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why one item was not taken; the others are."""

    index: int
    code: str
    detail: str


_EVENT = msgspec.json.Decoder(Event, float_hook=literal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an event is checked against; imported history may be older than live usage."""

    catalogue: Catalogue
    now: datetime
    oldest: timedelta | None = OLDEST

    def check(self, index: int, item: msgspec.Raw | Event) -> Report | Rejection:
        """The event in order, or what is wrong with it."""
        try:
            event = item if isinstance(item, Event) else decoded(item)
            return self._report(index, event)
        except Invalid as refused:
            return Rejection(index=index, code=refused.code, detail=refused.detail)

    def _report(self, index: int, event: Event) -> Report:
        identifier("id", event.id)
        identifier("account", event.account)
        if event.user is not None:
            identifier("user", event.user)
        if event.correction is not None:
            identifier("correction", event.correction)
        meter = self.meter(event.meter)
        at = self.instant(event.at)
        kind = _kind(event)
        amount, thing, sent = _amount(event, kind, meter)
        return Report(
            index=index,
            id=event.id,
            account=event.account,
            meter=meter,
            kind=kind,
            at=at,
            user=event.user,
            amount=amount,
            thing=thing,
            correction=event.correction,
            content=content_of(
                event, kind.value, at.timestamp(), (thing or amount) if sent else ""
            ),
        )

    def meter(self, key: str) -> Meter:
        """The meter of this name, or a hint at what was meant."""
        meter = self.catalogue.meters.get(key)
        if meter is None:
            close = get_close_matches(key[:64], self.catalogue.meters, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise Invalid(f"there is no meter {key[:64]!r}{hint}", code="unknown_meter")
        return meter

    def instant(self, at: datetime | None) -> datetime:
        """When it happened: now, where the client says nothing."""
        if at is None:
            return self.now
        if at.tzinfo is None:
            raise Invalid("at: add the offset, like 2026-03-01T12:00:00Z", code="invalid_at")
        if self.oldest is not None and at < self.now - self.oldest:
            raise Invalid(f"at: more than {self.oldest.days} days back", code="at_too_old")
        if at > self.now + AHEAD:
            raise Invalid(
                "at: more than 5 minutes ahead of this server's clock", code="at_in_future"
            )
        return at.astimezone(UTC)


def decoded(raw: msgspec.Raw) -> Event:
    """The event in a piece of JSON.

    Raises:
        Invalid: naming the field, with a code.
    """
    try:
        return _EVENT.decode(raw)
    except msgspec.ValidationError as error:
        _refuse(str(error))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None


def _refuse(text: str) -> NoReturn:
    """Say in our words what the decoder found."""
    found = _FIELD.search(text)
    field, said = (found[1], text[: found.start()]) if found else ("", text)
    if field == "at":
        raise Invalid("at: use RFC 3339, like 2026-03-01T12:00:00Z", code="invalid_at")
    if said.startswith("Integer value out of range"):
        raise Invalid(f"{field}: at most 1e15", code="value_too_large")
    if said.startswith("Object missing required field"):
        raise Invalid(f"{said.split('`')[1]}: this is missing", code="missing_field")
    if said.startswith("Object contains unknown field"):
        name = said.split("`", 1)[1].rstrip("`")[:64]
        close = get_close_matches(name, Event.__struct_fields__, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise Invalid(f"{name}: there is no such field{hint}", code="invalid_field")
    raise Invalid(f"{field}: {said}" if field else said, code="invalid_field")


def identifier(name: str, text: str) -> None:
    """Refuse what can't be an id."""
    if not text or text.isspace():
        raise Invalid(f"{name}: this is empty", code="invalid_field")
    if len(text) > LONGEST:
        code = {"id": "id", "account": "account_id", "user": "user_id"}.get(name, name)
        raise Invalid(f"{name}: at most {LONGEST} characters", code=f"{code}_too_long")
    if name == "account" and text in ("*", ".", ".."):
        raise Invalid(f"{text!r} can't be the id of an account", code="invalid_field")
    if not text.isprintable():
        raise Invalid(
            f"{name}: control and invisible characters are not allowed", code="invalid_character"
        )


def _kind(event: Event) -> Kind:
    """What is reported, with the fields that belong to it."""
    if event.kind is None or event.kind == Kind.USAGE:
        told = event.total is not None and event.kind is None
        kind = Kind.TOTAL if told else Kind.USAGE
    elif event.kind == Kind.FRICTION:
        kind = Kind.FRICTION
    else:
        raise Invalid(f"kind: {event.kind[:64]!r} is not 'friction'", code="invalid_field")
    needs: tuple[str, ...] = ()
    bars: tuple[str, ...] = ("total",)
    match kind:
        case Kind.TOTAL:
            needs, bars = ("at",), ("value", "user", "properties")
        case Kind.FRICTION:
            needs, bars = ("user", "at"), ("value", "total", "correction")
    for name in needs:
        if getattr(event, name) is None:
            raise Invalid(f"{name}: this is missing", code="missing_field")
    for name in bars:
        sent = getattr(event, name)
        if given(sent) if isinstance(sent, msgspec.Raw) else sent is not None:
            raise Invalid(f"{name}: does not go with a {kind} event", code="invalid_field")
    return kind


def _amount(event: Event, kind: Kind, meter: Meter) -> tuple[int, str | None, bool]:
    """How much is reported, for a `unique` meter which thing, and whether that was sent."""
    unique = meter.aggregation is Aggregation.UNIQUE
    corrects = event.correction is not None
    if kind is Kind.FRICTION:
        return 0, None, False
    if kind is Kind.TOTAL:
        if unique:
            raise Invalid(
                "total: a unique meter is told each thing it counts", code="invalid_field"
            )
        return millionths("total", event.total, corrects=corrects), None, True
    name, value = _where(event, meter)
    if unique:
        if corrects:
            raise Invalid("correction: a unique meter can't be corrected", code="invalid_field")
        return MICRO, thing_in(name, value), event.value is not None
    if value is None:
        if meter.aggregation not in ADDED:
            raise Invalid(f"{name}: this is missing", code="missing_field")
        return MICRO, None, False
    return millionths(name, value, corrects=corrects), None, event.value is not None


def _where(event: Event, meter: Meter) -> tuple[str, Any]:
    """The value, and the name of the field that held it."""
    if event.value is not None or not given(event.properties):
        return "value", event.value
    held = fields(event.properties)
    if meter.field is None or meter.aggregation is Aggregation.COUNT:
        return "value", None
    return f"properties.{meter.field}", held.get(meter.field)


def content_of(event: Event, kind: str, stamp: float, sent: int | str) -> bytes:
    """What two events must share to be the same: only what the client sent, numbers by value.

    `stamp`: the seconds since 1970 of its time; a float holds microseconds until the year 2255.
    """
    properties = event.properties
    more = "" if properties is ABSENT or not given(properties) else canonical(properties)
    at = int(stamp * 1e6 + 0.5) if event.at is not None else ""
    return content(
        f"{kind}\x1f{event.meter}\x1f{event.user or ''}\x1f{at}\x1f{sent}"
        f"\x1f{event.correction or ''}\x1f{more}"
    )

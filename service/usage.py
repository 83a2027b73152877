"""One usage event as a client sends it: its shape, its checks, and what it means for a meter."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NoReturn

import msgspec

from engine.catalogue import Catalogue, Meter
from engine.errors import Invalid
from engine.usage import Aggregation
from service.amounts import ABSENT, LONGEST, canonical, fields, given, number, plain, thing_in

OLDEST = timedelta(days=35)
"""How late a usage event may be; the duplicate window is at least as long."""
AHEAD = timedelta(minutes=5)
ADDED = (Aggregation.SUM, Aggregation.COUNT)
"""Aggregations whose amounts add up."""
_FIELD = re.compile(r" - at `\$\.?(.*)`$")
_LITERALS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Event(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A usage event on the wire; numbers stay as they were written until they are exact."""

    id: str
    account: str
    meter: str
    kind: str | None = None
    value: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    total: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    user: str | None = None
    at: datetime | None = None
    properties: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    correction: str | None = None


class Kind(StrEnum):
    """What a usage event reports."""

    USAGE = "usage"
    TOTAL = "total"
    FRICTION = "friction"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A usage event that was found in order. `thing` is what a `unique` meter counts."""

    index: int
    id: str
    account: str
    meter: Meter
    kind: Kind
    at: datetime
    user: str | None
    amount: Decimal
    thing: str | None
    correction: str | None
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why one item was not taken; the others are."""

    index: int
    code: str
    detail: str


_EVENT = msgspec.json.Decoder(Event)


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
        for name in ("id", "account"):
            _identifier(name, getattr(event, name))
        if event.account in ("*", ".", ".."):
            raise Invalid(f"{event.account!r} can't be the id of an account", code="invalid_field")
        if event.user is not None:
            _identifier("user", event.user)
        if event.correction is not None:
            _identifier("correction", event.correction)
        meter = self._meter(event.meter)
        at = self._instant(event.at)
        kind = _kind(event)
        properties = fields(event.properties)
        amount, thing = _amount(event, kind, meter)
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
            digest=_digest(event, kind, amount, thing, properties),
        )

    def _meter(self, key: str) -> Meter:
        meter = self.catalogue.meters.get(key)
        if meter is None:
            close = get_close_matches(key[:64], self.catalogue.meters, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise Invalid(f"there is no meter {key[:64]!r}{hint}", code="unknown_meter")
        return meter

    def _instant(self, at: datetime | None) -> datetime:
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
    if said.startswith("Object missing required field"):
        raise Invalid(f"{said.split('`')[1]}: this is missing", code="missing_field")
    if said.startswith("Object contains unknown field"):
        name = said.split("`", 1)[1].rstrip("`")[:64]
        close = get_close_matches(name, Event.__struct_fields__, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise Invalid(f"{name}: there is no such field{hint}", code="invalid_field")
    raise Invalid(f"{field}: {said}" if field else said, code="invalid_field")


def _identifier(name: str, text: str) -> None:
    if not text or text.isspace():
        raise Invalid(f"{name}: this is empty", code="invalid_field")
    if len(text) > LONGEST:
        code = {"id": "id", "account": "account_id", "user": "user_id"}.get(name, name)
        raise Invalid(f"{name}: at most {LONGEST} characters", code=f"{code}_too_long")
    if not text.isprintable():
        raise Invalid(
            f"{name}: control and invisible characters are not allowed", code="invalid_character"
        )


def _kind(event: Event) -> Kind:
    """What is reported, with the fields that belong to it."""
    if event.kind is None or event.kind == Kind.USAGE:
        kind = Kind.TOTAL if given(event.total) and event.kind is None else Kind.USAGE
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


def _amount(event: Event, kind: Kind, meter: Meter) -> tuple[Decimal, str | None]:
    """How much is reported, and for a `unique` meter which thing."""
    unique = meter.aggregation is Aggregation.UNIQUE
    if kind is Kind.FRICTION:
        return Decimal(0), None
    if kind is Kind.TOTAL:
        if unique:
            raise Invalid(
                "total: a unique meter is told each thing it counts", code="invalid_field"
            )
        return number("total", bytes(event.total), corrects=event.correction is not None), None
    name, raw = _where(event, meter)
    if unique:
        if event.correction is not None:
            raise Invalid("correction: a unique meter can't be corrected", code="invalid_field")
        return Decimal(1), thing_in(name, raw)
    if not raw:
        if meter.aggregation not in ADDED:
            raise Invalid(f"{name}: this is missing", code="missing_field")
        return Decimal(1), None
    return number(name, raw, corrects=event.correction is not None), None


def _where(event: Event, meter: Meter) -> tuple[str, bytes]:
    """The value as it was written, and the name of the field that held it."""
    if given(event.value):
        return "value", bytes(event.value)
    if meter.field is None or meter.aggregation is Aggregation.COUNT:
        return "value", b""
    if not given(event.properties):
        return "value", b""
    found = _LITERALS.decode(event.properties).get(meter.field, ABSENT)
    return f"properties.{meter.field}", bytes(found) if given(found) else b""


def _digest(
    event: Event, kind: Kind, amount: Decimal, thing: str | None, properties: dict[str, Any] | None
) -> bytes:
    """What two events must share to be the same: only what the client sent, numbers by value."""
    sent = given(event.value) or kind is Kind.TOTAL
    parts = (
        kind,
        event.meter,
        event.user or "",
        event.at.astimezone(UTC).isoformat() if event.at else "",
        (thing if thing is not None else plain(amount)) if sent else "",
        event.correction or "",
        canonical(properties) if properties is not None else "",
    )
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()

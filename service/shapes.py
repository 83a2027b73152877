"""What vendors may say about accounts, people, plans and blockers; problems name their field."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Literal, TypeVar
from unicodedata import category

import msgspec
from babel import Locale
from babel.core import UnknownLocaleError

from engine.catalogue import Catalogue
from engine.errors import Invalid
from engine.snapshot import BlockerKind, Role
from service.config import known_zone

T = TypeVar("T", bound="Shape")
LONGEST = 256
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ENGLISH = Locale("en")
_DOCUMENT = msgspec.json.Decoder(float_hook=Decimal)


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A JSON object of the API; a PUT replaces the whole of it."""

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""


class Account(Shape):
    """An account as the vendor states it."""

    plan: str | None = None
    name: str | None = None
    seats: int | None = None
    time_zone: str | None = None
    locale: str | None = None
    country: str | None = None
    currency: str | None = None
    since: date | None = None
    anchor: int | None = None
    renewal: date | None = None
    limits: dict[str, int | str | None] = {}
    price: int | str | None = None
    custom: bool = False
    integrations: list[str] = []
    external_ids: dict[str, str] = {}
    holdout: Literal["auto", "exclude"] = "auto"
    objected: bool = False
    domains: list[str] = []

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        if self.plan is not None:
            one_of(self.plan, catalogue.plans, "/plan", "plan")
        text(self.name, "/name")
        _at_least(self.seats, 0, "/seats")
        zone(self.time_zone)
        locale(self.locale)
        if self.country is not None and self.country not in _ENGLISH.territories:
            raise Invalid("use an ISO 3166 code like DE", pointer="/country")
        if self.currency is not None and self.currency not in _ENGLISH.currencies:
            raise Invalid("use an ISO 4217 code like EUR", pointer="/currency")
        if self.anchor is not None and not 1 <= self.anchor <= 31:
            raise Invalid("use a day of the month, 1 to 31", pointer="/anchor")
        for meter, limit in self.limits.items():
            one_of(meter, catalogue.meters, f"/limits/{_escaped(meter)}", "meter")
            if limit is not None:
                amount(limit, f"/limits/{_escaped(meter)}")
        if self.price is not None:
            amount(self.price, "/price")
        for n, name in enumerate(self.integrations):
            text(name, f"/integrations/{n}")
        for key, value in self.external_ids.items():
            text(key, "/external_ids")
            text(value, f"/external_ids/{_escaped(key)}")
        for n, name in enumerate(self.domains):
            if len(name) > LONGEST or not _DOMAIN.fullmatch(name):
                raise Invalid("use a domain like example.com", pointer=f"/domains/{n}")


class Person(Shape):
    """Somebody at an account."""

    role: Role
    email: str | None = None
    name: str | None = None
    can_buy: bool = False
    locale: str | None = None
    time_zone: str | None = None
    joined: date | None = None
    muted: bool = False

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        if self.email is not None:
            text(self.email, "/email")
            if not _EMAIL.fullmatch(self.email):
                raise Invalid("this is not an e-mail address", pointer="/email")
        text(self.name, "/name")
        locale(self.locale)
        zone(self.time_zone)


class Bounce(Shape):
    """An address that a mail server refused for good, after ours had handed the message over.

    `reason`: what it said of it in short, as 5.1.1; without the address.
    """

    email: str
    reason: str = ""

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        text(self.email, "/email")
        if not _EMAIL.fullmatch(self.email):
            raise Invalid("this is not an e-mail address", pointer="/email")
        text(self.reason or None, "/reason")
        if "@" in self.reason:
            raise Invalid("leave the address out: this is shown and kept", pointer="/reason")


class Plan(Shape):
    """A plan change."""

    plan: str
    at: datetime | None = None
    reason: str | None = None

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        one_of(self.plan, catalogue.plans, "/plan", "plan")
        text(self.reason, "/reason")
        instant(self.at, "/at")


class Blocker(Shape):
    """A wrong time to speak."""

    kind: BlockerKind
    urgent: bool = False
    opened: datetime | None = msgspec.field(name="from", default=None)
    closed: datetime | None = msgspec.field(name="until", default=None)

    def check(self, catalogue: Catalogue) -> None:
        """Raise Invalid where a value can't be."""
        instant(self.opened, "/from")
        instant(self.closed, "/until")


def read(body: bytes, shape: type[T], catalogue: Catalogue) -> T:
    """The object in a body, checked.

    Raises:
        Invalid: with the JSON pointer of the field.
    """
    try:
        document = _DOCUMENT.decode(body)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None
    if not isinstance(document, dict):
        raise Invalid("send an object", code="malformed")
    known = [f.encode_name for f in msgspec.structs.fields(shape)]
    for name in document:
        if name not in known:
            close = get_close_matches(name[:64], known, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise Invalid(
                f"there is no such field{hint}",
                pointer=f"/{_escaped(name)}",
                code="unknown_field",
            )
    try:
        found = msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    found.check(catalogue)
    return found


def identifier(name: str, text: str) -> str:
    """An id that can be stored, shown and put into an address.

    Raises:
        Invalid: it is empty, too long, or holds characters nobody sees.
    """
    if not text.strip() or text in ("*", ".", ".."):
        raise Invalid(f"{text!r} can't be the id of {name}", code="invalid_id")
    if len(text) > LONGEST:
        raise Invalid(f"an id has at most {LONGEST} characters", code="id_too_long")
    if not text.isprintable():
        raise Invalid("control and invisible characters are not allowed", code="invalid_character")
    return text


def text(value: str | None, pointer: str) -> None:
    """A short text that people will read."""
    if value is None:
        return
    if not value.strip() or len(value) > LONGEST:
        raise Invalid(f"use 1 to {LONGEST} characters", pointer=pointer)
    if any(c in _BIDI or category(c) in ("Cc", "Cs") for c in value):
        raise Invalid(
            "control and direction characters are not allowed",
            pointer=pointer,
            code="invalid_character",
        )


def one_of(value: str, known: Mapping[str, Any], pointer: str, what: str) -> None:
    """A key of the policy file."""
    if value not in known:
        close = get_close_matches(value[:64], known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise Invalid(
            f"there is no {what} {value[:64]!r}{hint}", pointer=pointer, code=f"unknown_{what}"
        )


def amount(value: int | str, pointer: str) -> Decimal:
    """An exact amount of zero or more: an integer, or a decimal as a text."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found <= 10**15:
        raise Invalid("use a number of zero or more, like 490 or '490.00'", pointer=pointer)
    if found != found.quantize(Decimal("0.000001")):
        raise Invalid("use at most 6 decimals", pointer=pointer)
    return found


def zone(value: str | None) -> None:
    """An IANA time zone."""
    if value is not None and not known_zone(value):
        raise Invalid(
            f"{value[:64]!r} is not an IANA time zone like Europe/Berlin", pointer="/time_zone"
        )


def locale(value: str | None) -> None:
    """A language that Babel knows, like en or de-AT."""
    if value is None:
        return
    try:
        Locale.parse(value.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        raise Invalid(
            f"{value[:64]!r} is not a locale like en or de-AT", pointer="/locale"
        ) from None


def instant(value: datetime | None, pointer: str) -> None:
    """A time that says its offset."""
    if value is not None and value.tzinfo is None:
        raise Invalid("add the offset, like 2026-03-01T12:00:00Z", pointer=pointer)


def _at_least(value: int | None, least: int, pointer: str) -> None:
    if value is not None and not least <= value <= 10**9:
        raise Invalid(f"use a whole number, {least} or more", pointer=pointer)


def _wrong(said: str) -> Invalid:
    """The decoder's finding, with a JSON pointer."""
    detail, _, path = said.partition(" - at `$")
    pointer = path.rstrip("`").replace("[...]", "").replace("[", "/").replace("]", "")
    pointer = pointer.replace(".", "/")
    if detail.startswith("Object missing required field"):
        return Invalid("this is missing", pointer=f"{pointer}/{detail.split('`')[1]}")
    if "RFC3339" in detail:
        detail = "use a time like 2026-03-01T12:00:00Z"
    elif "ISO8601" in detail:
        detail = "use a date like 2026-03-01"
    return Invalid(detail, pointer=pointer)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")

"""Amounts exactly as they were written in JSON, and what makes two of them the same."""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any

import msgspec

from engine.errors import Invalid

LARGEST = 10**15
LONGEST = 256
"""Characters of an id, and of a thing that is counted."""
ABSENT = msgspec.Raw(b"")
_MILLIONTH = Decimal("0.000001")
_EXACT = Context(prec=2000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_FIELDS = msgspec.json.Decoder(dict[str, Any], float_hook=_EXACT.create_decimal)


def given(raw: msgspec.Raw) -> bool:
    """Whether a field was sent at all; null is not."""
    return bytes(raw) not in (b"", b"null")


def fields(properties: msgspec.Raw) -> dict[str, Any] | None:
    """An event's properties, None where it has none.

    Raises:
        Invalid: they are not an object.
    """
    if not given(properties):
        return None
    try:
        return _FIELDS.decode(properties)
    except (ValueError, RecursionError):
        raise Invalid("properties: use an object", code="invalid_field") from None


def number(name: str, raw: bytes, *, corrects: bool) -> Decimal:
    """The exact amount in a JSON literal."""
    if raw.isdigit() and len(raw) <= 15:
        return Decimal(raw.decode())
    if raw[:1] not in b"-0123456789":
        raise Invalid(f"{name}: use a number, not {_sort(raw)}", code="invalid_value")
    try:
        amount = Decimal(raw.decode())
        if not -LARGEST <= amount <= LARGEST:
            raise Invalid(f"{name}: at most 1e15", code="value_too_large")
        if amount != amount.quantize(_MILLIONTH):
            raise Invalid(f"{name}: at most 6 decimals", code="too_many_decimals")
    except InvalidOperation:
        # Only an exponent beyond what Decimal holds leads here.
        code = "too_many_decimals" if b"-" in raw[1:] else "value_too_large"
        raise Invalid(f"{name}: at most 1e15 and 6 decimals", code=code) from None
    if amount < 0 and not corrects:
        raise Invalid(f'{name}: below 0 only with "correction": "why"', code="value_negative")
    return amount if amount else Decimal(0)


def thing_in(name: str, raw: bytes) -> str:
    """What a `unique` meter counts: a text, or a number by its value."""
    if not raw:
        raise Invalid(f"{name}: this is missing: the thing counted", code="missing_field")
    if raw[:1] == b'"':
        text = str(msgspec.json.decode(raw))
        if not 0 < len(text) <= LONGEST or not text.isprintable():
            raise Invalid(
                f"{name}: use 1 to {LONGEST} characters that can be printed", code="invalid_value"
            )
        return text
    if raw[:1] not in b"-0123456789" or len(raw) > 64:
        raise Invalid(f"{name}: use a text or a number, not {_sort(raw)}", code="invalid_value")
    amount = _EXACT.create_decimal(raw.decode())
    if not amount.is_finite():
        raise Invalid(f"{name}: not a finite number", code="invalid_value")
    return plain(amount)


def _sort(raw: bytes) -> str:
    sorts = {b'"': "a text", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false"}
    return sorts.get(raw[:1], "such a long number")


def canonical(value: Any) -> str:
    """JSON with sorted keys and numbers by value."""
    match value:
        case dict():
            inner = (f"{_text(k)}:{canonical(v)}" for k, v in sorted(value.items()))
            return "{" + ",".join(inner) + "}"
        case list():
            return "[" + ",".join(canonical(v) for v in value) + "]"
        case bool() | None:
            return str(value)
        case int() | Decimal():
            return plain(_EXACT.create_decimal(value))
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()


def plain(amount: Decimal) -> str:
    """An amount by its value: 1, 1.0 and 1e0 are the same."""
    if not amount:
        return "0"
    shortest = amount.normalize(_EXACT)
    return f"{shortest:f}" if abs(shortest.adjusted()) < LONGEST else str(shortest)

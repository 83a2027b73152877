"""Amounts exactly as they were written in JSON, and what makes two of them the same.

An amount is a whole number of millionths: sums of it are exact, and quick.
"""

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any

import msgspec

from engine.errors import Invalid
from store.types import MICRO

LARGEST = 10**15
LONGEST = 256
"""Characters of an id, and of a thing that is counted."""
ABSENT = msgspec.Raw(b"")
_MILLIONTH = Decimal("0.000001")
_EXACT = Context(prec=2000, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_TINY, _HUGE = Decimal("1e-7"), Decimal("Infinity")


def literal(text: str) -> Decimal:
    """A JSON number with a point or an exponent, exactly; one beyond Decimal as too fine or large.

    This is the decoders' `float_hook`.
    """
    try:
        return Decimal(text)
    except InvalidOperation:  # Only an exponent beyond what Decimal holds leads here.
        return _TINY if "-" in text[1:] else _HUGE


_FIELDS = msgspec.json.Decoder(dict[str, Any], float_hook=literal)
_QUICK = msgspec.json.Decoder(
    dict[str, Any], float_hook=lambda text: msgspec.Raw(plain(literal(text)).encode())
)


def given(properties: msgspec.Raw) -> bool:
    """Whether properties were sent at all; null is not."""
    return bytes(properties) not in (b"", b"null")


def fields(properties: msgspec.Raw) -> dict[str, Any]:
    """An event's properties, numbers as they were written.

    Raises:
        Invalid: they are not an object.
    """
    try:
        return _FIELDS.decode(properties)
    except (ValueError, RecursionError):
        raise Invalid("properties: use an object", code="invalid_field") from None


def canonical(properties: msgspec.Raw) -> str:
    """Properties with sorted keys and numbers by value: the same text for the same content.

    Raises:
        Invalid: they are not an object.
    """
    try:
        return msgspec.json.encode(_QUICK.decode(properties), order="sorted").decode()
    except (ValueError, RecursionError):
        raise Invalid("properties: use an object", code="invalid_field") from None


def millionths(name: str, value: Any, *, corrects: bool) -> int:
    """The exact amount of a JSON number, in millionths.

    Raises:
        Invalid: it is no number, too large, too fine, or negative without a correction.
    """
    if type(value) is int:
        if not -LARGEST <= value <= LARGEST:
            raise Invalid(f"{name}: at most 1e15", code="value_too_large")
        amount = value * MICRO
    elif isinstance(value, Decimal):
        amount = _of_decimal(name, value)
    else:
        raise Invalid(f"{name}: use a number, not {_sort(value)}", code="invalid_value")
    if amount < 0 and not corrects:
        raise Invalid(f'{name}: below 0 only with "correction": "why"', code="value_negative")
    return amount


def _of_decimal(name: str, value: Decimal) -> int:
    if not -LARGEST <= value <= LARGEST:
        raise Invalid(f"{name}: at most 1e15", code="value_too_large")
    if value != value.quantize(_MILLIONTH):
        raise Invalid(f"{name}: at most 6 decimals", code="too_many_decimals")
    return int(value.scaleb(6, _EXACT))


def thing_in(name: str, value: Any) -> str:
    """What a `unique` meter counts: a text, or a number by its value."""
    if value is None:
        raise Invalid(f"{name}: this is missing: the thing counted", code="missing_field")
    if isinstance(value, str):
        if not 0 < len(value) <= LONGEST or not value.isprintable():
            raise Invalid(
                f"{name}: use 1 to {LONGEST} characters that can be printed", code="invalid_value"
            )
        return value
    if type(value) is not int and not isinstance(value, Decimal):
        raise Invalid(f"{name}: use a text or a number, not {_sort(value)}", code="invalid_value")
    amount = _EXACT.create_decimal(value)
    if not amount.is_finite():
        raise Invalid(f"{name}: not a finite number", code="invalid_value")
    text = plain(amount)
    if len(text) > LONGEST:
        raise Invalid(f"{name}: use a shorter number", code="invalid_value")
    return text


def _sort(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return "this"


def written(amount: int) -> str:
    """An amount in millionths, as people write it."""
    return plain(Decimal(amount).scaleb(-6, _EXACT))


def plain(amount: Decimal) -> str:
    """An amount by its value: 1, 1.0 and 1e0 are the same."""
    if not amount:
        return "0"
    shortest = amount.normalize(_EXACT)
    return f"{shortest:f}" if abs(shortest.adjusted()) < LONGEST else str(shortest)

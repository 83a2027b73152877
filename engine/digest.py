"""A digest of everything a decision rests on: equal facts, equal digest, wherever it is made."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from operator import attrgetter
from struct import pack
from typing import Any

from engine.policy import Policy
from engine.snapshot import Snapshot
from engine.usage import ClosedPeriod


def digest(snapshot: Snapshot, policy: str, day: date) -> str:
    """SHA-256 over the snapshot, the policy's digest and the local day, as hexadecimal digits."""
    parts: list[bytes] = [policy.encode(), day.isoformat().encode()]
    _write(snapshot, parts)
    return sha256(b"\0".join(parts)).hexdigest()


@lru_cache(maxsize=32)
def policy_digest(policy: Policy) -> str:
    """SHA-256 over the policy alone."""
    parts: list[bytes] = []
    _write(policy, parts)
    return sha256(b"\0".join(parts)).hexdigest()


def _write(value: Any, parts: list[bytes]) -> None:
    """Append `value` in one way only: instants in UTC, decimals without idle zeros, sets sorted."""
    kind: Any = type(value)
    writer = _PLAIN.get(kind)
    if writer is not None:
        parts.append(writer(value))
    elif kind is tuple:
        _row(value, parts)
    elif kind is frozenset:
        _row(tuple(sorted(value)), parts)
    elif isinstance(value, str):
        parts.append(b"s" + value.encode())
    else:
        name, values = _reader(kind)
        parts.append(name)
        _all(values(value), parts)


def _row(items: tuple[Any, ...], parts: list[bytes]) -> None:
    """The items of a tuple; long rows of numbers, of days and of periods are written at once."""
    first = type(items[0]) if items else None
    size = len(items)
    if first is float:
        parts.append(b"%df" % size + pack(f"{size}d", *items))
    elif first is date:
        parts.append(b"%dD" % size + pack(f"{size}q", *map(date.toordinal, items)))
    elif first is ClosedPeriod:
        parts.append(b"%d(\0" % size + "\0".join(map(_closed, items)).encode())
    else:
        parts.append(b"%d(" % len(items))
        _all(items, parts)


def _all(items: tuple[Any, ...], parts: list[bytes]) -> None:
    for item in items:
        writer = _PLAIN.get(type(item))
        if writer is not None:
            parts.append(writer(item))
        else:
            _write(item, parts)


@cache
def _reader(kind: Any) -> tuple[bytes, Callable[[Any], tuple[Any, ...]]]:
    """A value's name, and what reads all its fields."""
    names = [field.name for field in fields(kind)]
    read = attrgetter(*names)
    return kind.__name__.encode(), read if len(names) > 1 else lambda value: (read(value),)


def _closed(one: ClosedPeriod) -> str:
    limit = "-" if one.limit is None else f"d{one.limit.normalize()!s}"
    return f"P{one.start.toordinal()}-{one.end.toordinal()} d{one.used.normalize()!s}{limit}"


def _decimal(number: Decimal) -> bytes:
    return b"d" + str(number.normalize()).encode()


_PLAIN: dict[type, Callable[[Any], bytes]] = {
    str: lambda text: b"s" + text.encode(),
    datetime: lambda at: at.astimezone(UTC).isoformat().encode(),
    date: lambda day: b"D%d" % day.toordinal(),
    Decimal: _decimal,
    ClosedPeriod: lambda one: _closed(one).encode(),
    int: lambda number: b"%d" % number,
    float: lambda number: repr(number).encode(),
    bool: lambda flag: b"yes" if flag else b"no",
    type(None): lambda _: b"-",
}

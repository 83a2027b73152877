"""A digest of everything a decision rests on: equal facts, equal digest, wherever it is made."""

from array import array
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

from engine.policy import Policy
from engine.snapshot import Snapshot


def digest(snapshot: Snapshot, policy: Policy, day: date) -> str:
    """SHA-256 over the snapshot, the policy and the local day, as hexadecimal digits."""
    parts: list[bytes] = [policy_digest(policy).encode(), day.isoformat().encode()]
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
    kind = type(value)
    writer = _PLAIN.get(kind)
    if writer is not None:
        parts.append(writer(value))
    elif kind is tuple:
        if value and type(value[0]) is float:
            parts.append(b"%df" % len(value) + array("d", value).tobytes())
        else:
            _all(value, parts)
    elif kind is frozenset:
        _all(tuple(sorted(value)), parts)
    elif isinstance(value, str):
        parts.append(b"s" + value.encode())
    else:
        parts.append(kind.__name__.encode())
        for name in kind.__dataclass_fields__:
            _write(getattr(value, name), parts)


def _all(items: tuple[object, ...], parts: list[bytes]) -> None:
    parts.append(b"%d(" % len(items))
    for item in items:
        _write(item, parts)


_PLAIN: dict[type, Callable[[Any], bytes]] = {
    str: lambda text: b"s" + text.encode(),
    datetime: lambda at: at.astimezone(UTC).isoformat().encode(),
    date: lambda day: day.isoformat().encode(),
    Decimal: lambda number: b"d" + format(number.normalize(), "f").encode(),
    int: lambda number: b"%d" % number,
    float: lambda number: repr(number).encode(),
    bool: lambda flag: b"yes" if flag else b"no",
    type(None): lambda _: b"-",
}

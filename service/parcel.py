"""Checked usage on its way through the servers in front of the database: packed, and unpacked."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from engine.catalogue import Meter
from engine.errors import Invalid
from service.checked import Checked, Row
from service.usage import Kind, Rejection, Report, Rules
from store.jetstream import LARGEST, SLOTS

_VERSION = 1
_LARGE = 1 << 63


class _Report(msgspec.Struct, array_like=True, gc=False):
    """What a report says beside its row."""

    id: str
    kind: str
    at: datetime
    thing: str | None
    correction: str | None


class _Parcel(msgspec.Struct, array_like=True):
    """Rows name their meter by its place in `meters`, so that a policy may change on the way.

    Amounts that are too large for the format's integers are texts.
    """

    version: int
    meters: list[str]
    rows: list[tuple[bytes, bytes, str, int, float, int | str, str | None]]
    reports: dict[int, _Report]


_DECODER = msgspec.msgpack.Decoder(_Parcel)


@dataclass(frozen=True, slots=True)
class Packed:
    """A parcel, and under which subject it goes."""

    slot: int
    body: bytes


def pack(loads: Iterable[tuple[Checked, Sequence[int]]]) -> Iterator[Packed]:
    """The events at these places of these loads, by slot; an account always has the same one."""
    slots: dict[int, list[tuple[Row, Report | None]]] = {}
    for load, places in loads:
        for place in places:
            row = load.rows[place]
            slots.setdefault(row[1][0] % SLOTS, []).append((row, load.reports.get(place)))
    for slot, rows in slots.items():
        for body in _bodies(rows):
            yield Packed(slot, body)


def unpack(body: bytes, rules: Rules) -> Checked:
    """The events of a parcel; those of a meter that is gone by now are rejections.

    Raises:
        Invalid: nobody here packed it.
    """
    try:
        parcel = _DECODER.decode(body)
        if parcel.version != _VERSION:
            raise Invalid(f"packed by another version: {parcel.version}", code="malformed")
        found = Checked(rules=rules)
        for place, row in enumerate(parcel.rows):
            meter = rules.catalogue.meters.get(parcel.meters[row[3]])
            if meter is None:
                found.rejections.append(_gone(place, parcel.meters[row[3]]))
            else:
                _take(found, place, row, meter, parcel.reports.get(place))
    except (msgspec.DecodeError, IndexError, ValueError) as error:
        raise Invalid(f"not a parcel of usage: {error}", code="malformed") from None
    return found


def _bodies(rows: Sequence[tuple[Row, Report | None]]) -> Iterator[bytes]:
    """As few parcels as their size allows."""
    body = _body(rows)
    if len(body) <= LARGEST or len(rows) == 1:
        yield body
    else:
        half = len(rows) // 2
        yield from _bodies(rows[:half])
        yield from _bodies(rows[half:])


def _body(rows: Sequence[tuple[Row, Report | None]]) -> bytes:
    numbers: dict[str, int] = {}
    packed: list[Any] = []
    reports: dict[int, Any] = {}
    for place, ((_, key, content, account, meter, stamp, amount, user), report) in enumerate(rows):
        number = numbers.setdefault(meter.key, len(numbers))
        sent = amount if -_LARGE < amount < _LARGE else str(amount)
        packed.append((key, content, account, number, stamp, sent, user))
        if report is not None:
            reports[place] = _Report(
                report.id, report.kind.value, report.at, report.thing, report.correction
            )
    return msgspec.msgpack.encode(_Parcel(_VERSION, list(numbers), packed, reports))


def _take(
    found: Checked,
    place: int,
    row: tuple[bytes, bytes, str, int, float, int | str, str | None],
    meter: Meter,
    report: _Report | None,
) -> None:
    key, content, account, _, stamp, sent, user = row
    amount = int(sent)
    if report is not None:
        found.reports[len(found.rows)] = Report(
            index=place,
            id=report.id,
            account=account,
            meter=meter,
            kind=Kind(report.kind),
            at=report.at,
            user=user,
            amount=amount,
            thing=report.thing,
            correction=report.correction,
            content=content,
        )
    found.rows.append((place, key, content, account, meter, stamp, amount, user))


def _gone(place: int, meter: str) -> Rejection:
    detail = f"the meter {meter[:64]!r} was removed before this was counted"
    return Rejection(index=place, code="unknown_meter", detail=detail)

"""Lago's events, one or up to a hundred together, as its clients send them.

`external_subscription_id` (else `external_customer_id`) is the account, `code` names the meter. A
repeat is no error; the same id with other content is. A batch is taken whole or not at all.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Response, post

from api.described import keyed
from api.dialects.wire import (
    JSON,
    Asked,
    Problem,
    answer,
    body_of,
    decoded,
    failures,
    fields,
    reshaped,
    text,
    user_in,
)
from api.schema import takes
from engine.errors import Invalid
from service import translate
from service.amounts import given
from service.context import Context
from service.rejects import Refusal
from service.translate import Foreign

NAME = "lago"
MOST = 100
_STAMP = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_REQUIRED = ("transaction_id", "code")
_DETAILS = {
    "id_conflict": ("transaction_id", "value_already_exist"),
    "id_too_long": ("transaction_id", "value_is_too_long"),
    "account_id_too_long": ("external_subscription_id", "value_is_too_long"),
    "invalid_at": ("timestamp", "invalid_format"),
    "at_too_old": ("timestamp", "value_is_out_of_range"),
    "at_in_future": ("timestamp", "value_is_out_of_range"),
}


class LagoEvent(msgspec.Struct):
    """One event; clients send null for what they leave out."""

    transaction_id: str | int | None = None
    external_subscription_id: str | int | None = None
    external_customer_id: str | int | None = None
    code: str | None = None
    timestamp: str | int | float | None = None
    precise_total_amount_cents: str | int | float | None = None
    properties: msgspec.Raw = msgspec.Raw(b"")


class Failure(msgspec.Struct):
    """An error in Lago's shape; `error_details` name each field's faults."""

    status: int
    error: str
    code: str
    error_details: dict[str, Any] = {}


class TakenEvent(msgspec.Struct):
    """An event as Lago answers it; what Lago alone could know is null."""

    transaction_id: str
    external_subscription_id: str
    code: str
    timestamp: str
    properties: dict[str, Any]
    created_at: str
    lago_id: str | None = None
    lago_customer_id: str | None = None
    lago_subscription_id: str | None = None
    precise_total_amount_cents: str | None = None


class Taken(msgspec.Struct):
    """Lago: the event that was taken."""

    event: TakenEvent


class TakenAll(msgspec.Struct):
    """Lago: the events, all of which were taken."""

    events: list[TakenEvent]


_EVENT = msgspec.json.Decoder(LagoEvent)
_ONE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MANY = msgspec.json.Decoder(dict[str, list[msgspec.Raw]])


def routes(context: Context) -> list[Any]:
    """The batch; single events share their path with CloudEvents."""

    @post(
        "/api/v1/events/batch",
        summary="Lago: report up to 100 events, all of them or none",
        exception_handlers={Exception: errors},
        **keyed(
            context,
            "ingest",
            takes=takes(JSON, schema=_BATCH, examples={"one of many": {"events": [EXAMPLE]}}),
            gives=TakenAll,
            answers=failures(Failure, 422),
        ),
    )
    async def batch(request: Asked) -> Response[Any]:
        return await run_sync(_batch, context, await body_of(request))

    return [batch]


def failure(problem: Problem) -> dict[str, Any]:
    """An error as Lago says it."""
    return {
        "status": problem.status,
        "error": problem.title,
        "code": problem.code,
        "error_details": {},
        "detail": problem.detail,
    }


def waiting(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with the wait as Lago's clients read it."""
    wait = headers.get("Retry-After")
    return {**headers, **({"x-ratelimit-reset": wait} if wait else {})}


errors = reshaped(failure, headers=waiting)


def take(context: Context, event: msgspec.Raw) -> Response[Any]:
    """Count one event, and say it back as Lago does."""
    try:
        sent: LagoEvent = decoded(_EVENT, event)
        foreign = _foreign(0, sent)
    except Invalid as error:
        refused = Refusal(index=0, code=error.code, detail=error.detail)
        translate.take(context, NAME, (), [refused])
        return _invalid(_details(refused, error.pointer), error.detail)
    outcome = translate.take(context, NAME, [foreign])
    if outcome.rejected:
        return _invalid(_details(outcome.rejected[0]), outcome.rejected[0].detail)
    return answer({"event": _said(sent, foreign, context.clock.now())})


def _batch(context: Context, body: bytes) -> Response[Any]:
    items = decoded(_MANY, body).get("events")
    if items is None:
        raise Invalid("events: this is missing", code="missing_field")
    if len(items) > MOST:
        return _invalid({"events": ["too_many_events"]}, f"send at most {MOST} in one request")
    now, sent = context.clock.now(), []
    refused: list[Refusal] = []
    details: dict[str, Any] = {}
    for index, item in enumerate(items):
        try:
            event: LagoEvent = decoded(_EVENT, item)
            sent.append((event, _foreign(index, event)))
        except Invalid as error:
            refused.append(Refusal(index=index, code=error.code, detail=error.detail))
            details[str(index)] = _details(refused[-1], error.pointer)
    outcome = translate.take(context, NAME, [foreign for _, foreign in sent], refused, whole=True)
    if outcome.rejected:
        details = {str(r.index): _details(r) for r in outcome.rejected} | details
        return _invalid(details, outcome.rejected[0].detail)
    return answer({"events": [_said(event, foreign, now) for event, foreign in sent]})


def _foreign(index: int, event: LagoEvent) -> Foreign:
    for name in _REQUIRED:
        if not getattr(event, name):
            raise Invalid(f"{name}: this is missing", pointer=name, code="missing_field")
    names = (text(event.external_subscription_id), text(event.external_customer_id))
    if not any(names):
        name = "external_subscription_id"
        raise Invalid(f"{name}: this is missing", pointer=name, code="missing_field")
    properties = fields(event.properties, "properties")
    return Foreign(
        index=index,
        id=text(event.transaction_id) or "",
        names=tuple(name for name in names if name),
        event=str(event.code),
        at=instant(event.timestamp),
        user=user_in(properties),
        properties=properties,
        value_in="value",
    )


def instant(stamp: str | int | float | None) -> datetime | None:
    """Seconds since 1970, which clients send as a number or as a text; exact to the microsecond.

    Raises:
        Invalid: it is neither.
    """
    if stamp is None or stamp == "":
        return None
    written = str(stamp).strip()
    if not _STAMP.fullmatch(written):
        raise Invalid("timestamp: use seconds since 1970", pointer="timestamp", code="invalid_at")
    whole, micros = divmod(int(Decimal(written) * 1_000_000), 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=micros)


def _said(event: LagoEvent, foreign: Foreign, now: datetime) -> dict[str, Any]:
    """The event as Lago answers it; what Lago alone could know is null."""
    cents = event.precise_total_amount_cents
    return {
        "lago_id": None,
        "transaction_id": foreign.id,
        "lago_customer_id": None,
        "lago_subscription_id": None,
        "external_subscription_id": foreign.names[0],
        "code": foreign.event,
        "timestamp": (foreign.at or now).isoformat(timespec="milliseconds"),
        "precise_total_amount_cents": None if cents is None else str(cents),
        "properties": foreign.properties if given(foreign.properties) else {},
        "created_at": now.isoformat(timespec="milliseconds"),
    }


def _details(refused: Refusal, field: str = "") -> dict[str, list[str]]:
    """A fault as Lago names it, with its field."""
    if refused.code == "missing_field" and field:
        return {field: ["value_is_mandatory"]}
    name, fault = _DETAILS.get(refused.code, (field or "properties", refused.code))
    return {name: [fault]}


def _invalid(
    details: Mapping[str, Sequence[str] | Mapping[str, Any]], detail: str
) -> Response[Any]:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    said = {
        "status": int(status),
        "error": "Unprocessable Entity",
        "code": "validation_errors",
        "error_details": details,
        "detail": detail,
    }
    return answer(said, status)


_EVENT_SCHEMA = {
    "type": "object",
    "required": ["transaction_id", "external_subscription_id", "code"],
    "properties": {
        "transaction_id": {"type": "string", "minLength": 1},
        "external_subscription_id": {"type": "string", "minLength": 1},
        "code": {"type": "string", "minLength": 1},
        "timestamp": {"type": ["string", "number", "null"]},
        "properties": {"type": ["object", "null"]},
    },
}
EXAMPLE = {
    "transaction_id": "delivery-4001",
    "external_subscription_id": "acme",
    "code": "reports",
    "properties": {"value": 3, "user": "mia"},
}
ONE = {"type": "object", "required": ["event"], "properties": {"event": _EVENT_SCHEMA}}
_BATCH = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "maxItems": MOST, "items": _EVENT_SCHEMA}},
}

"""Stripe's v1 meter events, form-encoded as its SDKs send them.

`payload[stripe_customer_id]` is the account, by its `external_ids.stripe`; `event_name` names the
meter; `identifier` (else the Idempotency-Key) is the event's id.
"""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from anyio.to_thread import run_sync
from litestar import Response, post

from api.described import keyed
from api.dialects.wire import Asked, Problem, answer, body_of, failures, reshaped
from api.schema import takes
from engine.errors import Invalid
from service import translate
from service.context import Context
from service.rejects import Refusal
from service.secrets import new_id
from service.translate import Foreign

NAME = "stripe"
FORM = "application/x-www-form-urlencoded"
CUSTOMER, VALUE = "stripe_customer_id", "value"
_WHOLE = re.compile(r"[0-9]{1,15}")
_STAMP = re.compile(r"[0-9]{1,11}")
_PAYLOAD = re.compile(r"payload\[([^\[\]]{1,100})\]")
_MOST_FIELDS = 100
_PARAMS = {
    "id_conflict": "identifier",
    "id_too_long": "identifier",
    "at_too_old": "timestamp",
    "at_in_future": "timestamp",
}


class Fault(msgspec.Struct):
    """What Stripe says of an error."""

    type: str
    code: str
    message: str
    param: str | None = None


class Failure(msgspec.Struct):
    """An error in Stripe's shape."""

    error: Fault


class MeterEvent(msgspec.Struct):
    """A meter event, as Stripe answers it."""

    object: str
    created: int
    event_name: str
    identifier: str
    livemode: bool
    payload: dict[str, str]
    timestamp: int


def failure(problem: Problem) -> dict[str, Any]:
    """An error as Stripe says it."""
    kind = "invalid_request_error" if problem.status < 500 else "api_error"
    return {"error": {"type": kind, "code": problem.code, "message": problem.detail}}


errors = reshaped(failure)


def routes(context: Context) -> list[Any]:
    """One meter event."""

    @post(
        "/v1/billing/meter_events",
        summary="Stripe: report one meter event, form-encoded",
        exception_handlers={Exception: errors},
        **keyed(
            context,
            "ingest",
            basic=True,
            takes=takes(FORM, schema=_SCHEMA, examples={"a meter event": _EXAMPLE}),
            gives=MeterEvent,
            answers=failures(Failure),
        ),
    )
    async def create(request: Asked) -> Response[Any]:
        key = request.headers.get("idempotency-key", "")
        return await run_sync(_take, context, await body_of(request), key)

    return [create]


def _take(context: Context, body: bytes, key: str) -> Response[Any]:
    sent = _form(body)
    payload = {m[1]: value for name, value in sent.items() if (m := _PAYLOAD.fullmatch(name))}
    try:
        event = _foreign(sent, payload, key)
    except Invalid as error:
        refused = Refusal(
            index=0, code=error.code, detail=error.detail, name=sent.get("event_name", "")
        )
        translate.take(context, NAME, (), [refused])
        return _refused(error.code, error.detail, error.pointer)
    outcome = translate.take(context, NAME, [event])
    if outcome.rejected:
        first = outcome.rejected[0]
        return _refused(first.code, first.detail, _PARAMS.get(first.code, ""))
    now = context.clock.now()
    said = MeterEvent(
        object="billing.meter_event",
        created=int(now.timestamp()),
        event_name=event.event,
        identifier=event.id,
        livemode=True,
        payload=payload,
        timestamp=int((event.at or now).timestamp()),
    )
    return answer(said)


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Invalid(f"not a form: {error}", code="malformed") from None
    return dict(pairs)


def _foreign(sent: dict[str, str], payload: dict[str, str], key: str) -> Foreign:
    """The event in a form; `pointer` of what is wrong is the form's own field."""
    if not sent.get("event_name"):
        raise Invalid("Missing required param: event_name.", pointer="event_name", code=_MISSING)
    if not payload.get(CUSTOMER):
        pointer = f"payload[{CUSTOMER}]"
        raise Invalid(f"Missing required param: {pointer}.", pointer=pointer, code=_MISSING)
    value = payload.get(VALUE)
    if value is not None and not _WHOLE.fullmatch(value):
        raise Invalid(
            "The value must be a whole number.",
            pointer=f"payload[{VALUE}]",
            code="meter_event_invalid_value",
        )
    return Foreign(
        index=0,
        id=sent.get("identifier") or key or new_id("event"),
        names=(payload[CUSTOMER],),
        event=sent["event_name"],
        at=_instant(sent.get("timestamp")),
        user=payload.get("user") or None,
        properties=msgspec.Raw(msgspec.json.encode(payload)),
        value_in=VALUE,
    )


def _instant(stamp: str | None) -> datetime | None:
    if not stamp:
        return None
    if not _STAMP.fullmatch(stamp):
        raise Invalid(f"Invalid integer: {stamp[:40]}", pointer="timestamp", code="invalid_at")
    return datetime.fromtimestamp(int(stamp), UTC)


def _refused(code: str, message: str, param: str) -> Response[Any]:
    fault = {"type": "invalid_request_error", "code": code, "message": message, "param": param}
    return answer({"error": {name: said for name, said in fault.items() if said}}, 400)


_MISSING = "parameter_missing"
_EXAMPLE = {
    "event_name": "reports",
    f"payload[{CUSTOMER}]": "acme",
    f"payload[{VALUE}]": "3",
    "identifier": "delivery-5001",
}
_SCHEMA = {
    "type": "object",
    "required": ["event_name", f"payload[{CUSTOMER}]"],
    "properties": {
        "event_name": {"type": "string", "minLength": 1},
        "identifier": {"type": "string"},
        "timestamp": {"type": "integer"},
        f"payload[{CUSTOMER}]": {"type": "string"},
        f"payload[{VALUE}]": {"type": "string"},
    },
}

"""CloudEvents 1.0, as OpenMeter's SDKs send them: 204 when taken, problem+json when not.

The subject is the account, the type names the meter, `data.user` is the user.
"""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response

from api.dialects.wire import decoded, fields, user_in
from api.errors import problem
from engine.errors import Invalid
from service import translate
from service.amounts import LONGEST
from service.context import Context
from service.rejects import Refusal
from service.secrets import hashed
from service.translate import Foreign

NAME = "cloudevents"
VERSION = "1.0"


class CloudEvent(msgspec.Struct):
    """One event; what else it may hold says nothing to us."""

    id: str
    source: str
    specversion: str
    type: str
    subject: str
    time: datetime | None = None
    data: msgspec.Raw = msgspec.Raw(b"")


_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(CloudEvent)


def take(context: Context, body: bytes) -> Response[Any]:
    """Count one event or a batch of them."""
    one = body.lstrip()[:1] == b"{"
    items = [msgspec.Raw(body)] if one else decoded(_ITEMS, body)
    events: list[Foreign] = []
    refused: list[Refusal] = []
    for index, item in enumerate(items):
        try:
            events.append(_foreign(index, item))
        except Invalid as error:
            refused.append(Refusal(index=index, code=error.code, detail=error.detail))
    outcome = translate.take(context, NAME, events, refused)
    if not outcome.rejected:
        return Response(None, status_code=204)
    first = outcome.rejected[0]
    return problem(
        400,
        first.detail if one else f"item {first.index}: {first.detail}",
        code=first.code,
        problems=[{"index": r.index, "code": r.code, "detail": r.detail} for r in outcome.rejected],
    )


def _foreign(index: int, item: msgspec.Raw) -> Foreign:
    event: CloudEvent = decoded(_EVENT, item)
    if event.specversion != VERSION:
        raise Invalid(f'specversion: this is not "{VERSION}"', code="invalid_field")
    for name in ("id", "source", "type", "subject"):
        if not getattr(event, name):
            raise Invalid(f"{name}: this is empty", code="missing_field")
    data = fields(event.data, "data")
    return Foreign(
        index=index,
        id=identity(event.source, event.id),
        names=(event.subject,),
        event=event.type,
        at=event.time,
        user=user_in(data),
        properties=data,
        value_in="value",
    )


def identity(source: str, id: str) -> str:
    """An event is known by its source and id; a source is a URI, so a space ends it."""
    whole = f"{source.replace(' ', '%20')} {id}"
    return whole if len(whole) <= LONGEST else f"{hashed(source)[:32]} {id}"


EVENT = {
    "type": "object",
    "required": ["id", "source", "specversion", "type", "subject"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1},
        "specversion": {"type": "string", "enum": [VERSION]},
        "type": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": ["string", "null"], "format": "date-time"},
        "data": {"type": ["object", "null"]},
    },
}
EXAMPLE = {
    "specversion": "1.0",
    "id": "delivery-2001",
    "source": "reports-api",
    "type": "reports",
    "subject": "acme",
    "data": {"value": 3, "user": "mia"},
}
BATCH = {"type": "array", "items": EVENT}

"""Ways in that speak as other systems do: their SDKs report to Segue without a change.

`POST /api/v1/events` has two tongues: a top-level `event` without `specversion` is Lago's, all else
is a CloudEvent. The other routes belong to one dialect each.
"""

from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Response, post
from litestar.openapi.datastructures import ResponseSpec

from api import errors
from api.described import keyed, refusals
from api.dialects import cloudevents, lago, segment, stripe
from api.dialects.wire import JSON, Asked, body_of
from api.schema import takes
from service.amounts import given
from service.context import Context


class _Tongue(msgspec.Struct):
    """What tells the two apart."""

    event: msgspec.Raw = msgspec.Raw(b"")
    specversion: msgspec.Raw = msgspec.Raw(b"")


_TONGUE = msgspec.json.Decoder(_Tongue)
_SPOKEN = f"application/{cloudevents.NAME}+json", f"application/{cloudevents.NAME}-batch+json", JSON


def routes(context: Context) -> list[Any]:
    """Every way in but our own."""
    return [
        _events(context),
        *lago.routes(context),
        *segment.routes(context),
        *stripe.routes(context),
    ]


def _events(context: Context) -> Any:
    said = {204: ResponseSpec(data_container=None, description="CloudEvents: all was taken")}
    said |= refusals(422, shape=lago.Failure, media=JSON)
    said |= refusals(400, 401, 403, 404, 413, 429, 503)

    @post(
        "/api/v1/events",
        summary="CloudEvents (OpenMeter): one event or many; or Lago: one event",
        description="A top-level `event` without `specversion` is Lago's. Of a batch of "
        "CloudEvents those in order are taken, and the problem names the others.",
        exception_handlers={Exception: _refused},
        **keyed(
            context,
            "ingest",
            takes=takes(
                *_SPOKEN,
                schema={"oneOf": [cloudevents.EVENT, cloudevents.BATCH, lago.ONE]},
                examples={"a CloudEvent": cloudevents.EXAMPLE, "Lago's": {"event": lago.EXAMPLE}},
            ),
            gives=lago.Taken,
            answers=said,
        ),
    )
    async def events(request: Asked) -> Response[Any]:
        return await run_sync(_take, context, await body_of(request))

    return events


def _take(context: Context, body: bytes) -> Response[Any]:
    try:
        tongue = _TONGUE.decode(body)
    except (ValueError, RecursionError):
        tongue = _Tongue()
    if given(tongue.event) and not given(tongue.specversion):
        return lago.take(context, tongue.event)
    return cloudevents.take(context, body)


def _refused(request: Asked, error: Exception) -> Response[bytes]:
    """A problem that is an error of Lago's, too: who asked is not known yet, or of no matter."""
    found = errors.answer(request, error)
    document = msgspec.json.decode(found.content, type=dict[str, Any])
    said = {**document, "error": document["title"]}
    return Response(
        msgspec.json.encode(said),
        status_code=found.status_code,
        media_type=errors.MEDIA_TYPE,
        headers=lago.waiting(dict(found.headers)),
    )

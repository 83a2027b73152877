"""POST /v1/usage: read the body within its limits, ingest it, say what became of each item."""

import zlib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec

from api.auth import require
from api.schema import accepts
from engine.errors import Invalid, TooLarge
from service import ingest, rejects
from service.checked import decoded
from service.context import Context

LARGEST = 1024 * 1024
_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class UsageEvent(msgspec.Struct):
    """A usage event as the schema describes it; `service.usage` is what checks it."""

    id: _Id
    account: _Id
    meter: str
    value: float | str | None = None
    total: float | None = None
    kind: Literal["usage", "friction"] | None = None
    user: _Id | None = None
    at: datetime | None = None
    properties: dict[str, Any] | None = None
    correction: _Id | None = None


class Rejected(msgspec.Struct):
    """An item that was not taken, by its place in the request."""

    index: int
    code: str
    detail: str


class Answer(msgspec.Struct):
    """What became of the items; accepted ones are durable."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


def routes(context: Context) -> list[Any]:
    """The native way in."""

    @post(
        "/v1/usage",
        summary="Report usage: one event, or an array of up to 1,000",
        guards=[require(context, "ingest")],
        status_code=200,
        request_max_body_size=LARGEST,
        operation_class=accepts(UsageEvent, many=True),
        responses={200: ResponseSpec(data_container=Answer, description="What became of each")},
    )
    async def usage(request: Request[Any, Any, Any]) -> Response[bytes]:
        body, encoding = await request.body(), request.headers.get("content-encoding", "")
        if encoding.strip().lower() not in _PLAIN:
            body = await run_sync(unpacked, body, encoding)
        events = decoded(body)
        receipt = await ingest.take(context, events)
        if receipt.rejected:
            await run_sync(rejects.note_usage, context, events, receipt.rejected)
        return _answer(receipt)

    return [usage]


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without its content encoding, never more than 1 MiB of it.

    Raises:
        Invalid: the encoding is not known, or the body is not what it says.
        TooLarge: it would be larger.
    """
    name = encoding.strip().lower()
    if name in _PLAIN:
        return body
    if name not in _GZIP:
        raise Invalid(
            f"{encoding!r} is not understood: send gzip or nothing", code="unsupported_encoding"
        )
    out = bytearray()
    while body:
        member = zlib.decompressobj(wbits=31)
        try:
            out += member.decompress(body, LARGEST + 1 - len(out))
        except zlib.error as error:
            raise Invalid(f"not gzip: {error}", code="malformed") from None
        if len(out) > LARGEST:
            raise TooLarge("more than 1 MiB after unpacking: send smaller parts")
        if not member.eof:
            raise Invalid("the gzip data ends too early", code="malformed")
        body = member.unused_data
    return bytes(out)


def _answer(receipt: ingest.Receipt) -> Response[bytes]:
    rejected = [Rejected(r.index, r.code, r.detail) for r in receipt.rejected]
    answer = Answer(receipt.accepted, receipt.duplicates, rejected)
    return Response(msgspec.json.encode(answer), media_type="application/json")

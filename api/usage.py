"""POST /v1/usage: read the body within its limits, ingest it, say what became of each item."""

import zlib
from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec

from api.auth import require
from api.schema import accepts
from engine.errors import Invalid, TooLarge
from service import ingest
from service.context import Context
from service.usage import Event

LARGEST = 1024 * 1024
_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


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
        operation_class=accepts(Event, many=True),
        responses={200: ResponseSpec(data_container=Answer, description="What became of each")},
    )
    async def usage(request: Request[Any, Any, Any]) -> Response[bytes]:
        body, encoding = await request.body(), request.headers.get("content-encoding", "")
        return await run_sync(_ingest, context, body, encoding)

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


def _ingest(context: Context, body: bytes, encoding: str) -> Response[bytes]:
    receipt = ingest.ingest(context, ingest.items(unpacked(body, encoding)))
    rejected = [Rejected(r.index, r.code, r.detail) for r in receipt.rejected]
    answer = Answer(receipt.accepted, receipt.duplicates, rejected)
    return Response(msgspec.json.encode(answer), media_type="application/json")

"""POST /v1/usage: read the body within its limits, ingest it, say what became of each item."""

import zlib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, post

from api.described import keyed
from api.schema import accepts
from engine.errors import Invalid, TooLarge
from service import ingest, rejects
from service.checked import decoded
from service.context import Context

LARGEST = 1024 * 1024
_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")


_EXAMPLES = {
    "a use": {
        "id": "delivery-1001",
        "account": "acme",
        "meter": "reports",
        "value": 3,
        "user": "mia",
        "properties": {"template": "monthly"},
    },
    "several at once": [
        {"id": "delivery-1002", "account": "acme", "meter": "reports"},
        {"id": "delivery-1003", "account": "acme", "meter": "reports", "value": 0.5},
    ],
}


def _id(description: str) -> msgspec.Meta:
    return msgspec.Meta(min_length=1, max_length=256, description=description)


class UsageEvent(msgspec.Struct):
    """One use of a meter; or with `total`, where it stands; or `friction`: a limit got in the way.

    What was sent before under the same id counts once, and with other content it is refused.
    """

    id: Annotated[str, _id("Yours, of this event alone: what is sent again under it counts once.")]
    account: Annotated[str, _id("The account that used it; an unknown one is made.")]
    meter: Annotated[str, msgspec.Meta(description="The key of a meter in the policy file.")]
    value: Annotated[
        float | str | None,
        msgspec.Meta(
            description="How much, at most 1e15 with 6 decimals, by default 1; below 0 only with a "
            "correction. Of a `unique` meter: the thing counted."
        ),
    ] = None
    total: Annotated[
        float | None, msgspec.Meta(description="Instead of `value`: the running total at `at`.")
    ] = None
    kind: Literal["usage", "friction"] | None = None
    user: Annotated[str, _id("Who used it.")] | None = None
    at: (
        Annotated[
            datetime,
            msgspec.Meta(description="When, by default now; up to 35 days back.", tz=True),
        ]
        | None
    ) = None
    properties: dict[str, Any] | None = None
    correction: Annotated[str, _id("Why an amount is taken back.")] | None = None


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
        description="At most 1 MiB, also unpacked (`Content-Encoding: gzip`). What is accepted is "
        "durable; what is wrong with one event is no matter to the others.",
        request_max_body_size=LARGEST,
        **keyed(
            context,
            "ingest",
            takes=accepts(UsageEvent, many=True, examples=_EXAMPLES),
            gives=Answer,
            refuses=(404, 429),
        ),
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

"""What the dialects share at the door: the body, and errors in their own shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

from api import errors
from api.described import refusals
from api.usage import unpacked
from engine.errors import Invalid
from service.amounts import given

Asked = Request[Any, Any, Any]
JSON = "application/json"


class _User(msgspec.Struct):
    user: str | int | None = None


_USER = msgspec.json.Decoder(_User)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as it is answered, before a dialect says it in its own words."""

    status: int
    title: str
    code: str
    detail: str


async def body_of(request: Asked) -> bytes:
    """The body without its content encoding, whatever its content type says."""
    body = unpacked(await request.body(), request.headers.get("content-encoding", ""))
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8: {error}", code="malformed") from None
    return body


def decoded(decoder: msgspec.json.Decoder[Any], body: bytes | msgspec.Raw) -> Any:
    """What the decoder finds.

    Raises:
        Invalid: it finds something else.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), code="invalid_field") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}", code="malformed") from None


def fields(raw: msgspec.Raw, name: str) -> msgspec.Raw:
    """An object as it was sent, or nothing.

    Raises:
        Invalid: it is something else.
    """
    if not given(raw):
        return msgspec.Raw(b"")
    if bytes(raw)[:1] == b"{":
        return raw
    raise Invalid(f"{name}: use an object", code="invalid_field")


def text(value: Any) -> str | None:
    """A name that may have been sent as a number; nothing where there is none."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def user_in(properties: msgspec.Raw) -> str | None:
    """The user an event's properties name, if they do."""
    try:
        return text(_USER.decode(properties).user) if given(properties) else None
    except msgspec.ValidationError:
        return None


def answer(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A JSON answer."""
    encoded = msgspec.json.encode(content)
    return Response(encoded, status_code=status, media_type=JSON, headers=headers)


def reshaped(
    said: Callable[[Problem], Mapping[str, Any]],
    *,
    headers: Callable[[Mapping[str, str]], dict[str, str]] = dict,
) -> Callable[[Asked, Exception], Response[bytes]]:
    """Answers errors with the usual status and headers, but in the words of a dialect."""

    def handler(request: Asked, error: Exception) -> Response[bytes]:
        found = errors.answer(request, error)
        document = msgspec.json.decode(found.content, type=dict[str, Any])
        names = ("status", "title", "code", "detail")
        problem = Problem(**{name: document[name] for name in names})
        return answer(said(problem), problem.status, headers(dict(found.headers)))

    return handler


def failures(shape: Any, *more: int) -> dict[int, ResponseSpec]:
    """What a dialect may answer beside success, in its own shape."""
    return refusals(400, 401, 403, 404, 413, 429, 503, *more, shape=shape, media=JSON)

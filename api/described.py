"""What an operation asks for and answers: for its handler and for /schema, in one place.

`keyed` gives a handler its guard and says the same in /schema; `tokened` says it of the widget's,
`signed` of what other systems sign.
Whatever refuses a request is a problem (RFC 9457), but where a dialect has words of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIResponse,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)

from api.auth import require
from api.errors import MEDIA_TYPE
from service.context import Context

SCHEMES = {
    "key": SecurityScheme(
        type="http",
        scheme="bearer",
        description="An API key, made by `segue keys create --scope ingest|read|admin`. The scope "
        "an operation needs stands beside it; admin covers all.",
    ),
    "basic": SecurityScheme(
        type="http", scheme="basic", description="The same API key as user name, no password."
    ),
    "token": SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="A widget token that the vendor's server signs for one account and user.",
    ),
    "stripe": SecurityScheme(
        type="apiKey",
        name="Stripe-Signature",
        security_scheme_in="header",
        description="Stripe's signature over the body, by the endpoint's secret.",
    ),
}
_SAID = {
    400: "Something in it is wrong: `pointer` names the field, `detail` what to do",
    401: "No valid proof of who is asking",
    403: "The proof is valid, but does not cover this",
    404: "There is no such thing; or no policy is in force yet",
    409: "Something got there first: read the current state, then decide again",
    413: "More than is taken at once: send it in smaller parts",
    422: "It can't be taken as it is",
    429: "Too much at once: come again after Retry-After",
    503: "Segue can't do this now: send it again after Retry-After",
}
_WAIT = (429, 503)
_ALWAYS = (400, 401, 403, 503)
_PARAMETERS = {
    "account": "An account's id, as the vendor calls it.",
    "person": "A person's id, as the vendor calls it.",
    "blocker": "A blocker's id, as the vendor calls it.",
    "alert": "An alert's id, from the widget's state.",
    "limit": "How many at most.",
    "after": "`next` of the page before.",
    "id": "The id that was answered.",
    "endpoint": "An endpoint's name, which the vendor chooses.",
    "event": "An event's id, the webhook-id it is sent with.",
    "only": "Only those that stand so.",
}


class Problem(msgspec.Struct, kw_only=True):
    """What stands in the way (RFC 9457): `code` is for programs, `detail` for people.

    `pointer`: the field that is wrong. `problems`: each thing that is, where there are several.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    problems: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


_EXAMPLE = Problem(
    type="about:blank",
    title="Bad Request",
    status=400,
    detail="'Berlin' is not an IANA time zone like Europe/Berlin",
    code="invalid",
    pointer="/time_zone",
)


def keyed(
    context: Context,
    scope: str,
    *,
    basic: bool = False,
    takes: RequestBody | None = None,
    gives: Any = None,
    status: int = 200,
    refuses: Iterable[int] = (),
    answers: Mapping[int, ResponseSpec] | None = None,
) -> dict[str, Any]:
    """For those with an API key of this scope; `answers` stand for what is said otherwise."""
    security = [{"key": [scope]}, *([{"basic": [scope]}] if basic else ())]
    found = _described(security, takes, gives, status, refuses, answers)
    return {**found, "guards": [require(context, scope, basic=basic)]}


def tokened(
    *, takes: RequestBody | None = None, gives: Any = None, refuses: Iterable[int] = ()
) -> dict[str, Any]:
    """For those with a widget token; the handler reads it."""
    return _described([{"token": []}], takes, gives, 200, refuses, None)


def signed(
    scheme: str, *, takes: RequestBody, gives: Any, refuses: Iterable[int] = ()
) -> dict[str, Any]:
    """For another system that signs what it sends; the handler checks it."""
    return _described([{scheme: []}], takes, gives, 200, refuses, None)


def refusals(*codes: int, shape: Any = Problem, media: str = MEDIA_TYPE) -> dict[int, ResponseSpec]:
    """What may be answered beside success, in one shape."""
    example = [Example(value=msgspec.to_builtins(_EXAMPLE))]
    return {
        code: ResponseSpec(
            data_container=shape,
            description=_SAID[code],
            media_type=media,
            generate_examples=False,
            examples=example if (code, shape) == (400, Problem) else None,
        )
        for code in codes
    }


def _described(
    security: Sequence[Mapping[str, list[str]]],
    takes: RequestBody | None,
    gives: Any,
    status: int,
    refuses: Iterable[int],
    answers: Mapping[int, ResponseSpec] | None,
) -> dict[str, Any]:
    more = [*refuses, *([413] if takes else ())]
    said = refusals(*sorted({*_ALWAYS, *more})) if answers is None else dict(answers)
    if gives is not None:
        (first, *_) = (gives.__doc__ or "").splitlines() or ["Done."]
        done = ResponseSpec(data_container=gives, description=first, generate_examples=False)
        said = {status: done, **said}
    return {
        "security": security,
        "status_code": status,
        "responses": said,
        "operation_class": _operation(takes),
    }


def _operation(body: RequestBody | None) -> type[Operation]:
    """An operation with this body, whose answers say when to come again."""

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            for parameter in self.parameters or ():
                name = getattr(parameter, "name", "")
                if getattr(parameter, "description", "") is None and name in _PARAMETERS:
                    parameter.description = _PARAMETERS[name]
            for code in _WAIT:
                answer = (self.responses or {}).get(str(code))
                if isinstance(answer, OpenAPIResponse):
                    answer.headers = {"Retry-After": _retry_after()}

    return Described


def _retry_after() -> OpenAPIHeader:
    seconds = Schema(type="integer", minimum=1)  # type: ignore[arg-type]
    return OpenAPIHeader(schema=seconds, description="Seconds to wait.", required=True)

"""Every error as RFC 9457 problem+json, in one place; what was not foreseen says nothing of us."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from engine import errors

log = logging.getLogger("segue.api")
MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[errors.SegueError], HTTPStatus] = {
    errors.Invalid: HTTPStatus.BAD_REQUEST,
    errors.Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Gone: HTTPStatus.GONE,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem an error is for the client."""
    match error:
        case errors.ConfigInvalid():
            problems = [{"pointer": p, "detail": d} for p, d in error.problems]
            return problem(400, error.detail, code=error.code, problems=problems)
        case errors.Invalid():
            return problem(400, error.detail, code=error.code, pointer=error.pointer or None)
        case errors.Unauthorized():
            return problem(401, str(error), headers={"WWW-Authenticate": "Bearer"})
        case errors.TooMany():
            return problem(429, str(error), headers={"Retry-After": str(error.retry_after)})
        case errors.Unavailable():
            return problem(503, str(error), headers={"Retry-After": str(error.retry_after)})
        case errors.SegueError() if type(error) in _STATUS:
            return problem(_STATUS[type(error)], str(error))
        case ValidationException():
            return _invalid(error)
        case HTTPException() if error.status_code < 500:
            return problem(error.status_code, error.detail, headers=error.headers)
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "Segue failed at this; the log of the server says why.")


def problem(
    status: int,
    detail: str,
    *,
    code: str | None = None,
    pointer: str | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response[bytes]:
    """A problem document; `code` is for programs, `detail` for people."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": int(status),
        "detail": detail,
        "code": code or title.lower().replace(" ", "_").replace("-", "_"),
        **({"pointer": pointer} if pointer is not None else {}),
        **more,
    }
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def _invalid(error: ValidationException) -> Response[bytes]:
    """Litestar's own checks of parameters and bodies, with the field they name."""
    found = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    if not isinstance(found, dict):
        return problem(400, error.detail, code="invalid")
    return problem(
        400,
        str(found.get("message", error.detail)),
        code="invalid",
        pointer=f"/{found['key']}" if found.get("key") else None,
    )

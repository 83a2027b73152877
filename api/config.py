"""GET and PUT /v1/config: the policy file in force, as TOML, with its version."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, put

from api.auth import caller_of, require
from api.schema import text
from engine.errors import Invalid
from service import configure
from service.config import Applied
from service.context import Context


def routes(context: Context) -> list[Any]:
    """The policy file."""

    @get(
        "/v1/config",
        summary="The policy file in force (with Accept: application/toml, the file alone)",
        guards=[require(context, "read")],
    )
    async def current(request: Request[Any, Any, Any]) -> Response[Any]:
        applied = await run_sync(context.policy)
        accept = request.headers.get("accept", "")
        if "toml" in accept or accept.startswith("text/plain"):
            return Response(applied.text, media_type="application/toml; charset=utf-8")
        return Response(_answer(applied))

    @put(
        "/v1/config",
        summary="Check a policy file and put it in force as a new version",
        guards=[require(context, "admin")],
        operation_class=text(),
        request_max_body_size=2 * configure.LARGEST,
    )
    async def replace(request: Request[Any, Any, Any]) -> dict[str, Any]:
        body, actor = await request.body(), caller_of(request).actor
        return await run_sync(_apply, context, body, actor)

    return [current, replace]


def _apply(context: Context, body: bytes, actor: str) -> dict[str, Any]:
    try:
        file = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8: {error}", code="malformed") from None
    configure.apply(context, file, actor)
    return _answer(context.policy())


def _answer(applied: Applied) -> dict[str, Any]:
    return {"version": applied.version, "digest": applied.digest, "text": applied.text}

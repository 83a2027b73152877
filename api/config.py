"""GET and PUT /v1/config: the policy file in force, as TOML, with its version."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, put
from msgspec import Struct

from api.auth import caller_of
from api.described import keyed
from api.schema import text
from engine.errors import Invalid
from service import configure, pause
from service.context import Context


class ConfigWarning(Struct, kw_only=True):
    """Settings that are legal and never act, mask each other, or surprise; they are in force."""

    keys: list[str]
    detail: str


class Paused(Struct, kw_only=True):
    """Asks and reflections are held back from everybody until `segue resume`."""

    since: str
    why: str
    sentences: list[str]


class Config(Struct, kw_only=True):
    """A policy file in force, what is odd about it, and whether asks pause all the same."""

    version: int
    digest: str
    text: str
    warnings: list[ConfigWarning]
    paused: Paused | None


def routes(context: Context) -> list[Any]:
    """The policy file."""

    @get(
        "/v1/config",
        summary="The policy file in force (with Accept: application/toml, the file alone)",
        **keyed(context, "read", gives=Config, refuses=(404,)),
    )
    async def current(request: Request[Any, Any, Any]) -> Response[Any]:
        accept = request.headers.get("accept", "")
        if "toml" in accept or accept.startswith("text/plain"):
            applied = await run_sync(context.policy)
            return Response(applied.text, media_type="application/toml; charset=utf-8")
        return Response(await run_sync(_answer, context))

    @put(
        "/v1/config",
        summary="Check a policy file and put it in force as a new version",
        description="`warnings` says what `segue config check` finds odd; the file is in force.",
        request_max_body_size=2 * configure.LARGEST,
        **keyed(context, "admin", takes=text(), gives=Config),
    )
    async def replace(request: Request[Any, Any, Any]) -> Config:
        body, actor = await request.body(), caller_of(request).actor
        return await run_sync(_apply, context, body, actor)

    return [current, replace]


def _apply(context: Context, body: bytes, actor: str) -> Config:
    try:
        file = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8: {error}", code="malformed") from None
    configure.apply(context, file, actor)
    return _answer(context)


def _answer(context: Context) -> Config:
    applied, paused = context.policy(), pause.in_force(context)
    return Config(
        version=applied.version,
        digest=applied.digest,
        text=applied.text,
        warnings=[
            ConfigWarning(keys=list(odd.keys), detail=odd.detail)
            for odd in configure.odd(applied.text)
        ],
        paused=Paused(
            since=paused.since.isoformat(),
            why=paused.why,
            sentences=list(pause.told(context, paused)),
        )
        if paused
        else None,
    )

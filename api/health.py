"""Liveness and readiness; readiness says what is wrong."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from service import ready
from service.context import Context


class Readiness(Struct, kw_only=True):
    """`problems` stand in the way of serving; `notes` don't, and should be looked at."""

    ready: bool
    problems: list[str]
    notes: list[str]


def routes(context: Context) -> list[Any]:
    """What a load balancer and an orchestrator ask."""

    @get("/healthz", summary="The process answers", media_type=MediaType.TEXT)
    async def alive() -> str:
        return "ok"

    not_ready = ResponseSpec(
        data_container=Readiness, description="Not now, and why", generate_examples=False
    )

    @get("/readyz", summary="Requests can be served, or why not", responses={503: not_ready})
    async def readiness() -> Response[Readiness]:
        found = await run_sync(_readiness, context)
        return Response(
            found,
            status_code=200 if found.ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    return [alive, readiness]


def _readiness(context: Context) -> Readiness:
    problems, notes = ready.examined(context)
    return Readiness(ready=not problems, problems=problems, notes=notes)

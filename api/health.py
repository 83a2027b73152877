"""Liveness and readiness; readiness says what is wrong."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import MediaType, Response, get

from service.context import Context
from service.ready import problems


def routes(context: Context) -> list[Any]:
    """What a load balancer and an orchestrator ask."""

    @get("/healthz", summary="The process answers", media_type=MediaType.TEXT)
    async def alive() -> str:
        return "ok"

    @get("/readyz", summary="Requests can be served, or why not")
    async def ready() -> Response[dict[str, Any]]:
        found = await run_sync(problems, context)
        return Response(
            {"ready": not found, "problems": found},
            status_code=503 if found else 200,
            headers={"Cache-Control": "no-store"},
        )

    return [alive, ready]

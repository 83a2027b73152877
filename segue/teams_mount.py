"""The one route that Teams calls, in Litestar: everything behind it is `bot/teams`."""

from typing import Any

from litestar import Request, Response, post


def route(app: Any) -> Any:
    """POST /teams/messages: each activity with the token that Microsoft signed for it."""

    @post("/teams/messages", status_code=200, include_in_schema=False)
    async def messages(request: Request[Any, Any, Any]) -> Response[Any]:
        raw = await request.body()
        status, body = await app.take(raw, request.headers.get("authorization", ""))
        return Response(body, status_code=status, media_type="application/json")

    return messages

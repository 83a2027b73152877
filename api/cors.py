"""Cross-origin answers for the widget alone: files for anyone, data for named origins."""

from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.context import Context

_FILES, _DATA = "/widget/", "/v1/widget/"
_ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
    (b"access-control-max-age", b"600"),
)
Headers = list[tuple[bytes, bytes]]


class WidgetOrigins(ASGIMiddleware):
    """Answers preflights of `/v1/widget/*` and says which origin may read; ingest has no CORS."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, context: Context) -> None:
        self._context = context

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request through, with the headers its path calls for."""
        path = scope["path"]
        if path.startswith(_FILES):
            open_to_all = [
                (b"access-control-allow-origin", b"*"),
                (b"cross-origin-resource-policy", b"cross-origin"),
            ]
            await next_app(scope, receive, _with(send, open_to_all))
            return
        if not path.startswith(_DATA):
            await next_app(scope, receive, send)
            return
        headers = self._headers(dict(scope["headers"]).get(b"origin"))
        if scope.get("method") == "OPTIONS":
            await _answer_preflight(send, headers)
            return
        await next_app(scope, receive, _with(send, headers))

    def _headers(self, origin: bytes | None) -> Headers:
        headers: Headers = [(b"vary", b"origin")]
        origins = self._context.policy().config.widget.origins
        if origin is not None and origin.decode("latin-1") in origins:
            headers.append((b"access-control-allow-origin", origin))
        return headers


async def _answer_preflight(send: Send, headers: Headers) -> None:
    allowed = any(name == b"access-control-allow-origin" for name, _ in headers)
    more: Iterable[tuple[bytes, bytes]] = _ALLOWED if allowed else ()
    await send(
        {
            "type": "http.response.start",
            "status": 204 if allowed else 403,
            "headers": [*headers, *more],
        }
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _with(send: Send, headers: Headers) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *headers]
        await send(message)

    return sending

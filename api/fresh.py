"""Answers 304 to who has a file already; Litestar names a file's version but never looks back."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

_KEPT = frozenset((b"etag", b"cache-control", b"vary", b"last-modified"))


class NotModified(ASGIMiddleware):
    """Compares If-None-Match with the ETag of what would be sent."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request through, and leave out a body that is known."""
        known = dict(scope["headers"]).get(b"if-none-match")
        if known is None:
            await next_app(scope, receive, send)
            return
        names, same = {_strong(name) for name in known.split(b",")}, False

        async def sending(message: Message) -> None:
            nonlocal same
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = list(message.get("headers", []))
                same = _strong(dict(headers).get(b"etag", b"")) in names
                if same:
                    message["status"] = 304
                    message["headers"] = [h for h in headers if h[0].lower() in _KEPT]
            elif message["type"] == "http.response.body" and same:
                message["body"] = b""
            await send(message)

        await next_app(scope, receive, sending)


def _strong(name: bytes) -> bytes:
    """An ETag without its mark of weakness."""
    return name.strip().removeprefix(b"W/")

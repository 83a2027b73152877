"""Mounts Bolt's ASGI application in Litestar at /slack."""

from typing import Any

from litestar import asgi
from litestar.types import Receive, Scope, Send


def mounted(app: Any) -> Any:
    """A route that hands everything below /slack to Bolt, with the path as Slack called it."""

    @asgi("/slack", is_mount=True, copy_scope=True)
    async def slack(scope: Scope, receive: Receive, send: Send) -> None:
        path = "/slack/" + scope["path"].strip("/")
        await app({**scope, "path": path}, receive, send)

    return slack

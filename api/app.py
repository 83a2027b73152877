"""Assembles the HTTP application: routes, errors, headers and the OpenAPI document."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import Message, Scope

from api import accounts, config, errors, health, usage
from api.cors import WidgetOrigins
from service.context import Context

_HEADERS = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer"}


def create(context: Context, *, extra: Sequence[Any] = ()) -> Litestar:
    """The application; `extra` are further routes (widget, cases, Slack)."""
    return Litestar(
        route_handlers=[
            *usage.routes(context),
            *accounts.routes(context),
            *config.routes(context),
            *health.routes(context),
            *extra,
        ],
        exception_handlers={Exception: errors.answer},  # type: ignore[dict-item]
        before_send=[_secure],
        middleware=[WidgetOrigins(context)],
        openapi_config=OpenAPIConfig(
            title="Segue",
            version=version("segue"),
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
    )


async def _secure(message: Message, _: Scope) -> None:
    """Headers every answer carries; a handler's own hold."""
    if message["type"] == "http.response.start":
        headers = list(message.get("headers", []))
        known = {name.lower() for name, _ in headers}
        headers += [(name, value) for name, value in _HEADERS.items() if name not in known]
        message["headers"] = headers

"""Assembles the HTTP application: routes, errors, headers and the OpenAPI document."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import unquote

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute
from litestar.types import Message, Method, Receive, Scope, Send

import api.accounts
import api.backtests
import api.bounces
import api.config
import api.dialects
import api.health
import api.rejects
import api.usage
import api.webhooks
from api import errors
from api.cors import WidgetOrigins
from api.described import SCHEMES
from api.schema import Named
from engine.errors import Invalid, NotFound
from service.context import Context

_HEADERS = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer"}
_ABOUT = """Usage in, the right word at the right moment.

Report usage by `POST /v1/usage`, or point an SDK you already have at the other ways in
(OpenMeter, Segment, RudderStack, Lago, Stripe). Accounts, people and blockers are stated by PUT,
which replaces the whole thing. Errors are problems (RFC 9457), but where an SDK expects others.
Where an answer has Retry-After, nothing was lost: send the same again after so many seconds."""
_SLASH = "\ue000"
"""Stands for an escaped slash while a path is routed; no id holds it, since it can't be printed."""


class Application(Litestar):
    """Litestar, but an id with an escaped slash in it stays one part of the path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """Route by the path as it was sent."""
        raw = bytes(scope.get("raw_path") or b"")
        if b"%2f" in raw.lower():
            path = raw.decode("ascii", "replace").replace("%2F", "%2f")
            scope["path"] = _SLASH.join(unquote(part) for part in path.split("%2f"))
        await super().__call__(scope, receive, send)


def create(context: Context, *, extra: Sequence[Any] = ()) -> Litestar:
    """The application; `extra` are further routes (widget, cases, Slack)."""
    return Application(
        route_handlers=[
            *api.usage.routes(context),
            *api.dialects.routes(context),
            *api.rejects.routes(context),
            *api.accounts.routes(context),
            *api.config.routes(context),
            *api.backtests.routes(context),
            *api.webhooks.routes(context),
            *api.bounces.routes(context),
            *api.health.routes(context),
            *extra,
        ],
        guards=[_texts],
        exception_handlers={Exception: errors.answer},
        before_send=[_secure],
        middleware=[WidgetOrigins(context)],
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Segue",
            version=version("segue"),
            description=_ABOUT,
            components=Named(security_schemes=dict(SCHEMES)),
            path="/schema",
            operation_id_creator=_operation,
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
    )


def bare(context: Context) -> Litestar:
    """What a node answers that serves nobody: that it lives, and what stands in its way."""
    return Application(
        route_handlers=api.health.routes(context),
        exception_handlers={Exception: errors.answer},
        before_send=[_secure],
        logging_config=None,
        openapi_config=None,
    )


def _texts(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Give ids their slashes back, and refuse U+0000, which not every database can look up."""
    found = connection.scope.get("path_params") or {}
    if any("\0" in str(value) for value in found.values()):
        raise NotFound("nothing has the character U+0000 in its name")
    if b"%00" in connection.scope["query_string"]:
        raise Invalid("the character U+0000 is not allowed", code="invalid_character")
    connection.scope["path_params"] = {
        k: v.replace(_SLASH, "/") if isinstance(v, str) else v for k, v in found.items()
    }


async def _secure(message: Message, scope: Scope) -> None:
    """Headers every answer carries; a handler's own hold."""
    if message["type"] == "http.response.start":
        headers = list(message.get("headers", []))
        known = {name.lower() for name, _ in headers}
        if scope.get("method") == "OPTIONS" and b"allow" in known:
            headers = [(name, value) for name, value in headers if name.lower() != b"allow"]
            headers.append((b"allow", _methods(scope)))
        headers += [(name, value) for name, value in _HEADERS.items() if name not in known]
        message["headers"] = headers


def _methods(scope: Scope) -> bytes:
    """What a path can be asked; Litestar's own answer names the methods of one handler alone."""
    path, routes = scope.get("path_template"), scope["litestar_app"].routes
    http = (route for route in routes if isinstance(route, HTTPRoute))
    methods = {method for route in http if route.path_format == path for method in route.methods}
    return ", ".join(sorted(methods)).encode()


def _operation(handler: HTTPRouteHandler, method: Method, path: list[Any]) -> str:
    """A name for each operation: its method and its path."""
    parts = [getattr(part, "name", part) for part in path]
    return "_".join([method.lower(), *map(str, parts)]).replace("/", "_")

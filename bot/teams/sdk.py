"""Microsoft's SDK behind our own route: it reads activities, signs in and calls the Connector."""

import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from bot.teams.refusals import NotSignedIn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # It warns of previews, none of which we use.
    from microsoft_teams.api.auth.cloud_environment import PUBLIC
    from microsoft_teams.api.auth.credentials import ClientCredentials
    from microsoft_teams.apps import App
    from microsoft_teams.apps.http.adapter import HttpMethod, HttpRouteHandler
    from microsoft_teams.apps.http.http_server import HttpServer
    from microsoft_teams.apps.token_manager import TokenManager
    from microsoft_teams.common import ClientOptions

# What it warns of is how it would check requests and users; that is done by `bot.teams.verify`.
logging.getLogger("microsoft_teams").setLevel(logging.ERROR)


ROUTE = "/teams/messages"
SERVICE = "https://smba.trafficmanager.net/teams"
TIMEOUT = 10.0

Answer = Callable[[Mapping[str, Any]], Awaitable[Any]]
"""From an activity to the body of its answer."""
Token = Callable[[Any, str | None], Awaitable[Any]]
"""From what it is for and a tenant to a token of our own."""

_checked: ContextVar[str] = ContextVar("checked", default="")


class Adapter:
    """The seam of the SDK to a web server: it keeps the one handler, and Litestar calls it."""

    def __init__(self) -> None:
        self.routes: dict[str, HttpRouteHandler] = {}

    def register_route(self, method: HttpMethod, path: str, handler: HttpRouteHandler) -> None:
        """Keep a handler."""
        self.routes[path] = handler

    def serve_static(self, path: str, directory: str) -> None:
        """We serve no files of the SDK."""

    async def start(self, port: int) -> None:
        """There is no second web server: whoever wants one has called the wrong thing."""
        raise RuntimeError("`segue serve` answers Teams; the SDK starts no server of its own")

    async def stop(self) -> None:
        """There is none to stop."""


class _Checked:
    """In the place of the SDK's own check, which asks for keys while everything waits for it.

    Whatever did not come through `bot.teams.verify` before is refused.
    """

    async def validate_token(
        self, raw_token: str, service_url: str | None = None
    ) -> dict[str, Any]:
        if not raw_token or raw_token != _checked.get():
            raise PermissionError("this was not checked")
        return {}


class _Server(HttpServer):
    def initialize(self, *args: Any, **options: Any) -> None:
        super().initialize(*args, **options)
        self._token_validator = _Checked()  # type: ignore[assignment]


def _signed_in(token: Token) -> Token:
    """The same, and whatever goes wrong with it is a refusal: nothing was sent."""

    async def told(scope: Any, tenant: str | None) -> Any:
        try:
            return await token(scope, tenant)
        except Exception as error:  # Sign-in has no errors of its own.
            raise NotSignedIn(f"no token: {type(error).__name__}") from error

    return told


class Sdk:
    """One app of the SDK. `token`: where its own tokens come from, else Microsoft's sign-in.

    `timeout`: seconds until the Connector's answer counts as lost.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str | None = None,
        tenant_id: str | None = None,
        token: Token | None = None,
        service_url: str = SERVICE,
        timeout: float = TIMEOUT,
    ) -> None:
        if token is None and client_secret:
            secret = ClientCredentials(
                client_id=client_id, client_secret=client_secret, tenant_id=tenant_id
            )
            token = TokenManager(secret).get_app_token
        self.adapter = Adapter()
        self.app = App(
            client_id=client_id,
            tenant_id=tenant_id,
            token=_signed_in(token) if token else None,
            http_server_adapter=self.adapter,
            messaging_endpoint=ROUTE,
            client=ClientOptions(timeout=timeout),
            cloud=replace(PUBLIC),
            service_url=service_url,
            dangerously_allow_unauthenticated_requests=False,
            fetch_user_token=False,
            telemetry={"agent365": False},
        )
        self.app.server = _Server(self.adapter, messaging_endpoint=ROUTE)

    async def start(self, answer: Answer) -> None:
        """Hand every activity to `answer` from now on."""

        async def handle(ctx: Any) -> Any:
            return await answer(
                ctx.activity.model_dump(mode="json", by_alias=True, exclude_none=True)
            )

        self.app.router.add_handler(lambda _: True, handle)
        await self.app.initialize()

    async def take(self, body: dict[str, Any], authorization: str) -> tuple[int, Any]:
        """Have one checked activity answered: the status, and what goes into its body."""
        marked = _checked.set(authorization.removeprefix("Bearer "))
        try:
            headers = {"authorization": authorization}
            told = await self.adapter.routes[ROUTE]({"body": body, "headers": headers})
        finally:
            _checked.reset(marked)
        return told["status"], told["body"]

"""/v1/webhooks: where the vendor's systems are told of events, what was sent there, once more."""

from typing import Annotated, Any, Literal

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, QueryParameter

from api.auth import caller_of
from api.described import keyed
from api.schema import accepts
from service import webhook_log, webhooks
from service.context import Context
from service.shapes import read
from service.webhook_log import Deliveries, Delivery, Replay
from service.webhooks import Stated, Webhook

Asked = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
_ONE = "/v1/webhooks/{endpoint:str}"
_LOG = f"{_ONE}/deliveries"
_EXAMPLE = {"url": "https://example.com/segue", "events": ["alert.raised", "case.approved"]}
_SINCE = {"since": "2026-03-01T12:00:00Z"}


class Webhooks(msgspec.Struct, kw_only=True):
    """Every endpoint, without its secret."""

    webhooks: list[Stated]


class Tested(msgspec.Struct, kw_only=True):
    """The id of the sample that is on its way."""

    id: str


class Replayed(msgspec.Struct, kw_only=True):
    """How many events are sent once more."""

    replayed: int


def routes(context: Context) -> list[Any]:
    """Endpoints and their logs."""
    return [*_endpoints(context), *_acts(context), *_log(context)]


def _endpoints(context: Context) -> list[Any]:

    @get(
        "/v1/webhooks",
        summary="The endpoints that are told of events",
        **keyed(context, "read", gives=Webhooks),
    )
    async def listed() -> Webhooks:
        return Webhooks(webhooks=await run_sync(webhooks.every, context))

    @get(_ONE, summary="One endpoint", **keyed(context, "read", gives=Stated, refuses=(404,)))
    async def one(endpoint: FromPath[str]) -> Stated:
        return await run_sync(webhooks.get, context, endpoint)

    @put(
        _ONE,
        summary="State an endpoint anew",
        description="Where it is new, the answer holds its secret: no other one will. Without "
        "`events` it is told of all but alert.held. Stated as enabled, one that was disabled "
        "is sent to again.",
        **keyed(
            context,
            "admin",
            takes=accepts(Webhook, examples={"two events": _EXAMPLE}),
            gives=Stated,
            refuses=(404, 409),
        ),
    )
    async def state(request: Asked, endpoint: FromPath[str]) -> Stated:
        body, by = await request.body(), caller_of(request).actor
        wanted = await run_sync(lambda: read(body, Webhook, context.policy().catalogue))
        return await run_sync(webhooks.put, context, endpoint, wanted, by)

    @delete(
        _ONE,
        summary="Forget an endpoint and what was sent to it",
        **keyed(context, "admin", status=204, refuses=(404,)),
    )
    async def forget(request: Asked, endpoint: FromPath[str]) -> None:
        await run_sync(webhooks.forget, context, endpoint, caller_of(request).actor)

    return [listed, one, state, forget]


def _acts(context: Context) -> list[Any]:

    @post(
        f"{_ONE}/secret",
        summary="Give an endpoint a new secret",
        description="The answer holds it: no other one will. For 24 hours the old one signs too.",
        **keyed(context, "admin", gives=Stated, refuses=(404,)),
    )
    async def rotate(request: Asked, endpoint: FromPath[str]) -> Stated:
        return await run_sync(webhooks.rotate, context, endpoint, caller_of(request).actor)

    @post(
        f"{_ONE}/test",
        summary="Send a webhook.test event, at once and the way of every other",
        description="What came of it stands in the log under this id.",
        **keyed(context, "admin", gives=Tested, status=202, refuses=(404, 409)),
    )
    async def test(request: Asked, endpoint: FromPath[str]) -> Response[Tested]:
        by = caller_of(request).actor
        event = await run_sync(webhooks.test, context, endpoint, by)
        return Response(Tested(id=event), status_code=202)

    return [rotate, test]


def _log(context: Context) -> list[Any]:

    @get(
        _LOG,
        summary="What was and is to be sent to an endpoint, newest first, with every try",
        **keyed(context, "read", gives=Deliveries, refuses=(404,)),
    )
    async def listed(
        endpoint: FromPath[str],
        after: FromQuery[str] = "",
        only: FromQuery[Literal["due", "sent", "dead"] | None] = None,
        limit: Limit = 100,
    ) -> Deliveries:
        return await run_sync(
            lambda: webhook_log.page(context, endpoint, after=after, state=only, limit=limit)
        )

    @get(
        f"{_LOG}/{{event:str}}",
        summary="One event at an endpoint",
        **keyed(context, "read", gives=Delivery, refuses=(404,)),
    )
    async def one(endpoint: FromPath[str], event: FromPath[str]) -> Delivery:
        return await run_sync(webhook_log.one, context, endpoint, event)

    @post(
        f"{_LOG}/{{event:str}}/replay",
        summary="Send an event once more, whatever came of it",
        **keyed(context, "admin", gives=Delivery, refuses=(404, 409)),
    )
    async def again(request: Asked, endpoint: FromPath[str], event: FromPath[str]) -> Delivery:
        by = caller_of(request).actor
        return await run_sync(webhook_log.replay, context, endpoint, event, by)

    @post(
        f"{_ONE}/replay",
        summary="Send everything once more that is dead and was raised since an instant",
        **keyed(
            context,
            "admin",
            takes=accepts(Replay, examples={"since noon": _SINCE}),
            gives=Replayed,
            refuses=(404, 409),
        ),
    )
    async def all_again(request: Asked, endpoint: FromPath[str]) -> Replayed:
        body, by = await request.body(), caller_of(request).actor
        wanted = await run_sync(lambda: read(body, Replay, context.policy().catalogue))
        count = await run_sync(webhook_log.replay_dead, context, endpoint, wanted, by)
        return Replayed(replayed=count)

    return [listed, one, again, all_again]

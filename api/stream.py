"""The widget's live stream: the state at once, then whenever it changes, as server-sent events."""

import asyncio
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import ServerSentEvent, ServerSentEventMessage

from api.described import tokened
from api.hub import Hub
from api.token import Bearer, bearer
from service import state
from service.context import Context

HEARTBEAT = 15.0
POLL = 25.0
"""Seconds for which a stream that ends with its first state waits for one."""
SETTLE = 0.15
"""Seconds between two looks while only usage comes in; what is more is seen at once."""
WARNING = timedelta(seconds=60)
SPREAD = 60.0
"""Seconds over which accounts are looked at again once their day is over."""


def routes(
    context: Context, hub: Hub, secret: str | None, *, heartbeat: float = HEARTBEAT
) -> list[Any]:
    """The stream's route; `heartbeat`: seconds between the comments that keep it open."""
    who = bearer(context, secret)

    @get(
        "/v1/widget/stream",
        summary="Live state of the widget",
        description="Server-sent events: `state` holds what GET /v1/widget/state answers, "
        "`expiring` comes a minute before the token ends. Last-Event-ID spares what is known. With "
        "`once` it ends after the first state, or half a minute without one: for proxies that "
        "hold a stream back until it ends.",
        media_type="text/event-stream",
        **tokened(refuses=(404,)),
    )
    async def stream(
        request: Request[Any, Any, Any], once: FromQuery[bool] = False
    ) -> ServerSentEvent:
        visitor = await asyncio.to_thread(who, request)
        last = request.headers.get("last-event-id")
        return ServerSentEvent(
            _events(context, hub, visitor, last, POLL if once else heartbeat, once=once),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return [stream]


async def _events(
    context: Context, hub: Hub, visitor: Bearer, last: str | None, heartbeat: float, *, once: bool
) -> AsyncIterator[ServerSentEventMessage]:
    warned = False
    loop = asyncio.get_running_loop()
    # Whoever hears nothing at all at first knows that something holds the stream back.
    yield ServerSentEventMessage(comment="hello", data=None)
    with hub.stream(visitor.account) as waiting:
        while not hub.closing:
            waiting.clear()
            looked_at = loop.time()
            shared = hub.shared(visitor.account)  # After a change nobody sees what was before it.
            now = await asyncio.to_thread(state.of, context, visitor.account, visitor.sub, shared)
            digest = _digest(now)
            if digest != last:
                last = digest
                yield ServerSentEventMessage(event="state", id=digest, data=json.dumps(now))
                if once:
                    return
            left = visitor.expires - datetime.now(UTC)
            if left <= timedelta(0):
                return
            if left <= WARNING and not warned:
                warned = True
                yield ServerSentEventMessage(event="expiring", data="{}")
            rest = left if warned else left - WARNING
            turn = _turn(now, visitor.account, context.clock.now())
            async for beat in _wait(waiting.changed, min(rest, turn), heartbeat):
                yield beat
                if once:
                    return
            with suppress(TimeoutError):
                await asyncio.wait_for(waiting.urgent.wait(), looked_at + SETTLE - loop.time())


async def _wait(
    changed: asyncio.Event, left: timedelta, heartbeat: float
) -> AsyncIterator[ServerSentEventMessage]:
    """Comments at every heartbeat until something changes, or time brings something."""
    end = asyncio.get_running_loop().time() + max(left.total_seconds(), 0.0)
    while not changed.is_set():
        rest = end - asyncio.get_running_loop().time()
        if rest <= 0:
            return
        try:
            await asyncio.wait_for(changed.wait(), min(heartbeat, rest))
        except TimeoutError:
            yield ServerSentEventMessage(comment="still here", data=None)


def _turn(shown: dict[str, Any], account: str, now: datetime) -> timedelta:
    """Until the account's day is over, and with it perhaps a period, or what a forecast says."""
    if "time_zone" not in shown:
        return timedelta.max
    local = datetime.fromisoformat(shown["as_of"]).astimezone(ZoneInfo(shown["time_zone"]))
    midnight = datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo)
    # All pages of an account at once, who then share what they see; others at other times.
    apart = zlib.crc32(account.encode()) / 2**32 * SPREAD
    return midnight.astimezone(UTC) + state.MOMENT + timedelta(seconds=apart) - now


def _digest(state: dict[str, Any]) -> str:
    """What changed apart from the time of looking."""
    body = {k: v for k, v in state.items() if k != "as_of"}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]

"""What Slack sends is a row before it is acknowledged: done once, by another where we die."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from aiohttp import ClientError
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.slack.refusals import refusal
from engine.errors import SegueError, Unavailable
from service.channel import Retry
from service.context import Context
from store import callbacks, inbound

log = logging.getLogger(__name__)
Name = tuple[str, str]
Work = Callable[[Any], Any]

TRIES = 5
"""After so many the person has long tried again themselves."""
_NAME, _ATTEMPTS, _LATER = "segue_inbound", "segue_attempts", "segue_later"
_RENEWED = 20.0


class Inbox(AsyncListenerCompletionHandler):
    """Between Bolt's checks of a request and the listener that does what it asks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bolt: AsyncApp | None = None
        self._writes = Writes(context)
        self._under_way: set[Name] = set()
        self._renewing: asyncio.Task[None] | None = None

    def listen(self, bolt: AsyncApp) -> None:
        """Stand before every listener, and hear when one has ended."""
        self._bolt = bolt
        bolt.use(self.take)
        bolt.listener_runner.listener_completion_handler = self

    async def take(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[None]],
    ) -> BoltResponse | None:
        """Keep what was sent; what was sent before is acknowledged, and that is all."""
        _name_team(req.body)
        name = name_of(req.body)
        if name is not None and _NAME not in req.context:
            if not await self._writes.do(lambda session: self._taken(session, name, req.body)):
                return BoltResponse(status=200)
            req.context[_NAME], req.context[_ATTEMPTS] = name, 1
            self._begin(name)
        await next()
        return None

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        """A listener has ended: it is done, or tried again later."""
        name = request.context.get(_NAME)
        if name is None:
            return
        self._under_way.discard(name)
        why, tries, now = request.context.get(_LATER), request.context[_ATTEMPTS], self._now()
        if why is None:
            await self._write(lambda session: inbound.done(session, name, now))
        else:
            until = now + timedelta(seconds=5.0 * 2**tries)
            await self._write(lambda session: inbound.later(session, name, until, detail=why))

    async def catch_up(self) -> int:
        """Do what was taken and not done, as if Slack had sent it just now; says how much."""
        assert self._bolt is not None
        now = self._now()
        for taken in (found := await asyncio.to_thread(self._claim)):
            name = (taken.source, taken.id)
            try:
                body = json.loads(self._context.secrets.decrypt(taken.body))
            except SegueError as error:
                log.error("%s %s can't be read any more: %s", *name, error)
                await self._ended(name, "unreadable")
                continue
            self._begin(name)
            request = AsyncBoltRequest(mode="socket_mode", body=body)
            request.context[_NAME], request.context[_ATTEMPTS] = name, taken.attempts
            answer = await self._bolt.async_dispatch(request)
            if answer.status == 404:
                await self._ended(name, "nobody listens")
        if found:
            log.info("%d callbacks were taken up again at %s", len(found), now)
        return len(found)

    def later(self, error: Exception, request: AsyncBoltRequest) -> bool:
        """Whether what failed is worth another try by itself; it is noted then."""
        tries = request.context.get(_ATTEMPTS)
        if tries is None or tries >= TRIES or not passes(error):
            return False
        request.context[_LATER] = type(error).__name__
        return True

    def _now(self) -> Any:
        return self._context.clock.now()

    def _taken(self, session: Any, name: Name, body: dict[str, Any]) -> bool:
        sealed = self._context.secrets.encrypt(json.dumps(body))
        return inbound.take(session, source=name[0], id=name[1], body=sealed, now=self._now())

    def _claim(self) -> tuple[inbound.Taken, ...]:
        with self._context.database.read() as session:  # Mostly nothing is left, and nobody locked.
            if not inbound.any_left(session, self._now()):
                return ()
        with self._context.database.write() as session:
            found = inbound.claim(session, self._now())
            for taken in found:
                callbacks.forget(session, source=taken.source, id=taken.id)
        return found

    def _begin(self, name: Name) -> None:
        self._under_way.add(name)
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """What takes long stays ours."""
        while self._under_way:
            await asyncio.sleep(_RENEWED)
            if names := list(self._under_way):
                await self._write(lambda session: inbound.renew(session, names, self._now()))

    async def _ended(self, name: Name, detail: str) -> None:
        self._under_way.discard(name)
        await self._write(lambda session: inbound.done(session, name, self._now(), detail=detail))

    async def _write(self, work: Work) -> None:
        try:
            await self._writes.do(work)
        except Unavailable as error:  # The claim runs out by itself.
            log.warning("what became of a callback is not noted: %s", error)


class Writes:
    """Small writes of many requests at once, in few commits: an answer waits for its own."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="slack-inbox")

    async def do(self, work: Work) -> Any:
        """Do this in the next commit, and say what came of it.

        Raises:
            Unavailable: the database does not take it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((work, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as error:  # Whoever waits is told.
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), value in zip(batch, found, strict=True):
                if not future.done():
                    future.set_result(value)

    def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> list[Any]:
        with self._database.write() as session:
            return [work(session) for work, _ in batch]


def name_of(body: dict[str, Any]) -> Name | None:
    """What Slack calls it however often it sends it; None: it is answered while Slack waits."""
    if "event_id" in body:
        return "slack event", str(body["event_id"])
    if "command" in body:
        return "slack command", str(body.get("trigger_id"))
    match body.get("type"):
        case "block_actions":
            return "slack click", click_id(body)
        case "shortcut" | "message_action":
            return "slack shortcut", _joined(body, str(body.get("action_ts")))
        case _:
            return None


def click_id(body: dict[str, Any]) -> str:
    """A click's own name."""
    actions = body.get("actions") or [{}]
    return _joined(body, str(actions[0].get("action_ts")))


def _joined(body: dict[str, Any], at: str) -> str:
    team = body.get("team") or body.get("enterprise") or {}
    return ":".join((str(team.get("id")), str((body.get("user") or {}).get("id")), at))


def _name_team(body: dict[str, Any]) -> None:
    """Where an organisation installed the app, Slack may name no workspace: then it is meant."""
    if body.get("type") and "team" in body and not body["team"]:
        user, whole = body.get("user") or {}, body.get("enterprise") or {}
        body["team"] = {"id": user.get("team_id") or whole.get("id")}


def passes(error: Exception) -> bool:
    """Whether this trouble goes away by itself."""
    if isinstance(error, SlackApiError):
        return isinstance(refusal(error), Retry)
    return isinstance(error, Unavailable | ClientError | TimeoutError | OSError)

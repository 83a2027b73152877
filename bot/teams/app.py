"""Teams' way in: each activity is checked, kept or answered, and done once."""

import json
import logging
from collections.abc import Collection
from typing import Any

import httpx

from bot.inbox import Ended, Inbox, Name
from bot.teams import arrive, commands, dialogs, extension, incoming, invoke
from bot.teams.caller import Desk, admins_of
from bot.teams.connector import Connector
from bot.teams.incoming import Incoming
from bot.teams.refusals import refusal
from bot.teams.sdk import TIMEOUT, Sdk, Token
from bot.teams.send import TeamsChannel
from bot.teams.verify import Verifier
from engine.errors import Forbidden, Unauthorized, Unavailable
from service.channel import Retry
from service.context import Context

log = logging.getLogger(__name__)
_LARGEST_BODY = 262_144
_KEPT = ("message", "installationUpdate", "conversationUpdate")
"""What is a row before it is acknowledged; all else is answered while Teams waits."""
_INVOKES, _EXTENSION = ("adaptiveCard/action", "task/fetch", "task/submit"), "composeExtension/"
_OBJECTS = ("channelData", "conversation", "from", "recipient")


class TeamsApp:
    """Everything of Teams in one process."""

    def __init__(
        self,
        context: Context,
        *,
        client_id: str,
        client_secret: str | None = None,
        tenant_id: str | None = None,
        admins: Collection[str] = (),
        verifier: Verifier | None = None,
        token: Token | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._context = context
        self._verifier = verifier or Verifier(client_id)
        self._sdk = Sdk(
            client_id=client_id,
            client_secret=client_secret,
            tenant_id=tenant_id,
            token=token,
            timeout=timeout,
        )
        self.connector = Connector(self._sdk, self._verifier)
        self._desk = Desk(
            context=context,
            connector=self.connector,
            app_id=client_id,
            named=admins_of(admins),
        )
        self.channel = TeamsChannel(context, self.connector)
        self.inbox = Inbox(context, "teams", self._handle)

    async def start(self) -> None:
        """Be ready to be called."""
        await self._sdk.start(self._answer)

    async def catch_up(self) -> int:
        """Do what was acknowledged by a process that died before it was done."""
        return await self.inbox.catch_up()

    async def take(self, raw: bytes, authorization: str) -> tuple[int, Any]:
        """Answer one request: the status, and the body of the answer."""
        try:
            body = _body(raw)
            await self._verifier.check(authorization, body)
        except ValueError:
            return 400, {"error": "this is no activity"}
        except Unauthorized as error:
            log.warning("an activity was turned away: %s", error)
            return 401, {"error": "unauthorized"}
        except Forbidden as error:
            log.warning("an activity was turned away: %s", error)
            return 403, {"error": "forbidden"}
        except Unavailable as error:
            log.error("activities can't be checked: %s", error)
            return 503, {"error": "try again"}
        if body.get("type") not in (*_KEPT, "invoke"):
            return 200, None  # Nothing comes of it, and the SDK refuses those that it never saw.
        if body["type"] == "invoke" and not _answered(str(body.get("name"))):
            return 501, {"error": "not implemented"}
        return await self._sdk.take(body, authorization)

    async def _answer(self, body: Any) -> Any:
        """What goes back to Teams for one checked activity."""
        one = incoming.read(body)
        if one.type in _KEPT:
            await self.inbox.take((f"teams {one.type}", one.named), dict(body))
            return None
        if one.type != "invoke":
            return None
        match one.name:
            case "adaptiveCard/action":
                return await invoke.pressed(self._desk, one)
            case "task/fetch":
                return await dialogs.opened(self._desk, one)
            case "task/submit":
                return await dialogs.sent(self._desk, one)
            case name if name.startswith(_EXTENSION):
                return await extension.asked(self._desk, one)
        return None

    async def _handle(self, name: Name, body: dict[str, Any], attempts: int) -> Ended:
        """Do what was kept."""
        try:
            await self._do(incoming.read(body))
        except (Unavailable, httpx.HTTPError) as error:
            passing = not isinstance(error, httpx.HTTPError) or isinstance(refusal(error), Retry)
            if passing:
                log.warning("%s %s is tried again later: %s", *name, type(error).__name__)
                return Ended(later=type(error).__name__)
            log.warning("%s %s can't be answered: %s", *name, error)
            return Ended("refused")
        except Exception:  # Whatever it was, what else was sent must not wait for it.
            log.exception("handling %s %s failed", *name)
            return Ended("failed")
        return Ended()

    async def _do(self, one: Incoming) -> None:
        if one.type != "message":
            await arrive.changed(self._desk, one)
        elif one.value and not one.text:
            await self._pressed_before(one)
        else:
            await commands.answered(self._desk, one)

    async def _pressed_before(self, one: Incoming) -> None:
        """A press from a client that knows no other way than to send a message."""
        answer = await invoke.pressed(self._desk, one)
        card = answer["value"] if isinstance(answer["value"], dict) else None
        where = one.service_url, one.room
        if card is not None and one.reply_to:
            await self.connector.update(*where, one.reply_to, card, summary="")
        elif card is None:
            await self.connector.post(*where, None, summary=str(answer["value"]))


def _body(raw: bytes) -> dict[str, Any]:
    """An activity's JSON.

    Raises:
        ValueError: it is none, or larger than any.
    """
    if len(raw) > _LARGEST_BODY:
        raise ValueError("too large")
    try:
        body = json.loads(raw)
        if b"\\ud" in raw.lower():  # Half an emoji can be neither stored nor sent back.
            whole = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            body = json.loads(whole)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(body, dict):
        raise ValueError("no object")
    known = [body.get(name) for name in _OBJECTS]
    known.append((known[0] or {}).get("tenant") if _is_object(known[0]) else None)
    listed = [body.get(name) or [] for name in ("membersAdded", "membersRemoved")]
    if not all(isinstance(one, list) for one in listed):
        raise ValueError("another shape")
    if not all(map(_is_object, (*known, *listed[0], *listed[1]))):
        raise ValueError("another shape")
    return body


def _answered(name: str) -> bool:
    """Whether an invoke is one of those that `TeamsApp` has an answer to."""
    return name in _INVOKES or name.startswith(_EXTENSION)


def _is_object(value: Any) -> bool:
    return value is None or isinstance(value, dict)

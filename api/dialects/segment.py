"""Segment's messages, as its server libraries and RudderStack's send them.

`track` is usage: the account is `context.groupId`, or the last `group` of that user; the event
names the meter. `group`, `identify` and `alias` say who belongs where; the rest is accepted and
left. The answer is always success: what was not taken is in the reject log.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import post
from litestar.openapi.spec import RequestBody

from api.described import keyed
from api.dialects.wire import (
    JSON,
    Asked,
    Problem,
    body_of,
    decoded,
    failures,
    fields,
    reshaped,
    text,
)
from api.schema import takes
from engine.errors import Invalid
from service import belonging, translate
from service.amounts import LONGEST
from service.belonging import Same
from service.context import Context
from service.rejects import Refusal
from service.secrets import new_id
from service.translate import Foreign
from store.identities import Move

NAME = "segment"
ALONE = ("track", "identify", "group", "alias", "page", "screen")
_STEP = timedelta(minutes=1)
"""A clock's error is taken to the minute: the way here takes seconds, and each time others."""


class Where(msgspec.Struct, rename="camel"):
    """What of a message's context matters here."""

    group_id: str | int | None = None


class Message(msgspec.Struct, rename="camel"):
    """One message; unknown fields say nothing to us."""

    type: str | None = None
    message_id: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    event: str | None = None
    properties: msgspec.Raw = msgspec.Raw(b"")
    context: Where | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None

    @property
    def users(self) -> list[str]:
        """The names of its user, the surest first."""
        return [name for name in (text(self.user_id), text(self.anonymous_id)) if name]


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: Any = None


class Failure(msgspec.Struct):
    """An error in Segment's shape."""

    code: str
    message: str


class Success(msgspec.Struct):
    """Whatever could be read was."""

    success: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A message with its instant by our clock; `moved`: theirs is wrong."""

    index: int
    message: Message
    at: datetime | None
    moved: bool


_MESSAGE = msgspec.json.Decoder(Message)
_BATCH = msgspec.json.Decoder(_Batch)


def failure(problem: Problem) -> dict[str, Any]:
    """An error as Segment says it."""
    return {"code": problem.code, "message": problem.detail}


errors = reshaped(failure)


def routes(context: Context) -> list[Any]:
    """A batch of messages, and each kind alone."""
    body = takes(
        JSON, schema=_MANY_SCHEMA, examples={"a batch": {"batch": list(_EXAMPLES.values())}}
    )

    @post(
        "/v1/batch",
        summary="Segment: report messages (the SDKs of Segment and RudderStack work unchanged)",
        **_common(context, body),
    )
    async def batch(request: Asked) -> Success:
        return await run_sync(_many, context, await body_of(request))

    return [batch, *(_alone(context, kind) for kind in ALONE)]


def _common(context: Context, body: RequestBody) -> dict[str, Any]:
    asked = keyed(
        context, "ingest", basic=True, takes=body, gives=Success, answers=failures(Failure)
    )
    return {**asked, "exception_handlers": {Exception: errors}}


def _alone(context: Context, kind: str) -> Any:
    example = {name: value for name, value in _EXAMPLES[kind].items() if name != "type"}
    body = takes(JSON, schema=_SCHEMA, examples={f"a {kind}": example})

    @post(f"/v1/{kind}", summary=f"Segment: report one {kind} message", **_common(context, body))
    async def one(request: Asked) -> Success:
        body = await body_of(request)
        return await run_sync(_take, context, [msgspec.Raw(body)], None, kind)

    return one


def _many(context: Context, body: bytes) -> Success:
    sent: _Batch = decoded(_BATCH, body)
    return _take(context, sent.batch, sent.sent_at, None)


def _take(context: Context, items: list[msgspec.Raw], sent_at: Any, kind: str | None) -> Success:
    """Keep who belongs where, then count what was used."""
    now = context.clock.now()
    placed: list[_Placed] = []
    refused: list[Refusal] = []
    for index, item in enumerate(items):
        try:
            placed.append(_placed(index, item, kind, sent_at, now))
        except Invalid as error:
            refused.append(Refusal(index=index, code=error.code, detail=error.detail))
    said = [one for p in placed for one in _said(p, now)]
    tracks = [p for p in placed if p.message.type == "track"]
    users = {u for p in placed for u in (*p.message.users, text(p.message.previous_id)) if u}
    belong = belonging.told(context, users, said)
    events = []
    for track in tracks:
        try:
            events.append(_foreign(track, belong, now))
        except Invalid as error:
            refused.append(_refusal(track, error))
    translate.take(context, NAME, events, refused)
    return Success(success=True)


def _placed(
    index: int, item: msgspec.Raw, kind: str | None, sent_at: Any, now: datetime
) -> _Placed:
    message: Message = decoded(_MESSAGE, item)
    message.type = kind or message.type
    if message.type not in ALONE:
        raise Invalid(f"type: use one of {', '.join(ALONE)}", code="invalid_field")
    for name in ("user_id", "anonymous_id", "previous_id", "group_id"):
        if not _good(text(getattr(message, name))):
            raise Invalid(f"{name}: at most {LONGEST} printable characters", code="invalid_field")
    at = instant(message.original_timestamp or message.timestamp)
    wrong = skew(message.sent_at or sent_at, now) if at else timedelta(0)
    return _Placed(index=index, message=message, at=at and at + wrong, moved=bool(wrong))


def _good(name: str | None) -> bool:
    return name is None or (len(name) <= LONGEST and name.isprintable())


def skew(sent_at: Any, now: datetime) -> timedelta:
    """How far behind ours the client's clock is, to the minute; none where it can't be known."""
    try:
        sent = instant(sent_at) if isinstance(sent_at, str) else None
    except Invalid:
        return timedelta(0)
    return round((now - sent) / _STEP) * _STEP if sent else timedelta(0)


def instant(written: str | None) -> datetime | None:
    """An ISO 8601 time within a century or so; without an offset it is UTC.

    Raises:
        Invalid: it is none.
    """
    if not written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year < 2200:
        raise Invalid("timestamp: use ISO 8601, like 2026-03-01T12:00:00Z", code="invalid_at")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _said(placed: _Placed, now: datetime) -> list[Move | Same]:
    """Who belongs where, as one message says it."""
    message, at = placed.message, placed.at or now
    user, anonymous = text(message.user_id), text(message.anonymous_id)
    previous, group = text(message.previous_id), text(message.group_id)
    said: list[Move | Same] = []
    if message.type == "alias" and previous and user:
        said.append(Same(old=previous, new=user))
    if message.type == "identify" and anonymous and user:
        said.append(Same(old=anonymous, new=user))
    if message.type == "group" and group:
        said += [Move(user=name, at=at, account=group) for name in message.users]
    return said


def _foreign(track: _Placed, belong: belonging.Belonging, now: datetime) -> Foreign:
    message = track.message
    if not message.event:
        raise Invalid("event: this is missing", code="missing_field")
    named = text(message.context.group_id) if message.context else None
    account = named or belong.account(message.users, track.at or now)
    return Foreign(
        index=track.index,
        id=message.message_id or new_id("message"),
        names=(account,) if account else (),
        event=message.event,
        at=track.at,
        user=text(message.user_id),
        properties=fields(message.properties, "properties"),
        moved=track.moved,
    )


def _refusal(track: _Placed, error: Invalid) -> Refusal:
    return Refusal(
        index=track.index,
        code=error.code,
        detail=error.detail,
        name=track.message.event or "",
        id=track.message.message_id or "",
        at=track.at.isoformat() if track.at else "",
    )


_EXAMPLES: dict[str, dict[str, Any]] = {
    "group": {"type": "group", "userId": "mia", "groupId": "acme"},
    "track": {
        "type": "track",
        "messageId": "delivery-3001",
        "userId": "mia",
        "event": "reports",
        "properties": {"count": 3},
    },
    "identify": {"type": "identify", "userId": "mia", "anonymousId": "browser-7"},
    "alias": {"type": "alias", "previousId": "browser-7", "userId": "mia"},
    "page": {"type": "page", "userId": "mia", "context": {"groupId": "acme"}},
    "screen": {"type": "screen", "userId": "mia", "context": {"groupId": "acme"}},
}
_NAME = {"type": ["string", "integer", "null"]}
_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": list(ALONE)},
        "messageId": {"type": "string"},
        "userId": _NAME,
        "anonymousId": _NAME,
        "previousId": _NAME,
        "groupId": _NAME,
        "event": {"type": "string"},
        "properties": {"type": "object"},
        "context": {"type": "object", "properties": {"groupId": _NAME}},
        "timestamp": {"type": "string"},
        "originalTimestamp": {"type": "string"},
        "sentAt": {"description": "ISO 8601; what can't be read says nothing"},
    },
}
_MANY_SCHEMA = {
    "type": "object",
    "required": ["batch"],
    "properties": {
        "batch": {"type": "array", "items": _SCHEMA},
        "sentAt": {"description": "ISO 8601; what can't be read says nothing"},
        "writeKey": {"type": "string"},
    },
}

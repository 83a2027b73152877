"""The widget's routes: state, feedback, forward, undo, and its files."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Request, get, post
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from api.described import tokened
from api.fresh import NotModified
from api.schema import accepts
from api.shapes import Answered, Forwarded, Undone, WidgetState
from api.token import Bearer, bearer
from engine.alert import FeedbackKind
from engine.errors import Invalid, NotFound
from service import drafts, feedback, forward, links, recipients, state
from service.context import Context
from service.people import of_token

T = TypeVar("T")
_KEPT = r"^[^\x00]*$"
"""What every database keeps: anything but U+0000."""
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_KEPT)]
"""A name the widget gives to an answer, so that the same click counts once."""
_WIDGET = Path(__file__).parent.parent / "widget"
_BUILT = _WIDGET / "built"
_YEAR = 31_536_000


class Feedback(msgspec.Struct, forbid_unknown_fields=True):
    """An answer as the widget sends it; the same id twice is one answer."""

    id: Id
    kind: FeedbackKind
    until: date | None = None
    reason: Annotated[str, msgspec.Meta(max_length=500, pattern=_KEPT)] | None = None
    whole_account: bool = False


class Forward(msgspec.Struct, forbid_unknown_fields=True):
    """To whom the story goes: a stored person, or somebody new by e-mail."""

    id: Id
    to: Id | None = None
    role: Literal["manager", "finance"] = "manager"
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=_KEPT)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=200, pattern=_KEPT)] | None = None
    note: Annotated[str, msgspec.Meta(pattern=_KEPT)] = ""


class Undo(msgspec.Struct, forbid_unknown_fields=True):
    """Which answer or forward is taken back."""

    id: Id


def routes(context: Context, secret: str | None) -> list[Any]:
    """Every route of the widget but the stream."""
    who = bearer(context, secret)

    @get(
        "/v1/widget/state",
        summary="Meters and the one current alert",
        sync_to_thread=True,
        **tokened(gives=WidgetState, refuses=(404,)),
    )
    def current(request: Request[Any, Any, Any]) -> dict[str, Any]:
        visitor = who(request)
        return state.of(context, visitor.account, visitor.sub)

    @post(
        "/v1/widget/alerts/{alert:str}/feedback",
        summary="An answer to an alert",
        **tokened(
            takes=accepts(Feedback, examples={"not now": {"id": "f1", "kind": "snoozed"}}),
            gives=Answered,
            refuses=(404, 409),
        ),
    )
    async def answer(request: Request[Any, Any, Any], alert: FromPath[str]) -> dict[str, Any]:
        visitor = await asyncio.to_thread(who, request)
        given = body(await request.body(), Feedback)
        return await asyncio.to_thread(_answer, context, visitor, alert, given)

    @post(
        "/v1/widget/alerts/{alert:str}/forward",
        summary="Pass the story on",
        **tokened(
            takes=accepts(Forward, examples={"to the manager": {"id": "s1", "to": "tomas"}}),
            gives=Forwarded,
            refuses=(404, 409, 429),
        ),
    )
    async def pass_on(request: Request[Any, Any, Any], alert: FromPath[str]) -> dict[str, Any]:
        visitor = await asyncio.to_thread(who, request)
        wanted = body(await request.body(), Forward)
        return await asyncio.to_thread(_forward, context, visitor, alert, wanted)

    @post(
        "/v1/widget/alerts/{alert:str}/undo",
        summary="Take it back",
        **tokened(
            takes=accepts(Undo, examples={"an answer": {"id": "f1"}}),
            gives=Undone,
            refuses=(404,),
        ),
    )
    async def undo(request: Request[Any, Any, Any], alert: FromPath[str]) -> dict[str, Any]:
        visitor = await asyncio.to_thread(who, request)
        wanted = body(await request.body(), Undo)
        return await asyncio.to_thread(_undo, context, visitor, alert, wanted.id)

    # The name of a part tells its content, so it never changes.
    parts = CacheControlHeader(max_age=_YEAR, public=True, immutable=True)
    loader = CacheControlHeader(max_age=300, public=True)
    files = [
        _files("/widget/v1", _BUILT, loader),
        _files("/widget/v1/parts", _BUILT / "parts", parts),
    ]
    return [current, answer, pass_on, undo, *files]


def _files(path: str, folder: Path, kept: CacheControlHeader) -> Any:
    return create_static_files_router(
        path=path,
        directories=[folder],
        cache_control=kept,
        include_in_schema=False,
        middleware=[
            NotModified(),
            DefineMiddleware(CompressionMiddleware, config=CompressionConfig("gzip")),
        ],
    )


def body(raw: bytes, shape: type[T]) -> T:
    """A request's JSON as `shape`; Invalid says which field is wrong."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        pointer = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
        raise Invalid(text, pointer=pointer) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}") from None


def _answer(context: Context, visitor: Bearer, alert: str, given: Feedback) -> dict[str, Any]:
    _may_see(context, visitor, alert)
    result = feedback.record(
        context,
        id=f"{visitor.sub}/{given.id}",
        account=visitor.account,
        alert=alert,
        person=of_token(context, visitor.account, visitor.sub),
        kind=given.kind,
        channel="widget",
        until=given.until,
        reason=given.reason,
        whole_account=given.whole_account,
    )
    return {
        "id": given.id,
        "kind": given.kind,
        "returns": result.returns.isoformat() if result.returns else None,
        "undo_seconds": int(feedback.UNDO.total_seconds()),
    }


def _forward(context: Context, visitor: Bearer, alert: str, wanted: Forward) -> dict[str, Any]:
    _may_see(context, visitor, alert)
    to = wanted.to
    if to is None:
        to = recipients.add(
            context,
            account=visitor.account,
            role=wanted.role,
            email=wanted.email,
            name=wanted.name,
            champion=visitor.sub,
        )
    sent = forward.start(
        context,
        account=visitor.account,
        alert=alert,
        champion=visitor.sub,
        to=to,
        note=wanted.note,
    )
    answer = {
        "forward": sent.id,
        "to_name": sent.to_name,
        "channel": sent.channel,
        "undo_seconds": int(forward.WAIT.total_seconds()),
        "state": sent.state,
    }
    if sent.by == visitor.sub:  # Somebody else's is nobody's to answer for.
        answer["preview"] = links.sender(context, visitor.account, sent.case)
    if sent.without_note:
        answer["note"] = "without_note"
    if sent.state == "draft":
        answer["mailto"] = drafts.letter(context, account=visitor.account, id=sent.id)
    return answer


def _undo(context: Context, visitor: Bearer, alert: str, id: str) -> dict[str, Any]:
    if id.startswith("forward_"):
        done = forward.undo(
            context, account=visitor.account, forward=id, person=visitor.sub, alert=alert
        )
    else:
        done = feedback.undo(
            context,
            account=visitor.account,
            id=f"{visitor.sub}/{id}",
            person=visitor.sub,
            alert=alert,
        )
    return {"id": id, "undone": done}


def _may_see(context: Context, visitor: Bearer, alert: str) -> None:
    if not state.may_see(context, visitor.account, visitor.sub, alert):
        raise NotFound(f"there is no alert {alert!r} for you")

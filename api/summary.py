"""A summary that was mailed, for whom it was mailed to: a page with no login, and its forms."""

from asyncio import to_thread
from datetime import date
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api import page
from api.guesses import Guesses
from engine.alert import FeedbackKind
from engine.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany
from service import summary
from service.context import Context

_LARGEST = 16 * 1024
_FIELDS = ("id", "until", "to", "note", "email", "name", "role")


def routes(context: Context) -> list[Any]:
    """The page, and what its forms do; a GET does nothing."""
    guesses = Guesses()

    @get("/summary/{sealed:str}", include_in_schema=False)
    async def shown(
        request: Request[Any, Any, Any],
        sealed: FromPath[str],
        told: FromQuery[str] = "",
        lang: FromQuery[str] = "",
    ) -> Response[str]:
        found = await to_thread(summary.page, context, sealed, told=told, language=lang)
        if found.status == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return page.answer(found, forms=True)

    @post(
        "/summary/{sealed:str}/{what:str}",
        include_in_schema=False,
        request_max_body_size=_LARGEST,
    )
    async def done(
        request: Request[Any, Any, Any], sealed: FromPath[str], what: FromPath[str]
    ) -> Response[Any]:
        form = await request.form()
        said = {name: page.said(form, name) for name in _FIELDS}
        answered = await to_thread(_done, context, sealed, what, said)
        if answered.status_code == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return answered

    return [shown, done]


def _done(context: Context, sealed: str, what: str, said: dict[str, str]) -> Response[Any]:
    """Do it, and lead to a page that can be loaded again without doing it twice."""
    looked = summary.page(context, sealed)
    if looked.status != HTTPStatus.OK:
        return page.answer(looked, forms=True)
    told = _tried(context, sealed, what, said)
    return Redirect(f"/summary/{sealed}" + (f"?told={told}" if told else ""), status_code=303)


def _tried(context: Context, sealed: str, what: str, said: dict[str, str]) -> str:
    """What could not be done, as the page has a word for it."""
    try:
        match what:
            case "forward" if said["to"]:
                summary.pass_on(context, sealed, said["to"], said["note"])
            case "forward":
                new = {name: said[name] for name in ("email", "name", "role", "note")}
                summary.pass_on_to_new(context, sealed, **new)
            case "undo":
                return "" if summary.undo(context, sealed, said["id"]) else "late"
            case _:
                kind, until = _kind(what), _day(said["until"])
                summary.answer(context, sealed, kind, number=said["id"], until=until)
    except Invalid as error:
        return "note" if error.pointer == "/note" else "wrong"
    except Forbidden:
        return "outside"
    except TooMany:
        return "many"
    except (NotFound, Gone, Conflict):
        return "over"
    return ""


def _kind(what: str) -> FeedbackKind:
    try:
        return FeedbackKind(what)
    except ValueError:
        raise Invalid("this can't be answered here", pointer="/kind") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("write the date as year-month-day", pointer="/until") from None

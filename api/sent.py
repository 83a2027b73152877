"""What was passed on, for who passed it on: a page with no login, and its two forms."""

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api import page
from api.guesses import Guesses
from engine.errors import Conflict, Gone, Invalid, NotFound
from service import sent
from service.context import Context
from service.refused import refused


def routes(context: Context) -> list[Any]:
    """The page, and taking the link back or sending the case anew."""

    guesses = Guesses()

    @get("/case/sent/{sealed:str}", include_in_schema=False)
    async def shown(
        request: Request[Any, Any, Any], sealed: FromPath[str], lang: FromQuery[str] = ""
    ) -> Response[str]:
        here = await asyncio.to_thread(sent.page, context, sealed, language=lang)
        if here.status == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return page.answer(here, forms=True)

    @post("/case/sent/{sealed:str}/{what:str}", include_in_schema=False)
    async def done(
        request: Request[Any, Any, Any], sealed: FromPath[str], what: FromPath[str]
    ) -> Response[Any]:
        text = page.said(await request.form(), "text")
        answered = await asyncio.to_thread(_do, context, sealed, what, text)
        if answered.status_code == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return answered

    return [shown, done]


def _do(context: Context, sealed: str, what: str, text: str) -> Response[Any]:
    """Leads to where to look afterwards; what was not done is said at once."""
    here = f"/case/sent/{sealed}"
    try:
        match what:
            case "withdraw":
                sent.withdraw(context, sealed)
            case "reply":
                sent.replied(context, sealed, text)
            case "again":
                here = sent.again(context, sealed)
    except (Conflict, Invalid) as error:
        status = 400 if isinstance(error, Invalid) else 409
        why = refused(what, error, {"text": text})
        return page.answer(sent.page(context, sealed, status=status, refused=why), forms=True)
    except (NotFound, Gone):
        return page.answer(sent.page(context, sealed), forms=True)
    return Redirect(here, status_code=303)

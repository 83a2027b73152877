"""What was passed on, for who passed it on: a page with no login, and its two forms."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api import page
from engine.errors import Conflict, Gone, Invalid, NotFound
from service import sent
from service.context import Context


def routes(context: Context) -> list[Any]:
    """The page, and taking the link back or sending the case anew."""

    @get("/case/sent/{sealed:str}", include_in_schema=False, sync_to_thread=True)
    def shown(sealed: FromPath[str], lang: FromQuery[str] = "") -> Response[str]:
        return page.answer(sent.page(context, sealed, language=lang), forms=True)

    @post("/case/sent/{sealed:str}/{what:str}", include_in_schema=False)
    async def done(
        request: Request[Any, Any, Any], sealed: FromPath[str], what: FromPath[str]
    ) -> Response[Any]:
        text = page.said(await request.form(), "text")
        here = await asyncio.to_thread(_do, context, sealed, what, text)
        return Redirect(here, status_code=303)

    return [shown, done]


def _do(context: Context, sealed: str, what: str, text: str) -> str:
    """Says where to look afterwards; what can't be done is seen there too."""
    with suppress(NotFound, Gone, Conflict, Invalid):
        match what:
            case "withdraw":
                sent.withdraw(context, sealed)
            case "reply":
                sent.replied(context, sealed, text)
            case "again":
                return sent.again(context, sealed)
    return f"/case/sent/{sealed}"

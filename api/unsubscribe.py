"""The way out of e-mails, without a login: a page with one button, and RFC 8058's one click."""

from asyncio import to_thread
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from api import page
from service import unsubscribe
from service.context import Context

_LARGEST = 16 * 1024
_PATH = "/unsubscribe/{token:str}"


def routes(context: Context) -> list[Any]:
    """The page, and its answer: a mail program posts there, too, and must not be led elsewhere."""

    @get(_PATH, include_in_schema=False)
    async def asked(token: FromPath[str]) -> Response[str]:
        return page.answer(await to_thread(unsubscribe.page, context, token), forms=True)

    @post(_PATH, include_in_schema=False, status_code=200, request_max_body_size=_LARGEST)
    async def said(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        form = await request.form()
        again = form.get("again") == "1"
        shown = await to_thread(unsubscribe.answer, context, token, again=again)
        return page.answer(shown, forms=True)

    return [asked, said]

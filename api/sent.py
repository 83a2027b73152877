"""What was passed on, for who passed it on: a page with no login, and its two forms."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from api import page
from engine.errors import Conflict, Gone, NotFound
from service import sent
from service.context import Context


def routes(context: Context) -> list[Any]:
    """The page, and taking the link back or sending the case anew."""

    @get("/case/sent/{sealed:str}", include_in_schema=False, sync_to_thread=True)
    def shown(sealed: FromPath[str]) -> Response[str]:
        return page.answer(sent.page(context, sealed), forms=True)

    @post("/case/sent/{sealed:str}/{what:str}", include_in_schema=False, sync_to_thread=True)
    def done(sealed: FromPath[str], what: FromPath[str]) -> Response[Any]:
        here = f"/case/sent/{sealed}"
        try:
            if what == "withdraw":
                sent.withdraw(context, sealed)
            elif what == "again":
                here = sent.again(context, sealed)
        except (NotFound, Gone, Conflict):
            pass  # The page says where it stands.
        return Redirect(here, status_code=303)

    return [shown, done]

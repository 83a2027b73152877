"""An account's last months behind a link that an admin got: a page with no login and no script."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from api import page
from service import timeline
from service.context import Context


def routes(context: Context) -> list[Any]:
    """The page."""

    @get("/timeline/{token:str}", include_in_schema=False, sync_to_thread=True)
    def shown(token: FromPath[str]) -> Response[str]:
        return page.answer(timeline.page(context, token))

    return [shown]

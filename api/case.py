"""The business case behind a link: a page with no login, its chart, and its three answers."""

import asyncio
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api import page
from engine.errors import Gone, Invalid, NotFound
from service import answer, case, preview, replayed
from service.context import Context

FIELDS = ("name", "question", "reason", "not_before")


def routes(context: Context) -> list[Any]:
    """The page, the chart and the answers."""

    @get("/case/{token:str}", include_in_schema=False, sync_to_thread=True)
    def opened(token: FromPath[str], answered: FromQuery[str] = "") -> Response[str]:
        return page.answer(case.page(context, token, answered=answered), forms=True)

    @get("/case/preview/{sealed:str}", include_in_schema=False, sync_to_thread=True)
    def looked_at(sealed: FromPath[str]) -> Response[str]:
        return page.answer(case.preview(context, sealed))

    @get("/chart/{name:str}", include_in_schema=False, sync_to_thread=True)
    def chart(name: FromPath[str]) -> Response[bytes]:
        png = case.chart_png(context, name.removesuffix(".png"))
        return Response(
            png, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"}
        )

    @get("/chart/replay/{name:str}", include_in_schema=False, sync_to_thread=True)
    def replay(name: FromPath[str]) -> Response[bytes]:
        png = replayed.chart(context, name)
        return Response(
            png, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"}
        )

    @get("/chart/preview/{name:str}", include_in_schema=False, sync_to_thread=True)
    def previewed(name: FromPath[str]) -> Response[bytes]:
        png = preview.chart_png(context, name.removesuffix(".png"))
        return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})

    @post("/case/{token:str}/{kind:str}", include_in_schema=False)
    async def respond(
        request: Request[Any, Any, Any], token: FromPath[str], kind: FromPath[str]
    ) -> Response[Any]:
        form = await request.form()
        given = {name: str(form.get(name) or "") for name in FIELDS}
        return await asyncio.to_thread(_respond, context, token, kind, given)

    return [opened, looked_at, chart, replay, previewed, respond]


def _respond(context: Context, token: str, kind: str, given: dict[str, str]) -> Response[Any]:
    """Record an answer and lead to a page that can be reloaded without answering twice."""
    try:
        answer.by_link(
            context,
            token=token,
            kind=kind,
            text=given["question"] or given["reason"],
            name=given["name"],
            until=_day(given["not_before"]),
        )
    except (NotFound, Gone):
        return page.answer(case.page(context, token), forms=True)
    except Invalid:
        return page.answer(case.page(context, token, status=400), forms=True)
    return Redirect(f"/case/{token}?answered={kind}", status_code=303)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("write the date as year-month-day", pointer="/until") from None

"""The business case behind a link: a page with no login, its chart, and its three answers."""

import asyncio
from datetime import date
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get, head, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from api import looking, page
from api.guesses import Guesses
from engine.errors import Gone, Invalid, NotFound
from service import answer, case, preview, replayed
from service.context import Context
from service.press import Press
from service.refused import refused
from templates.case_view import Refusal

_PDF = ".pdf"
FIELDS = ("name", "question", "reason", "not_before")


def routes(context: Context) -> list[Any]:
    """The page, the chart and the answers."""
    guesses, press = Guesses(), Press()

    @get("/case/{token:str}", include_in_schema=False)
    async def opened(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        answered: FromQuery[str] = "",
        lang: FromQuery[str] = "",
    ) -> Response[Any]:
        if token.endswith(_PDF):
            try:
                return await _pdf(press, context, token.removesuffix(_PDF), lang)
            except NotFound:
                guesses.wrong(request)
                raise
        looks = not answered and looking.person(request.headers)
        shown = await asyncio.to_thread(
            case.page, context, token, answered=answered, language=lang, looks=looks
        )
        if shown.status == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return page.answer(shown, forms=True)

    @head("/case/{token:str}", include_in_schema=False)
    async def looked_up(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[None]:
        shown = page.answer(await asyncio.to_thread(case.page, context, token))
        if shown.status_code == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return Response(None, status_code=shown.status_code, headers=shown.headers)

    @get("/chart/{name:str}", include_in_schema=False, sync_to_thread=True)
    def chart(name: FromPath[str]) -> Response[bytes]:
        png = case.chart_png(context, name.removesuffix(".png"))
        return Response(png, media_type="image/png", headers={"Cache-Control": "no-store"})

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
        given = {name: page.said(form, name) for name in FIELDS}
        answered = await asyncio.to_thread(_respond, context, token, kind, given)
        if answered.status_code == HTTPStatus.NOT_FOUND:
            guesses.wrong(request)
        return answered

    return [opened, looked_up, chart, replay, previewed, respond]


async def _pdf(press: Press, context: Context, token: str, language: str) -> Response[bytes]:
    made = await press.pdf(context, token, language=language)
    headers = {**page.PRIVATE, "Content-Disposition": 'inline; filename="case.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


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
    except NotFound:
        return page.answer(case.page(context, token), forms=True)
    except Gone as error:
        if kind != "question":  # The page itself says what was decided.
            return page.answer(case.page(context, token), forms=True)
        why = refused(kind, error, given)
        return page.answer(case.page(context, token, status=409, refused=why), forms=True)
    except Invalid as error:
        why = refused(kind, error, given)
        return page.answer(case.page(context, token, status=400, refused=why), forms=True)
    return Redirect(f"/case/{token}?answered={kind}", status_code=303)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(
            "write the date as year-month-day", pointer="/until", code=Refusal.NO_DATE
        ) from None

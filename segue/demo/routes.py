"""The demo's own routes: its page, its controls, the sample app and the stand-in Slack."""

import html
from string import Template
from typing import Any
from urllib.parse import parse_qsl

from litestar import MediaType, Request, Response, get, post, route
from litestar.static_files import create_static_files_router

from api import token
from engine.errors import Invalid, NotFound
from segue.demo import clicks, view, world
from segue.demo.app import overview
from segue.demo.live import Live
from segue.demo.workspace import Refused, team_of, values_of
from segue.demo.world import Actor, Player

STATIC = world.HERE / "static"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_APP_POLICY = _PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_HIDDEN: dict[str, Any] = {"include_in_schema": False}


def routes(live: Live) -> list[Any]:
    """Everything that is there only in the demo."""
    files = create_static_files_router(
        path="/demo/static", directories=[STATIC], cache_control=None, include_in_schema=False
    )
    return [files, *_page(live), *_controls(live), *_sample_app(live), *_slack(live)]


def _page(live: Live) -> list[Any]:
    @get("/", sync_to_thread=True, **_HIDDEN)
    def page() -> Response[str]:
        return _html((STATIC / "index.html").read_text("utf-8"), _PAGE_POLICY)

    @get("/demo/state", sync_to_thread=True, **_HIDDEN)
    def state(account: str = world.HERO.id) -> Response[dict[str, Any]]:
        shown = view.state(live, _player(account).id)
        return Response(shown, headers={"Cache-Control": "no-store"})

    @get("/demo/mail/{mail:str}", sync_to_thread=False, **_HIDDEN)
    def mail(mail: str) -> Response[str]:
        found = live.mailbox.find(mail)
        if found is None:
            raise NotFound("there is no such mail")
        return _html(found.html.replace("<head>", '<head><base target="_blank">', 1), _MAIL_POLICY)

    return [page, state, mail]


def _controls(live: Live) -> list[Any]:
    @post("/demo/control", status_code=204, **_HIDDEN)
    async def control(request: Request[Any, Any, Any]) -> None:
        wanted = await _json(request)
        assert live.pace is not None
        live.pace.control(str(wanted.get("action")), wanted.get("speed"))

    @post("/demo/click", status_code=204, **_HIDDEN)
    async def click(request: Request[Any, Any, Any]) -> None:
        wanted = await _json(request)
        message = live.workspaces.post_at(str(wanted.get("message")))
        found = clicks.element_of(message, str(wanted.get("action_id"))) if message else None
        if message is None or found is None:
            raise NotFound("this button is gone")
        _touch(live)
        element, block = found
        await clicks.press(live.doors, message, element, block)

    @post("/demo/submit", status_code=200, **_HIDDEN)
    async def submit(request: Request[Any, Any, Any]) -> dict[str, Any]:
        wanted = await _json(request)
        member = live.workspaces.member(str(wanted.get("member")))
        if wanted.get("close") or member.id not in live.workspaces.modals:
            live.workspaces.modals.pop(member.id, None)
            return {"errors": {}}
        _touch(live)
        answers = wanted.get("answers", {})
        return {"errors": await clicks.submit(live.doors, live.workspaces, member, answers)}

    return [control, click, submit]


def _sample_app(live: Live) -> list[Any]:
    secret = str(live.settings.widget_secret)

    @get("/demo/app", sync_to_thread=True, **_HIDDEN)
    def app(account: str, person: str = "") -> Response[str]:
        player, actor = _who(account, person)
        signed = token.issue(secret, account=player.id, sub=actor.id)
        values = {
            "account": player.id,
            "account_name": player.name,
            "person": actor.id,
            "person_name": actor.name,
            "initials": "".join(part[0] for part in actor.name.split()[:2]),
            "title": actor.title,
            "token": signed,
        }
        page = Template((STATIC / "app.html").read_text("utf-8"))
        shown = page.substitute({k: html.escape(v, quote=True) for k, v in values.items()})
        return _html(shown, _APP_POLICY)

    @get("/demo/app/data", sync_to_thread=True, **_HIDDEN)
    def data(account: str) -> Response[dict[str, Any]]:
        shown = overview(live.context, _player(account))
        return Response(shown, headers={"Cache-Control": "no-store"})

    @get("/demo/app/token", media_type=MediaType.TEXT, sync_to_thread=False, **_HIDDEN)
    def fresh(account: str, person: str) -> str:
        player, actor = _who(account, person)
        return token.issue(secret, account=player.id, sub=actor.id)

    return [app, data, fresh]


def _slack(live: Live) -> list[Any]:
    @route("/demo/slack/api/{method:str}", http_method=["GET", "POST"], status_code=200, **_HIDDEN)
    async def call(request: Request[Any, Any, Any], method: str) -> dict[str, Any]:
        body = await request.body()
        form = dict(request.query_params) | dict(parse_qsl(body.decode("utf-8", "replace")))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            team = team_of(bearer or form.get("token", ""))
            values = values_of(request.headers.get("content-type", ""), body, form)
            return {"ok": True, **live.workspaces.call(method, team, values)}
        except Refused as error:
            return {"ok": False, "error": str(error)}

    @post("/demo/slack/reply/{member:str}/{message:str}", status_code=200, **_HIDDEN)
    async def reply(request: Request[Any, Any, Any], member: str, message: str) -> str:
        live.workspaces.whisper(
            live.workspaces.member(member), await request.json(), instead_of=message
        )
        return "ok"

    return [call, reply]


async def _json(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The body of a page's own request; another site can't send JSON here without asking."""
    if "application/json" not in request.headers.get("content-type", ""):
        raise Invalid("send JSON")
    body = await request.json()
    return body if isinstance(body, dict) else {}


def _touch(live: Live) -> None:
    if live.pace is not None:
        live.pace.touch()


def _player(account: str) -> Player:
    found = next((p for p in world.PLAYERS if p.id == account), None)
    if found is None:
        raise NotFound(f"there is no account {account!r}")
    return found


def _who(account: str, person: str) -> tuple[Player, Actor]:
    player = _player(account)
    return player, next((a for a in player.people if a.id == person), player.champion)


def _html(text: str, policy: str) -> Response[str]:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return Response(text, media_type=MediaType.HTML, headers=headers)

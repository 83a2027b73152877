"""Stands before the Slack emulator: checks payloads as Slack would, records, injects faults."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from aiohttp import ClientSession, WSMsgType, web
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

_LIMITS = {"text": 40_000, "blocks": 50, "view": 100, "chars": 13_200}
_IMAGE_KEYS = {"type", "block_id", "image_url", "alt_text", "title"}
_MESSAGES = ("chat.postMessage", "chat.update", "chat.postEphemeral")


@dataclass
class Call:
    """One call of the Web API, or one reply to a response_url (method "response")."""

    method: str
    body: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fault:
    """The next call of `method` gets this instead of the emulator's answer."""

    method: str
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    text: str | None = None
    answer: dict[str, Any] | None = None
    lost: bool = False
    """Slack does what it is asked, and nobody hears of it."""
    user: dict[str, Any] | None = None
    """Instead of a refusal: the emulator's user, with this changed."""


class SlackProxy:
    """A real HTTP server; `api_url` is what the product is configured with."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.problems: list[str] = []
        self.resting: dict[str, dict[str, Any]] = {}
        self.zones: dict[str, str] = {}
        self.envelopes: list[dict[str, Any]] = []
        self.acknowledged: list[str] = []
        self._runner: web.AppRunner | None = None
        self.address = ""

    @property
    def api_url(self) -> str:
        return f"{self.address}/api/"

    @property
    def response_url(self) -> str:
        return f"{self.address}/response/T/1"

    def of(self, method: str) -> list[Call]:
        return [c for c in self.calls if c.method == method]

    async def replies(self, count: int = 1, method: str = "response") -> list[dict[str, Any]]:
        """What was answered, once `count` answers are there."""
        for _ in range(200):
            if len(self.of(method)) >= count:
                break
            await asyncio.sleep(0.02)
        return [c.body for c in self.of(method)]

    async def start(self) -> None:
        app = web.Application(client_max_size=5_000_000)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{tail:.*}", self._response)
        app.router.add_get("/socket", self._socket)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method, raw = request.match_info["method"], await request.read()
        raw = raw or request.query_string.encode()  # The emulator knows POST alone.
        call = Call(method, _parsed(request.content_type, raw))
        self.calls.append(call)
        fault = next((f for f in self.faults if f.method == method), None)
        if fault:
            self.faults.remove(fault)
            if fault.user is None and not fault.lost:
                return await _failing(fault)
        found = problems_of(method, call.body)
        if found:
            self.problems += found
            return web.json_response({"ok": False, "error": "invalid_blocks", "errors": found})
        call.answer = await self._answered(method, request, raw, call.body)
        if fault and fault.lost:
            assert request.transport is not None
            request.transport.abort()  # Slack took it, and its answer never arrives.
        if fault and fault.user:
            call.answer["user"] |= fault.user
        return web.json_response(call.answer)

    async def _answered(
        self, method: str, request: web.Request, raw: bytes, body: dict[str, Any]
    ) -> dict[str, Any]:
        """The emulator's answer, and what it lacks: rest, unfurls, connections, time zones."""
        if method == "dnd.info":
            return {"ok": True, **self.resting.get(body["user"], {"dnd_enabled": False})}
        if method == "chat.unfurl":
            return {"ok": True}
        if method == "apps.connections.open":
            return {"ok": True, "url": self.address.replace("http", "ws") + "/socket"}
        answer = await self._forward(method, request, raw)
        if method == "users.info" and answer.get("ok"):
            answer["user"]["tz"] = self.zones.get(body["user"])
        return answer

    async def _forward(self, method: str, request: web.Request, raw: bytes) -> dict[str, Any]:
        kind = "application/x-www-form-urlencoded"
        headers = {"Content-Type": request.headers.get("Content-Type", kind)}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        url = f"{self.upstream}/api/{method}"
        async with (
            ClientSession() as session,
            session.post(url, data=raw, headers=headers) as answer,
        ):
            found: dict[str, Any] = await answer.json()
            return found

    async def _response(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.calls.append(Call("response", body))
        self.problems += problems_of("chat.postMessage", body)
        return web.Response(text="ok")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        """Socket Mode: sends what is in `envelopes`, and keeps what is acknowledged."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        for envelope in self.envelopes:
            await socket.send_json(envelope)
        async for message in socket:
            if message.type is WSMsgType.TEXT and "envelope_id" in message.data:
                self.acknowledged.append(json.loads(message.data)["envelope_id"])
        return socket


async def _failing(fault: Fault) -> web.Response:
    await asyncio.sleep(fault.delay)
    if fault.text is not None:
        return web.Response(status=fault.status, text=fault.text, headers=fault.headers)
    answer = fault.answer or {"ok": False, "error": fault.error}
    return web.json_response(answer, status=fault.status, headers=fault.headers)


def problems_of(method: str, body: dict[str, Any]) -> list[str]:
    """Everything Slack would refuse in a payload, and everything in it that would ping or link."""
    found: list[str] = []
    blocks = body.get("blocks") or []
    if method in _MESSAGES:
        if not body.get("text"):
            found.append("no fallback text")
        found += _text_problems(body.get("text") or "", "text")
        if len(body.get("text") or "") > _LIMITS["text"]:
            found.append("text too long")
        if len(blocks) > _LIMITS["blocks"]:
            found.append("too many blocks")
        if len(json.dumps(blocks, ensure_ascii=False)) > _LIMITS["chars"]:
            found.append("msg_blocks_too_long")
        found += block_problems(blocks)
    if method.startswith("views."):
        found += view_problems(body["view"])
    return found


def view_problems(view: dict[str, Any]) -> list[str]:
    """Problems of a modal."""
    found = block_problems(view.get("blocks", []))
    if len(view.get("blocks", [])) > _LIMITS["view"]:
        found.append("too many blocks in the view")
    for part in ("title", "submit", "close"):
        text = view.get(part)
        if text and (text["type"] != "plain_text" or len(text["text"]) > 24):
            found.append(f"{part} of the view is too long or not plain")
    try:
        View(**view).to_dict()
    except Exception as error:
        found.append(f"view: {error}")
    return found


def block_problems(blocks: list[dict[str, Any]]) -> list[str]:
    """Problems of a list of blocks."""
    found: list[str] = []
    try:
        parsed = Block.parse_all(blocks)
        if any(b is None for b in parsed):
            found.append("unknown type of block")
        for block in parsed:
            block.to_dict()
    except Exception as error:
        found.append(f"blocks: {error}")
    names = [b.get("block_id") for b in blocks if b.get("block_id")]
    if len(names) != len(set(names)):
        found.append("a block_id is there twice")
    clicks = [e.get("action_id") for e in _elements(blocks)]
    if len(clicks) != len(set(clicks)):
        found.append("an action_id is there twice")
    for block in blocks:
        if block["type"] == "header" and block["text"]["type"] != "plain_text":
            found.append("a header must be plain text")
        if block["type"] == "image" and set(block) - _IMAGE_KEYS:
            found.append(f"additional properties of an image: {set(block) - _IMAGE_KEYS}")
        if block["type"] == "context" and not 1 <= len(block["elements"]) <= 10:
            found.append("context needs 1 to 10 elements")
        if len(block.get("block_id", "")) > 255:
            found.append("block_id too long")
    for text in texts_of(blocks):
        found += _text_problems(text["text"], text["type"])
        if len(text["text"]) > 3000:
            found.append("text object too long")
    for element in _elements(blocks):
        found += _element_problems(element)
    return found


def _element_problems(element: dict[str, Any]) -> list[str]:
    found = []
    if len(element.get("value", "")) > 2000 or len(element.get("action_id", "")) > 255:
        found.append("value or action_id too long")
    if element.get("type") == "button" and len(element["text"]["text"]) > 75:
        found.append("label too long")
    if element.get("style"):
        found.append("a button is coloured: all have the same weight")
    return found


def _text_problems(text: str, kind: str) -> list[str]:
    """Raw angle brackets are the only way to ping or to link."""
    if "<" in text or ">" in text:
        return [f"unescaped control character in {kind}: {text[:80]!r}"]
    if not text.strip():
        return [f"empty {kind}"]
    return []


def texts_of(part: Any) -> list[dict[str, Any]]:
    """Every text object, wherever it is."""
    if isinstance(part, list):
        return [t for p in part for t in texts_of(p)]
    if not isinstance(part, dict):
        return []
    if part.get("type") in ("plain_text", "mrkdwn"):
        return [part]
    return [t for p in part.values() for t in texts_of(p)]


def _elements(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every interactive element."""
    found = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    found += [b["accessory"] for b in blocks if "accessory" in b]
    return found + [b["element"] for b in blocks if "element" in b]


def _parsed(content_type: str, raw: bytes) -> dict[str, Any]:
    if content_type == "application/json":
        body: dict[str, Any] = json.loads(raw)
        return body
    fields = {k: v[0] for k, v in parse_qs(raw.decode()).items()}
    for key in ("blocks", "view", "metadata", "unfurls"):
        if key in fields:
            fields[key] = json.loads(fields[key])
    return fields

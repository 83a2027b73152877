"""The widget's side of the contract, spoken over real HTTP and SSE by the standard library."""

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

_WIDGET = Path(__file__).parents[2] / "widget"
WIDGET = (_WIDGET / "built", _WIDGET / "v1")
"""What vendors load, and for tests of one module the modules themselves."""
TYPES = {".js": "text/javascript; charset=utf-8", ".ts": "text/plain; charset=utf-8"}
CORS = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Max-Age": "600",
}
DONE = "done"

Json = dict[str, Any]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, handler: "type[_Handler]") -> None:
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def kill(self) -> None:
        """Stop as a crash would: kept-alive connections and streams end too."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Site:
    """A server that can be stopped and started again on its port."""

    def __init__(self, handler: type[_Handler]) -> None:
        self._handler = handler
        self._server: _Server | None = None
        self.port = 0
        self.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = _Server(self.port, self._handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.kill()
            self._server = None


@dataclass
class Page:
    """One page of the vendor's app."""

    html: str
    headers: dict[str, str] = field(default_factory=dict)


class Host(_Site):
    """The vendor's own app, on another origin than Segue."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        host = self

        class Handler(_Handler):
            def do_GET(self) -> None:
                page = host.pages.get(self.path)
                if page is None:
                    return self.answer(204 if self.path == "/favicon.ico" else 404)
                headers = {"Content_Type": "text/html; charset=utf-8", **page.headers}
                return self.answer(200, page.html.encode(), **headers)

        super().__init__(Handler)


class Segue(_Site):
    """State, stream and answers for one account; `posts` keeps everything that was said."""

    undo_seconds: ClassVar[int] = 10

    def __init__(self, state: Json) -> None:
        self.state = state
        self.tokens = {"good"}
        self.posts: list[tuple[str, str, Json]] = []
        self.gets: list[tuple[str, str, str | None]] = []
        self.refuse: list[tuple[int, Json]] = []
        self.forward_as: Json = {}
        self.buffers = False
        """Something on the way passes on only what has ended."""
        self.blocks = False
        """Something on the way takes no stream for an answer, unless it ends."""
        self._polls = 0
        self.arrived = threading.Condition()
        self._streams: set[queue.Queue[str]] = set()
        self._closed: dict[str, Json] = {}
        self._event = 0
        super().__init__(_handler_for(self))

    # What a test does on the server's side.

    def publish(self, **changes: Any) -> None:
        """Change the state, and tell every open stream."""
        self.state = {**self.state, **changes}
        self._event += 1
        self.send(f"id: {self._event}\nevent: state\ndata: {json.dumps(self.state)}\n\n")

    def send(self, text: str) -> None:
        for stream in list(self._streams):
            stream.put(text)

    def hang_up(self) -> None:
        self.send(DONE)

    def stop(self) -> None:
        self.hang_up()
        super().stop()

    def said(self, verb: str) -> list[Json]:
        """The bodies posted to `verb`; "seen" is one of its own, since it comes by the clock."""

        def name(said: str, body: Json) -> str:
            return "seen" if body.get("kind") == "seen" else said

        return [body for _, said, body in self.posts if name(said, body) == verb]

    def wait_for(self, verb: str, count: int = 1, seconds: float = 30) -> list[Json]:
        """The bodies posted to `verb`, once there are `count` of them."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.said(verb)) >= count, seconds):
                raise AssertionError(f"{verb}: {self.said(verb)}")
        return self.said(verb)

    def wait_for_stream(self, seconds: float = 30) -> None:
        with self.arrived:
            if not self.arrived.wait_for(lambda: bool(self._streams), seconds):
                raise AssertionError("no stream was opened")

    def wait_for_poll(self, seconds: float = 30) -> None:
        """Until a stream waits that ends with its first answer; each is waited for once."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: self._polls > 0, seconds):
                raise AssertionError("nobody asked for a stream that ends")
            self._polls = 0

    # What the contract says.

    def hear(self, alert: str, verb: str, body: Json) -> tuple[int, Json]:
        with self.arrived:
            self.posts.append((alert, verb, body))
            self.arrived.notify_all()
        if self.refuse and body.get("kind") != "seen":
            return self.refuse.pop(0)
        if verb == "forward":
            return 200, self._forward(body)
        if verb == "undo":
            self.publish(alert=self._closed.pop(body["id"], None))
        elif body["kind"] not in ("seen", "acted"):
            self._close(body["id"])
        return 200, {}

    def _close(self, by: str) -> None:
        self._closed[by] = self.state["alert"]
        self.publish(alert=None)

    def _forward(self, body: Json) -> Json:
        self._close(body["id"])
        named = "Fiona" if body["to"] else body.get("name", body.get("email"))
        usual = {"forward": body["id"], "to_name": named, "channel": "slack", "state": "waiting"}
        return {**usual, "undo_seconds": self.undo_seconds, **self.forward_as}

    def once(self, last: str | None) -> str:
        """All that a stream sends that ends with its first state."""
        sent: list[str] = []
        for text in self.events(last):
            sent.append(text)
            if "event: state" in text:
                break
            with self.arrived:
                self._polls += 1
                self.arrived.notify_all()
        return "".join(sent)

    def events(self, last: str | None) -> Iterator[str]:
        """What one stream sends: the state if it is news, then whatever comes."""
        mine: queue.Queue[str] = queue.Queue()
        mine.put(": hello\n\n")
        if last != str(self._event):
            mine.put(f"id: {self._event}\nevent: state\ndata: {json.dumps(self.state)}\n\n")
        with self.arrived:
            self._streams.add(mine)
            self.arrived.notify_all()
        try:
            while (text := mine.get()) != DONE:
                yield text
        finally:
            self._streams.discard(mine)


def _handler_for(segue: Segue) -> type[_Handler]:
    class Handler(_Handler):
        def allowed(self) -> bool:
            token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
            return token in segue.tokens

        def reply(self, status: int, body: Json, kind: str = "application/json") -> None:
            origin = self.headers["Origin"] or "null"
            self.answer(
                status,
                json.dumps(body).encode(),
                Content_Type=kind,
                Access_Control_Allow_Origin=origin,
                Vary="Origin",
            )

        def do_OPTIONS(self) -> None:
            origin = self.headers["Origin"] or "null"
            self.answer(204, b"", Access_Control_Allow_Origin=origin, **_underscored(CORS))

        def do_GET(self) -> None:
            if self.path.startswith("/widget/v1/"):
                return self.module(self.path.removeprefix("/widget/v1/").partition("?")[0])
            token, last = self.headers["Authorization"], self.headers["Last-Event-ID"]
            segue.gets.append((self.path, token or "", last))
            if not self.allowed():
                return self.reply(401, {"title": "token"}, "application/problem+json")
            if self.path == "/v1/widget/state":
                return self.reply(200, segue.state)
            once = self.path.endswith("?once=true")
            if segue.blocks and not once:
                return self.reply(502, {"title": "bad gateway"})
            return self.stream(last, once=once)

        def module(self, name: str) -> None:
            file = next((f / name for f in WIDGET if (f / name).is_file()), None)
            if file is None:
                return self.answer(404)
            kind = TYPES[file.suffix]
            return self.answer(
                200, file.read_bytes(), Content_Type=kind, Access_Control_Allow_Origin="*"
            )

        def stream(self, last: str | None, *, once: bool) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"] or "null")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            if once:
                self.wfile.write(segue.once(last).encode())
                return
            for text in segue.events(last):
                if not segue.buffers:
                    self.wfile.write(text.encode())
                    self.wfile.flush()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self.allowed():
                return self.reply(401, {"title": "token"}, "application/problem+json")
            *_, alert, verb = self.path.split("/")
            return self.reply(*segue.hear(alert, verb, body))

    return Handler


def _underscored(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}

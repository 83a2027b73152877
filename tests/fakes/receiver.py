"""A vendor's own system: takes events, and looks at each as the standardwebhooks package does."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Message:
    """One request: where it came, its headers by lower-case name, its bytes."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.raw))

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.body["data"])

    def verified(self, secret: str) -> bool:
        """Whether the package takes it for genuine, and recent."""
        try:
            Webhook(secret).verify(self.raw, self.headers)
        except WebhookVerificationError:
            return False
        return True


@dataclass
class Receiver:
    """`answers`: what is said at a path, (status, headers); else 200. `hangs`: paths where nothing
    is said before `let_go`."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    let_go: threading.Event = field(default_factory=threading.Event)

    def at(self, path: str) -> list[Message]:
        """What came to a path."""
        return [one for one in self.messages if one.path == path]

    def says(self, path: str, status: int, **headers: str) -> None:
        """Answer so from now on."""
        self.answers[path] = (status, {k.replace("_", "-"): v for k, v in headers.items()})


def nobody() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve one on a port of its own."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.messages.append(Message(self.path, headers, raw))
            if self.path in made.hangs:
                made.let_go.wait(30)
            status, more = made.answers.get(self.path, (200, {}))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            body = b"" if status == 204 else b"ok"
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A Slack that takes every message and remembers it: for tests that count across crashes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs

_BUSY = {"ok": False, "error": "ratelimited"}


class SlackSink:
    """`messages` are the posted ones, each with the user whose direct message it went to.

    `unknown`: e-mail addresses nobody has here; `busy`: seconds of Retry-After, one for each
    message that is refused before one is taken again.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.unknown: set[str] = set()
        self.busy: list[int] = []
        self._numbers = count(1)
        self._lock = threading.Lock()
        self.url = ""

    def answer(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """What Slack would say to one call."""
        match method:
            case "users.lookupByEmail" if body["email"] in self.unknown:
                return {"ok": False, "error": "users_not_found"}
            case "users.lookupByEmail":
                name = body["email"].partition("@")[0].upper()
                return {"ok": True, "user": {"id": f"U{name}", "team_id": "T1"}}
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{body['users']}"}}
            case "chat.postMessage":
                with self._lock:
                    number = next(self._numbers)
                    self.messages.append(body)
                return {"ok": True, "channel": body["channel"], "ts": f"1700000000.{number:06d}"}
            case "chat.update":
                self.updates.append(body)
                return {"ok": True, "channel": body["channel"], "ts": body["ts"]}
        return {"ok": True, "user_id": "UBOT", "team_id": "T1", "bot_id": "B1"}

    def forget(self) -> None:
        """As it was at the start."""
        for kept in (self.messages, self.updates, self.unknown, self.busy):
            kept.clear()


@contextmanager
def slack_sink() -> Iterator[SlackSink]:
    """Serve the sink on a port of its own."""
    sink = SlackSink()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            if "json" in self.headers.get("content-type", ""):
                self._say(json.loads(raw))
            else:
                self._say({k: v[0] for k, v in parse_qs(raw).items()})

        def _say(self, body: dict[str, Any]) -> None:
            # Slack's client puts the arguments of some calls into the query, posted or not.
            path, _, query = self.path.partition("?")
            asked = {k: v[0] for k, v in parse_qs(query).items()} | body
            method = path.rpartition("/")[2]
            wait = sink.busy.pop(0) if method == "chat.postMessage" and sink.busy else None
            found = sink.answer(method, asked) if wait is None else _BUSY
            answer = json.dumps(found).encode()
            self.send_response(200 if wait is None else 429)
            if wait is not None:
                self.send_header("retry-after", str(wait))
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

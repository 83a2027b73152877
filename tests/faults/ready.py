"""Listens to /readyz of every node all the time, as a load balancer does."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

EVERY = 0.25
READY = "ready"
SILENT = "no answer"


@dataclass
class Watch:
    """What each node said when."""

    urls: Sequence[str]
    said: list[tuple[float, str, str]] = field(default_factory=list)
    """Instant, node, words."""
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to listen."""
        for url in self.urls:
            threading.Thread(target=self._run, args=(url,), daemon=True).start()

    def stop(self) -> None:
        """Listen no longer."""
        self._over.set()

    def between(self, begin: float, end: float) -> list[str]:
        """What was said in a span, each once, in the order in which it came up."""
        return list(dict.fromkeys(words for at, _, words in self.said if begin <= at < end))

    def last(self) -> list[str]:
        """What each node says now."""
        with client() as http:
            return [asked(http, url) for url in self.urls]

    def _run(self, url: str) -> None:
        with client() as http:
            while not self._over.wait(EVERY):
                words = asked(http, url)
                self.said.append((time.monotonic(), url, words))


def client() -> httpx.Client:
    """For questions; without certificates, which take longer to read than all the answers."""
    return httpx.Client(timeout=20, verify=False)


def asked(http: httpx.Client, url: str) -> str:
    """What a node says to the question whether it is ready."""
    try:
        answer = http.get(f"{url}/readyz")
    except httpx.TransportError:
        return SILENT
    if answer.status_code == 200 and answer.json()["ready"]:
        return READY
    if answer.status_code == 503 and "problems" in answer.json():
        return "; ".join(answer.json()["problems"])
    return f"{answer.status_code}: {answer.text}"

"""A Stripe of one's own: the package localstripe as a process, and what its API is asked."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers import PATIENCE, free_port


@dataclass
class LocalStripe:
    """It keeps customers and subscriptions, and sends its own signed events."""

    http: httpx.Client

    def make(self, what: str, **fields: Any) -> dict[str, Any]:
        """POST one; the object it answers."""
        answer = self.http.post(f"/v1/{what}", data=fields)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def end(self, subscription: str) -> None:
        """Cancel a subscription now."""
        assert self.http.delete(f"/v1/subscriptions/{subscription}").is_success

    def tell(self, url: str, secret: str) -> None:
        """Send every event there from now on."""
        told = {"url": url, "secret": secret}
        assert self.http.post("/_config/webhooks/segue", data=told).is_success


@contextmanager
def local_stripe(folder: Path) -> Iterator[LocalStripe]:
    """Run it in a folder of its own until the end."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "localstripe")]
    command += ["--port", str(port), "--from-scratch"]
    with (folder / "localstripe.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "HOME": str(folder)}, cwd=folder, stdout=log, stderr=log
        )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", auth=("sk_test_12345", ""), timeout=30
        ) as http:
            _wait(http, process)
            yield LocalStripe(http)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(http: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            http.get("/v1/customers")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("localstripe did not start")

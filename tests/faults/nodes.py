"""Nodes of the product in processes of their own, with somebody who starts them again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers import PATIENCE, SEGUE, free_port

AGAIN = 0.2
"""Seconds until a process that ended is started again, as systemd or Kubernetes would."""


@dataclass
class Node:
    """One `segue serve`; whenever its process ends, it is started again."""

    folder: Path
    environment: Mapping[str, str]
    role: str = "all"
    port: int = field(default_factory=free_port)
    ended: list[int] = field(default_factory=list)
    """How its processes ended, until now."""
    last_words: list[str] = field(default_factory=list)
    """What they said before, each with its exit code."""
    process: subprocess.Popen[bytes] | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / f"{self.role}-{self.port}.log"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._begin()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + PATIENCE
        while not self._lives():
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """Power off: SIGKILL, no farewell."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, and wait for its end; gives the exit code."""
        assert self.process is not None
        self._over.set()
        self.process.send_signal(signal.SIGTERM)
        if self._thread is not None:
            self._thread.join(PATIENCE)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(PATIENCE)

    def _begin(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SEGUE_")}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [SEGUE, "serve", "--port", str(self.port), "--role", self.role],
                cwd=self.folder,
                env={**kept, **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _watch(self) -> None:
        while not self._over.is_set():
            assert self.process is not None
            try:
                code = self.process.wait(AGAIN)
            except subprocess.TimeoutExpired:
                continue
            if not self._over.wait(AGAIN):
                self.ended.append(code)
                self.last_words.append(f"exit {code}: {self.log.read_text()[-2000:]}")
                self._begin()

    def _lives(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, verify=False).is_success
        except httpx.TransportError:
            return False

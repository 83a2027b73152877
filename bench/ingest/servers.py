"""The servers of a run: Segue, and the same server with nothing behind it, each a process."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.ingest.events import POLICY

_PATIENCE = 60.0
_AT_REST = 0.1
"""Seconds of its own in one, below which a server does nothing."""
_SEGUE = str(Path(sys.executable).parent / "segue")


@dataclass
class Side:
    """A server that takes usage."""

    process: subprocess.Popen[bytes]
    url: str
    key: str
    sent: int = 0
    begin: float = field(default_factory=time.time)

    def load(self, path: str, seconds: float, *options: str) -> dict[str, Any]:
        """Send as fast as it is taken; what came of it, with this server's own time (`server`)."""
        before = self._cpu()
        command = [
            sys.executable, "-m", "bench.ingest.load", f"{self.url}{path}", self.key,
            "--seconds", str(seconds), "--first", str(self.sent), "--begin", str(self.begin),
            *options,
        ]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=seconds + _PATIENCE
        )
        found: dict[str, Any] = json.loads(done.stdout)
        self.sent = found["last"] + 100_000
        found["server"] = self._cpu() - before
        found["rate"] = (found["accepted"] + found["duplicates"]) / found["seconds"]
        return found

    def settle(self) -> None:
        """Wait until it has nothing left to do: every account was looked at."""
        for _ in range(int(_PATIENCE)):
            before = self._cpu()
            time.sleep(1.0)
            if self._cpu() - before < _AT_REST:
                return

    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(environment: dict[str, str], *command: str) -> str:
    """What a command of `segue` prints."""
    done = subprocess.run(
        [_SEGUE, *command], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def prepared(folder: Path, database: str, *, more: str = "") -> tuple[dict[str, str], str]:
    """A database with tables, policy and key: the environment to serve it with, and the key."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "segue.toml"
    policy.write_text(POLICY + more)
    environment = {
        **os.environ,
        "SEGUE_DATABASE_URL": database,
        "SEGUE_SECRET_KEYS": "a-key-for-the-benchmark",
    }
    run(environment, "migrate")
    run(environment, "config", "apply", str(policy))
    return environment, run(environment, "keys", "create", "--scope", "ingest").strip()


@contextmanager
def segue(environment: dict[str, str], key: str, log: Path) -> Iterator[Side]:
    """`segue serve`, as anybody would run it."""
    yield from _served([_SEGUE, "serve", "--port"], environment, key, log)


@contextmanager
def nothing(environment: dict[str, str], key: str, log: Path, *flags: str) -> Iterator[Side]:
    """The same server with a handler that only decodes."""
    command = [sys.executable, "-m", "bench.ingest.noop", *flags, "--port"]
    yield from _served(command, environment, key, log)


def _served(command: list[str], environment: dict[str, str], key: str, log: Path) -> Iterator[Side]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as told:
        process = subprocess.Popen(
            [*command, str(port)], env=environment, stdout=told, stderr=subprocess.STDOUT
        )
    try:
        _until_up(f"http://127.0.0.1:{port}/healthz", process, log)
        yield Side(process, f"http://127.0.0.1:{port}", key)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")

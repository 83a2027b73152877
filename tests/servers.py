"""Real servers for tests: an application on a port of its own, and `segue serve` to be killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import uvicorn

SEGUE = Path(sys.executable).parent / "segue"
_LOWEST, _RANGE = 20_000, 2_000
_ports = count(os.getpid() * 7)
PATIENCE = 180.0
"""Seconds a server may take to answer; this machine may be busy."""


@contextmanager
def serving(app: Any, *, port: int | None = None) -> Iterator[str]:
    """Serve an ASGI application from a thread of this process; gives its address."""
    listener = socket.create_server(("127.0.0.1", port or 0))
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _until(lambda: server.started or not thread.is_alive(), "the server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


@dataclass
class Served:
    """A `segue serve` of its own process."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """Power off: SIGKILL, no farewell."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """SIGTERM, and wait; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def segue_serve(
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    role: str = "all",
) -> Iterator[Served]:
    """Run `segue serve` in a directory (its database is segue.db there) until the end."""
    chosen = port or free_port()
    log = directory / f"serve-{chosen}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [SEGUE, "serve", "--port", str(chosen), "--role", role],
            cwd=directory,
            env=_environment(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Served(url=f"http://127.0.0.1:{chosen}", process=process, log=log)
    try:
        _until(lambda: _answers(served), f"`segue serve` did not start: {log.read_text()}")
        yield served
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)


def segue(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run one `segue` command in a directory and give what it printed."""
    done = _done(directory, arguments, environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run one `segue` command that fails, and give the one line it says."""
    done = _done(directory, arguments, environment)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def _done(
    directory: Path, arguments: Sequence[str], environment: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SEGUE, *arguments],
        cwd=directory,
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def free_port() -> int:
    """A port nobody listens on, of a range that is this process's alone.

    The kernel takes none of these for a client, and no other process of the tests does.
    """
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = _LOWEST + own % 6 * _RANGE + next(_ports) % _RANGE
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SEGUE_")}
    return {**kept, **(more or {})}


def _answers(served: Served) -> bool:
    assert served.process.poll() is None, served.log.read_text()
    try:
        return httpx.get(f"{served.url}/healthz", timeout=2, verify=False).status_code == 200
    except httpx.TransportError:
        return False


def _until(holds: Any, message: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, message
        time.sleep(0.02)

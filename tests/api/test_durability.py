"""What was acknowledged survives a power cut, and a client that retries counts nothing twice."""

import signal
import threading
from pathlib import Path
from typing import Any

import httpx

from tests.api.conftest import POLICY
from tests.servers import free_port, segue, segue_serve


def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "segue.toml").write_text(POLICY)
    segue(tmp_path, "config", "apply", "segue.toml")
    ingest = segue(tmp_path, "keys", "create", "--scope", "ingest").strip()
    read = segue(tmp_path, "keys", "create", "--scope", "read").strip()
    sent: list[list[dict[str, Any]]] = []
    acknowledged: list[int] = []
    port = free_port()

    def post(url: str, batch: list[dict[str, Any]]) -> dict[str, Any]:
        auth = {"Authorization": f"Bearer {ingest}"}
        answer = httpx.post(f"{url}/v1/usage", json=batch, headers=auth, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def keep_posting(url: str, enough: threading.Event) -> None:
        for n in range(100_000):
            batch = [{"id": f"{n}-{i}", "account": "acme", "meter": "reports"} for i in range(20)]
            sent.append(batch)
            try:
                acknowledged.append(post(url, batch)["accepted"])
            except httpx.TransportError:
                return
            if n == 20:
                enough.set()

    with segue_serve(tmp_path, port=port) as served:
        enough = threading.Event()
        client = threading.Thread(target=keep_posting, args=(served.url, enough))
        client.start()
        assert enough.wait(60)
        served.kill()
        client.join()
    with segue_serve(tmp_path, port=port) as served:
        auth = {"Authorization": f"Bearer {read}"}
        answer = httpx.get(f"{served.url}/v1/accounts/acme/usage", headers=auth, timeout=30).json()
        used = next(m["used"] for m in answer["meters"] if m["key"] == "reports")
        assert used in (sum(acknowledged), sum(acknowledged) + 20)
        for batch in sent:
            post(served.url, batch)
        answer = httpx.get(f"{served.url}/v1/accounts/acme/usage", headers=auth, timeout=30).json()
        used = next(m["used"] for m in answer["meters"] if m["key"] == "reports")
        assert used == len(sent) * 20
        assert served.stop() in (0, -signal.SIGTERM)

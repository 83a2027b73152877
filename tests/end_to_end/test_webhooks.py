"""A real server, killed and started again: what happened is told, by the page's own receiver."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.hooks.post import signed
from service.webhook_send import Parcel
from tests.api.live import policy
from tests.fakes.receiver import Receiver, receiving
from tests.servers import PATIENCE, segue, segue_serve

ENVIRONMENT = {"SEGUE_WEBHOOK_PRIVATE": "true"}
PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def until(receiver: Receiver, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while len(receiver.messages) < count:
        assert time.monotonic() < end, receiver.messages
        time.sleep(0.05)


def test_what_was_raised_before_the_power_went_is_sent_after_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    (tmp_path / "segue.toml").write_text(policy())
    segue(tmp_path, "config", "apply", "segue.toml")
    key = segue(tmp_path, "keys", "create", "--scope", "admin").strip()
    headers = {"Authorization": f"Bearer {key}"}
    receiver.says("/crm", 503)
    with segue_serve(tmp_path, environment=ENVIRONMENT) as served:
        stated = {"url": f"{receiver.url}/crm"}
        made = httpx.put(f"{served.url}/v1/webhooks/crm", json=stated, headers=headers)
        assert made.status_code == 200, made.text
        secret = made.json()["secret"]
        sent = httpx.post(f"{served.url}/v1/webhooks/crm/test", headers=headers).json()
        until(receiver, 1)
        served.kill()
    (tmp_path / "segue.toml").write_text(f"{policy()}\n# Another.\n")
    segue(tmp_path, "config", "apply", "segue.toml")  # By a process that sends nothing.
    assert [m.id for m in receiver.messages] == [sent["id"]]
    receiver.answers.clear()
    with segue_serve(tmp_path, environment=ENVIRONMENT) as served:
        until(receiver, 3)
        receiver.says("/crm", 410)
        httpx.post(f"{served.url}/v1/webhooks/crm/test", headers=headers)
        until(receiver, 4)
        assert served.stop() == 0
    assert sorted(m.type for m in receiver.messages) == ["policy.changed", *["webhook.test"] * 3]
    assert [m.id for m in receiver.messages].count(sent["id"]) == 2
    assert all(m.verified(secret) for m in receiver.messages)
    assert secret not in served.log.read_text()
    told = segue(tmp_path, "doctor", environment=ENVIRONMENT)
    assert "The webhook crm is disabled since" in told


def test_the_receiver_of_the_page_takes_what_is_sent(receiver: Receiver) -> None:
    """docs/webhooks.md shows it; here it is run."""
    code = re.search(r"( {4}from standardwebhooks.*?return 204\n)", PAGE.read_text(), re.DOTALL)
    assert code is not None
    kept: dict[str, object] = {}
    scope = {"SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "keep_once": kept.__setitem__}
    exec("\n".join(line[4:] for line in code[1].splitlines()), scope)
    parcel = Parcel(id="evt_1", url="", body='{"a": 1}', secrets=(str(scope["SECRET"]),))
    receive = scope["receive"]
    assert callable(receive)
    headers = signed(parcel, datetime.now(UTC))
    assert receive(parcel.body.encode(), headers) == 204
    assert kept == {"evt_1": {"a": 1}}
    assert receive(b'{"a": 2}', headers) == 400

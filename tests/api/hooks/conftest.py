"""The whole product, and a vendor's system that is told of events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.live import Live, policy, running, world
from tests.fakes.receiver import Message, Receiver, receiving

__all__ = ["running", "world"]


@dataclass
class Hooks:
    """Endpoints of the product that lead to the receiver, each at the path of its name."""

    world: Live
    receiver: Receiver

    def put(self, name: str = "crm", **stated: Any) -> dict[str, Any]:
        """State an endpoint, and say what was answered."""
        wanted = {"url": f"{self.receiver.url}/{name}", **stated}
        answer = self.world.admin("PUT", f"/v1/webhooks/{name}", wanted)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, name: str = "crm") -> dict[str, Any]:
        """One endpoint."""
        return dict(self.world.admin("GET", f"/v1/webhooks/{name}").json())

    def test(self, name: str = "crm") -> str:
        """Ask for a sample, and let it be sent; its id."""
        answer = self.world.admin("POST", f"/v1/webhooks/{name}/test")
        assert answer.status_code == 202, answer.text
        self.world.settle()
        return str(answer.json()["id"])

    def log(self, name: str = "crm", **asked: Any) -> list[dict[str, Any]]:
        """What was sent, newest first."""
        query = "&".join(f"{k}={v}" for k, v in asked.items())
        answer = self.world.admin("GET", f"/v1/webhooks/{name}/deliveries?{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["deliveries"])

    def one(self, event: str, name: str = "crm") -> dict[str, Any]:
        """One event in the log."""
        return dict(self.world.admin("GET", f"/v1/webhooks/{name}/deliveries/{event}").json())

    def told(self, name: str = "crm") -> list[Message]:
        """What came to an endpoint."""
        return self.receiver.at(f"/{name}")

    def after(self, **span: float) -> None:
        """Time goes by, and the worker works."""
        self.world.clock.advance(**span)
        self.world.settle()

    def change_policy(self, comment: str) -> None:
        """Another version of the policy."""
        answer = self.world.http.put(
            "/v1/config",
            content=f"{policy()}\n# {comment}\n",
            headers={"Authorization": f"Bearer {self.world.keys['admin']}"},
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def hooks(world: Live, receiver: Receiver) -> Hooks:
    for kept in (receiver.messages, receiver.answers, receiver.hangs):
        kept.clear()
    return Hooks(world, receiver)

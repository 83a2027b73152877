"""Slack at its worst, two nodes and a kill -9: each delivery arrives, and none of them twice.

python -m tests.bot.chaos [--deliveries 1000] [--seed 1]
"""

import argparse
import asyncio
import hashlib
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import func
from sqlmodel import select

from engine.alert import AlertKey
from service import frozen
from service.secrets import Secrets
from store import alerts, installs
from store import config as stored
from store.database import Database
from store.tables import Account, Address, Delivery, Forward, Inbound, Person
from tests.bot.conftest import CONFIG, SECRET, TOKEN, emulated
from tests.fakes.slack_proxy import Fault, SlackProxy
from tests.faults.nodes import Node
from tests.postgres import Postgres
from tests.servers import free_port
from tests.templates.stories import sample_story

KEY = "a-key-of-the-chaos-that-is-long-enough"
RECIPIENTS = 4
USERS = tuple(f"reader{n}" for n in range(40))
POST, HOME = "chat.postMessage", "views.publish"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PATIENCE = 600.0
ROOT = Path(__file__).parents[2]


@dataclass
class Outcome:
    """What came of it; `undecided` posts were taken by Slack and their answers lost."""

    wanted: int
    arrived: Counter[str] = field(default_factory=Counter)
    forwards: dict[str, int] = field(default_factory=dict)
    undone: int = 0
    undecided: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    homes: int = 0
    acknowledged: list[float] = field(default_factory=list)
    killed: int = 0
    seconds: float = 0.0

    @property
    def twice(self) -> list[str]:
        """Deliveries that arrived more than once."""
        return [id for id, count in self.arrived.items() if count > 1]

    @property
    def whole(self) -> bool:
        """Nothing was lost, and no delivery came twice."""
        accounts = -(-self.wanted // RECIPIENTS)
        seen = len(self.answers) == accounts and self.homes >= accounts
        return seen and len(self.arrived) == self.wanted and not self.twice

    def told(self) -> str:
        """In a few lines."""
        slowest = max(self.acknowledged, default=0.0)
        return (
            f"{self.wanted} deliveries: {len(self.arrived)} arrived, {len(self.twice)} twice; "
            f"forwards {self.forwards}, {self.undone} callbacks undone\n"
            f"{len(self.answers)} commands answered, {sum(self.answers.values())} times in all; "
            f"{self.homes} homes shown\n"
            f"Slack's faults: {dict(self.faults)}; nodes killed: {self.killed}\n"
            f"{len(self.acknowledged)} callbacks, the slowest acknowledged in {slowest:.2f} s; "
            f"{self.seconds:.0f} s in all"
        )


class Chaos(SlackProxy):
    """Of posts, 10 % are too many, 5 % meet a 5xx, and of 5 % the answer is lost."""

    def __init__(self, upstream: str, seed: int, outcome: Outcome) -> None:
        super().__init__(upstream)
        self._seed, self._outcome = seed, outcome
        self._drawn: dict[str, random.Random] = {}

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        # Of each method the same calls meet the same faults, whichever node is the quicker.
        draws = self._drawn.setdefault(method, random.Random(f"{self._seed} {method}"))
        drawn = draws.random()
        fault: Fault | None = None
        if drawn < 0.10:
            fault = Fault(method, 429, "ratelimited", {"Retry-After": "1"})
        elif method == POST and drawn < 0.15:
            fault = Fault(method, 503, "service_unavailable")
        elif method == POST and drawn < 0.20:
            fault = Fault(method, lost=True)
        if fault is not None:
            self._outcome.faults["lost" if fault.lost else str(fault.status)] += 1
            self.faults.append(fault)
        try:
            return await super()._api(request)
        finally:
            self._count()

    async def _response(self, request: web.Request) -> web.Response:
        self._outcome.answers[request.path] += 1
        return await super()._response(request)

    def _count(self) -> None:
        """What Slack took, whatever anybody heard of it."""
        for call in self.calls:
            if call.method == POST and call.answer.get("ok"):
                self._outcome.arrived[call.body["metadata"]["event_payload"]["id"]] += 1
            if call.method == HOME and call.answer.get("ok"):
                self._outcome.homes += 1
        self.calls = [c for c in self.calls if c.method in (POST, HOME) and not c.answer]


def fill(database: Database, users: dict[str, str], accounts: int) -> None:
    """Accounts with an open alert, a champion and people to forward to, each in a workspace."""
    now, story, secrets = datetime.now(UTC), sample_story(), Secrets([KEY])
    token = secrets.encrypt(TOKEN)
    with database.write() as session:
        digest = hashlib.sha256(CONFIG.encode()).hexdigest()
        stored.add(session, text=CONFIG, digest=digest, at=now, by="chaos")
        for n in range(accounts):
            account = f"acc{n:05}"
            session.add(
                Account(
                    id=account,
                    plan="team",
                    time_zone="Europe/Berlin",
                    since=now.date() - timedelta(days=300),
                    created_at=now,
                    next_daily=now + timedelta(days=1),
                    last_report=now,
                )
            )
            names = ["champion", *(USERS[(RECIPIENTS * n + k) % 40] for k in range(RECIPIENTS))]
            for person in names:
                role = "champion" if person == "champion" else "manager"
                at = f"T{n:05}/{users[person]}"
                session.add(Person(account=account, id=person, role=role, name=person))
                session.add(Address(account=account, person=person, channel="slack", address=at))
            session.flush()
            key = AlertKey(
                account=account,
                meter="reports",
                moment=story.moment,
                alert_class=story.alert_class,
                period="2026-11-01",
            )
            alerts.add(
                session,
                alerts.StoredAlert(
                    id=f"alert{n:05}", key=key, p=0.9, person="champion", audience=(),
                    story=frozen.freeze(story), raised_at=now,
                ),
            )  # fmt: skip
            installs.save(
                session,
                installs.Workspace(
                    platform="slack", team=f"T{n:05}", account=account, name="", bot_user="",
                    token=token, scopes="", installed_at=now, revoked_at=None,
                ),
            )  # fmt: skip


class People:
    """Champions who press "Send to", type a command and open the app's home.

    Whatever Slack would tell of it is sent twice, to any node, until one takes it.
    """

    def __init__(self, nodes: list[Node], outcome: Outcome, champion: str, seed: int) -> None:
        self._nodes, self._outcome, self._champion = nodes, outcome, champion
        self._random = random.Random(seed)
        self._room = asyncio.Semaphore(16)

    async def act(self, client: httpx.AsyncClient, numbers: range, responses: str) -> None:
        """So many clicks; of each account's first also a command, and a look at the home."""
        first = [n // RECIPIENTS for n in numbers if n % RECIPIENTS == 0]
        told = [(FORM, self._click(n)) for n in numbers]
        told += [(FORM, self._command(n, f"{responses}/response/{n}")) for n in first]
        told += [(JSON, self._opened(n)) for n in first]
        self._random.shuffle(told)
        await asyncio.gather(*(self._twice(client, kind, body) for kind, body in told))

    def _click(self, number: int) -> str:
        n, k = divmod(number, RECIPIENTS)
        ref = {"account": f"acc{n:05}", "alert": f"alert{n:05}"}
        ref["to"] = USERS[(RECIPIENTS * n + k) % 40]
        action = {
            "type": "button",
            "action_id": f"send.{k}",
            "block_id": "send",
            "value": json.dumps(ref),
            "action_ts": f"1700000000.{number:06}",
        }
        payload = {
            "type": "block_actions",
            "team": {"id": f"T{n:05}"},
            "user": {"id": self._champion},
            "actions": [action],
        }
        return urlencode({"payload": json.dumps(payload)})

    def _command(self, n: int, response_url: str) -> str:
        form = {
            "command": "/segue",
            "text": "approvers",
            "team_id": f"T{n:05}",
            "user_id": self._champion,
            "channel_id": "D1",
            "trigger_id": f"trigger-{n}",
            "response_url": response_url,
        }
        return urlencode(form)

    def _opened(self, n: int) -> str:
        event = {"type": "app_home_opened", "user": self._champion, "tab": "home"}
        around = {"type": "event_callback", "team_id": f"T{n:05}", "api_app_id": "A1"}
        return json.dumps({**around, "event_id": f"Ev{n:05}", "event": event})

    async def _twice(self, client: httpx.AsyncClient, kind: str, body: str) -> None:
        async with self._room:
            await asyncio.gather(*(self._once(client, kind, body) for _ in range(2)))

    async def _once(self, client: httpx.AsyncClient, kind: str, body: str) -> None:
        for _ in range(200):
            node, start = self._random.choice(self._nodes), time.monotonic()
            stamp = str(int(time.time()))
            signed = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
            headers = {
                "content-type": kind,
                "x-slack-request-timestamp": stamp,
                "x-slack-signature": signed or "",
            }
            try:
                answer = await client.post(
                    f"{node.url}/slack/events", content=body, headers=headers
                )
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code == 200:
                self._outcome.acknowledged.append(time.monotonic() - start)
                return
        raise AssertionError("no node took what was sent")


async def run(
    folder: Path, server: Postgres, *, deliveries: int, seed: int = 1, kill: bool = True
) -> Outcome:
    """All of it; without `kill` no node dies, whose claims would have to run out."""
    outcome, start, url = Outcome(wanted=deliveries), time.monotonic(), server.migrated()
    database = Database(url)
    with emulated(folder, free_port(), USERS) as upstream:
        async with (
            _proxied(upstream, seed, outcome) as proxy,
            httpx.AsyncClient(timeout=30) as client,
        ):
            members = await client.post(
                f"{upstream}/api/users.list", headers={"authorization": f"Bearer {TOKEN}"}
            )
            users = {m["name"]: m["id"] for m in members.json()["members"]}
            fill(database, users, -(-deliveries // RECIPIENTS))
            nodes = [_node(folder / f"node{n}", url, proxy) for n in range(2)]
            try:
                await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
                people = People(nodes, outcome, users["champion"], seed)
                act = partial(people.act, client, responses=proxy.address)
                await _in_the_midst(act, outcome, deliveries, nodes[0].kill if kill else None)
                await _settled(database, outcome, deliveries)
            finally:
                await asyncio.gather(*(asyncio.to_thread(node.stop) for node in nodes))
        assert proxy.problems == []
    database.close()
    outcome.killed, outcome.seconds = sum(len(n.ended) for n in nodes), time.monotonic() - start
    return outcome


async def _in_the_midst(
    act: Callable[[range], Coroutine[None, None, None]],
    outcome: Outcome,
    deliveries: int,
    kill: Callable[[], None] | None,
) -> None:
    """Half of it; the rest once messages go out, and a node dies in the midst of both."""
    half = deliveries // 2
    await act(range(half))
    while len(outcome.arrived) < half // 4:
        await asyncio.sleep(0.02)
    rest = asyncio.create_task(act(range(half, deliveries)))
    while len(outcome.arrived) < half // 2:
        await asyncio.sleep(0.01)
    if kill is not None:
        kill()
    await rest


def _node(folder: Path, url: str, proxy: SlackProxy) -> Node:
    folder.mkdir()
    environment = {
        "PYTHONPATH": str(ROOT),
        "SEGUE_DATABASE_URL": url,
        "SEGUE_SECRET_KEYS": KEY,
        "SEGUE_PUBLIC_URL": "http://127.0.0.1:9",
        "SEGUE_SLACK_SIGNING_SECRET": SECRET,
        "SEGUE_SLACK_API_URL": proxy.api_url,
    }
    return Node(folder, environment)


@asynccontextmanager
async def _proxied(upstream: str, seed: int, outcome: Outcome) -> AsyncIterator[SlackProxy]:
    proxy = Chaos(upstream, seed, outcome)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


async def _settled(database: Database, outcome: Outcome, deliveries: int) -> None:
    """Until nothing is due any more and every callback is done."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        states, due, undone = await asyncio.to_thread(_states, database)
        outcome.forwards, outcome.undone = states, undone
        if sum(states.values()) >= deliveries and not due and not undone:
            return
        await asyncio.sleep(1)


def _states(database: Database) -> tuple[dict[str, int], int, int]:
    with database.read() as session:
        forwards = session.exec(select(Forward.state, func.count()).group_by(Forward.state)).all()
        due = session.exec(
            select(func.count()).select_from(Delivery).where(Delivery.state == "due")
        ).one()
        undone = session.exec(
            select(func.count()).select_from(Inbound).where(Inbound.done_at.is_(None))  # type: ignore[union-attr]
        ).one()
    return dict(forwards), due, undone


def main() -> None:
    """Run it and say what came of it; exit 1 where anything was lost or came twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = Postgres.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            outcome: Any = asyncio.run(
                run(Path(folder), server, deliveries=options.deliveries, seed=options.seed)
            )
    finally:
        server.stop()
    print(outcome.told())
    raise SystemExit(0 if outcome.whole else 1)


if __name__ == "__main__":
    main()

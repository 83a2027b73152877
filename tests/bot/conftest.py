"""A small vendor with one account, real bolt behind a real server, and Slack's Web API emulated."""

import asyncio
import contextlib
import hashlib
import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from litestar import Litestar, asgi
from slack_sdk.signature import SignatureVerifier

from bot.slack.app import SlackApp, create
from bot.slack.send import SlackChannel
from engine.alert import AlertKey
from service import deliver, frozen
from service.channel import DeliveryKind
from service.context import Context
from service.secrets import Secrets
from store import alerts, installs
from store import config as stored
from store.database import Database
from store.migrations import migrate
from store.tables import Account, Person
from tests.bot import pushing
from tests.bot.deliveries import NOW
from tests.fakes.slack_proxy import SlackProxy
from tests.servers import free_port
from tests.templates.stories import sample_story

HERE = Path(__file__).parent.parent
TEAM = "T000000001"
TOKEN = "xoxb-tests"
SECRET = "signing-secret-of-the-tests"
ACCOUNT, ALERT = "acc_harbor", "alert_1"
SCOPES = "[chat:write, users:read, users:read.email, im:write, im:history]"
CONFIG = """
[product]
name = "Northwind Reports"
currency = "EUR"
time_zone = "Europe/Berlin"
upgrade_url = "https://app.example.com/billing?plan={plan}"
[[meter]]
key = "reports"
name = { one = "report", other = "reports" }
value = "delivered to your clients"
[[plan]]
key = "team"
name = "Team"
price = "490.00"
next = "business"
limits = { reports = 10000 }
[[plan]]
key = "business"
name = "Business"
price = "890.00"
limits = { reports = 25000 }
"""
PEOPLE = (
    ("mara", "champion", "Mara Lindt", "champion@acme.test"),
    ("marta", "manager", "Marta Silva", "manager@acme.test"),
    ("finn", "finance", "Finn Okafor", "finance@acme.test"),
)


@pytest.fixture(scope="session")
def public_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory, public_port: int) -> Iterator[str]:
    """vercel-labs emulate: Slack's Web API with rooms, users, modals and OAuth."""
    with emulated(tmp_path_factory.mktemp("emulate"), public_port) as address:
        yield address


@contextlib.contextmanager
def emulated(folder: Path, public_port: int, more: Sequence[str] = ()) -> Iterator[str]:
    """The emulator with its usual users and `more`."""
    port = free_port()
    seed = folder / "seed.yaml"
    redirect = f"http://127.0.0.1:{public_port}/slack/oauth_redirect"
    names = ("champion", "manager", "finance", "stranger", "newcomer", "segue", *more)
    users = [f"{{name: {name}, real_name: {name}, email: {name}@acme.test}}" for name in names]
    seed.write_text(
        f"""slack:
  strict_scopes: true
  team: {{name: Acme, domain: acme}}
  users: [{", ".join(users)}]
  oauth_apps: [{{client_id: "1.2", client_secret: shh, app_id: A1, name: Segue,
    redirect_uris: ["{redirect}"], scopes: {SCOPES}}}]
  tokens: [{{token: {TOKEN}, user: segue, scopes: {SCOPES}}}]
"""
    )
    node = HERE.parent / ".venv/node/bin/node"
    script = HERE / "node_modules/emulate/dist/index.js"
    command = [node if node.exists() else "node", script, "start", "-s", "slack", "-p", str(port)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen([*command, "--seed", seed], stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert process.poll() is None, "the emulator stopped: `.ci/setup browser` installs it"
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.1)
    raise AssertionError("the emulator did not start")


@pytest.fixture
async def proxy(emulator: str) -> AsyncIterator[SlackProxy]:
    """Every payload that goes to Slack is checked; one that Slack would refuse fails the test."""
    server = SlackProxy(emulator)
    await server.start()
    yield server
    await server.stop()
    assert server.problems == []


@dataclass
class Clock:
    """Moved by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class World:
    """The vendor's Segue, and the hands of people at the customer."""

    context: Context
    clock: Clock
    proxy: SlackProxy
    app: SlackApp
    address: str
    users: dict[str, str]
    client: httpx.AsyncClient
    clicks: int = 0
    token: str = TOKEN

    async def drain(self) -> None:
        """Let the outbox run, as the worker does."""
        channels = {"slack": SlackChannel(self.context, api_url=self.proxy.api_url, timeout=20)}
        while await deliver.run_due(self.context, channels):
            pass

    async def push(self, kind: DeliveryKind = DeliveryKind.SUMMARY) -> None:
        """The summary has gone out to the champion; whether it may is not what is tested here."""
        delivery = pushing.waiting(self.context, "slack", kind, alert=ALERT)
        channel = SlackChannel(self.context, api_url=self.proxy.api_url)
        await pushing.sent(self.context, channel, delivery)

    async def post(
        self, form: dict[str, str], *, age: int = 0, secret: str = SECRET, path: str = "events"
    ) -> httpx.Response:
        """What Slack does: a form, signed."""
        return await self.raw(urlencode(form), age=age, secret=secret, path=path)

    async def raw(
        self,
        body: str,
        *,
        age: int = 0,
        secret: str = SECRET,
        path: str = "events",
        kind: str = "application/x-www-form-urlencoded",
    ) -> httpx.Response:
        stamp = str(int(time.time()) - age)
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        headers = {
            "content-type": kind,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature or "",
        }
        return await self.client.post(f"/slack/{path}", content=body.encode(), headers=headers)

    async def click(
        self,
        who: str,
        button: dict[str, Any],
        message: dict[str, Any] | None = None,
        **changes: Any,
    ) -> httpx.Response:
        """Click a button as Slack reports it."""
        self.clicks += 1
        action = {
            "action_id": button["action_id"],
            "block_id": "b",
            "type": "button",
            "value": button.get("value", ""),
            "action_ts": f"1700000000.{self.clicks:06}",
        }
        payload = {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": self.users[who], "team_id": TEAM},
            "api_app_id": "A1",
            "trigger_id": await self.trigger(),
            "response_url": self.proxy.response_url,
            "channel": {"id": (message or {}).get("channel", "D1"), "name": "directmessage"},
            "message": message or {"ts": "1.1", "text": "t", "blocks": []},
            "actions": [action],
        } | changes
        return await self.post({"payload": json.dumps(payload)})

    async def submit(
        self, who: str, view: dict[str, Any], values: dict[str, Any], **changes: Any
    ) -> httpx.Response:
        """Send a modal."""
        payload = {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": self.users[who], "team_id": TEAM},
            "api_app_id": "A1",
            "trigger_id": f"trigger-{time.monotonic_ns()}",
            "view": {**view, "id": "V1", "hash": "1", "state": {"values": values}},
        } | changes
        return await self.post({"payload": json.dumps(payload)})

    async def command(self, who: str, text: str, **changes: str) -> httpx.Response:
        """Type /segue."""
        form = {
            "command": "/segue",
            "text": text,
            "team_id": TEAM,
            "user_id": self.users.get(who, who),
            "channel_id": "D1",
            "trigger_id": f"trigger-{time.monotonic_ns()}",
            "response_url": self.proxy.response_url,
        }
        return await self.post(form | changes)

    async def event(
        self, name: str, id: str = "Ev1", around: dict[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """An event of the Events API; `around` is said beside the event itself."""
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": id,
            "event": {"type": name, **more},
        } | (around or {})
        return await self.raw(json.dumps(body), kind="application/json")

    async def trigger(self) -> str:
        """A trigger id that opens one modal, for three seconds."""
        found = await self.slack("views.generateTriggerId", user_id=self.users["champion"])
        return str(found["trigger_id"])

    async def slack(self, method: str, **body: Any) -> dict[str, Any]:
        """Ask the emulator itself."""
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{self.proxy.upstream}/api/{method}", json=body, headers=headers
            )
        found: dict[str, Any] = answer.json()
        assert found["ok"], (method, found)
        return found

    def last(self, method: str) -> dict[str, Any]:
        """The last payload of a method, with where it went."""
        call = self.proxy.of(method)[-1]
        return {**call.body, "ts": call.answer.get("ts"), "channel": call.answer.get("channel")}

    def button(self, method: str, label: str) -> dict[str, Any]:
        """A button of the last message, by what is written on it."""
        blocks = self.last(method)["blocks"]
        found = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
        found += [b["accessory"] for b in blocks if "accessory" in b]
        named = {e["text"]["text"]: e for e in found}
        assert label in named, list(named)
        button: dict[str, Any] = named[label]
        return button

    async def eventually(self, holds: Any) -> None:
        """Wait for what bolt does after it answered."""
        for _ in range(150):
            if holds():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it did not happen")


@pytest.fixture
def context(tmp_path: Path, public_port: int) -> Iterator[Context]:
    database = Database(f"sqlite:///{tmp_path / 'segue.db'}")
    migrate(database)
    clock = Clock()
    context = Context(
        database=database,
        clock=clock,
        secrets=Secrets(["a-key-of-the-tests-that-is-long-enough"]),
        public_url=f"http://127.0.0.1:{public_port}",
        channels=("slack",),
    )
    fill(context)
    yield context
    database.close()


def fill(context: Context) -> None:
    now = context.clock.now()
    story = sample_story()
    with context.database.write() as session:
        digest = hashlib.sha256(CONFIG.encode()).hexdigest()
        stored.add(session, text=CONFIG, digest=digest, at=now, by="tests")
        session.add(
            Account(
                id=ACCOUNT,
                name="Harbor Logistics",
                plan="team",
                time_zone="Europe/Berlin",
                since=now.date() - timedelta(days=300),
                domains=["acme.test"],
                created_at=now - timedelta(days=300),
                next_daily=now + timedelta(days=1),
                last_report=now,
            )
        )
        for person, role, name, email in PEOPLE:
            session.add(Person(account=ACCOUNT, id=person, role=role, name=name, email=email))
        session.flush()
        alerts.add(
            session,
            alerts.StoredAlert(
                id=ALERT,
                key=AlertKey(
                    account=ACCOUNT,
                    meter="reports",
                    moment=story.moment,
                    alert_class=story.alert_class,
                    period="2026-11-01",
                ),
                p=0.9,
                person="mara",
                audience=(),
                story=frozen.freeze(story),
                raised_at=now,
            ),
        )
        installs.save(session, workspace(context))


def workspace(context: Context, **changes: Any) -> installs.Workspace:
    values = {
        "platform": "slack",
        "team": TEAM,
        "account": ACCOUNT,
        "name": "Acme",
        "bot_user": "",
        "token": context.secrets.encrypt(TOKEN),
        "scopes": "",
        "installed_at": context.clock.now(),
        "revoked_at": None,
    }
    return installs.Workspace(**(values | changes))


@contextlib.asynccontextmanager
async def served(app: SlackApp, port: int) -> AsyncIterator[str]:
    """The app mounted as the product mounts it, on a real port."""

    @asgi("/slack", is_mount=True, copy_scope=True)
    async def slack(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    config = uvicorn.Config(
        Litestar(route_handlers=[slack]), host="127.0.0.1", port=port, log_level="error"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture
async def world(context: Context, proxy: SlackProxy, public_port: int) -> AsyncIterator[World]:
    app = create(
        context,
        signing_secret=SECRET,
        api_url=proxy.api_url,
        client_id="1.2",
        client_secret="shh",
        home_team="THOME",
        authorize_url=f"{proxy.upstream}/oauth/v2/authorize",
    )
    assert isinstance(context.clock, Clock)
    async with served(app, public_port) as address, httpx.AsyncClient(base_url=address) as client:
        made = World(context, context.clock, proxy, app, address, {}, client)
        members = (await made.slack("users.list"))["members"]
        made.users = {m["name"]: m["id"] for m in members}
        yield made

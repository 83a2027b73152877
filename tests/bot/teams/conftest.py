"""A small vendor with one account, Teams behind a real server, and Microsoft's side of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import uvicorn
from litestar import Litestar

from bot.teams.app import TeamsApp
from bot.teams.verify import Keys, Verifier
from segue.teams_mount import route
from service import deliver, rooms
from service.channel import DeliveryKind
from service.context import Context
from service.secrets import Secrets
from store import outbox
from store.database import Database
from store.migrations import migrate
from store.tables import DayBucket
from tests.bot import pushing
from tests.bot.conftest import ACCOUNT, ALERT, Clock, fill
from tests.fakes.microsoft import APP, TENANT, Microsoft
from tests.servers import free_port, serving

MARA, MARTA, FINN = (
    "00000000-0000-4000-8000-00000000000a",
    "00000000-0000-4000-8000-00000000000b",
    "00000000-0000-4000-8000-00000000000c",
)
STRANGER = "00000000-0000-4000-8000-00000000000d"
PEOPLE = {
    MARA: ("champion@acme.test", "Mara Lindt"),
    MARTA: ("manager@acme.test", "Marta Silva"),
    FINN: ("finance@acme.test", "Finn Okafor"),
    STRANGER: ("stranger@elsewhere.test", "Sten Fremd"),
}
BOT = f"28:{APP}"


@pytest.fixture(scope="session")
def _shared() -> Iterator[Microsoft]:
    made = Microsoft()
    with serving(made.app()) as url:
        made.url = url
        yield made


@pytest.fixture
def microsoft(_shared: Microsoft) -> Iterator[Microsoft]:
    url, key = _shared.url, _shared.key
    keep = Microsoft.__new__(Microsoft)
    Microsoft.__init__(keep)
    state = {name: value for name, value in vars(keep).items() if name not in ("key", "keys")}
    vars(_shared).update({**state, "url": url, "key": key, "keys": [key]})
    for id, (email, name) in PEOPLE.items():
        _shared.member(id, email, name)
    yield _shared
    assert _shared.problems == []


@dataclass
class World:
    """The vendor's Segue, and the hands of people in Teams."""

    context: Context
    clock: Clock
    microsoft: Microsoft
    app: TeamsApp
    client: httpx.AsyncClient
    count: int = 0
    rooms: dict[str, str] = field(default_factory=dict)

    def activity(self, type: str, who: str = MARA, **more: Any) -> dict[str, Any]:
        """An activity as Teams sends it, from the chat of two with `who`."""
        self.count += 1
        body = {
            "type": type,
            "id": f"activity-{self.count}",
            "timestamp": "2026-11-18T15:30:00.000Z",
            "localTimezone": "Europe/Berlin",
            "channelId": "msteams",
            "serviceUrl": self.microsoft.url,
            "from": {"id": f"29:{who}", "name": PEOPLE[who][1], "aadObjectId": who},
            "conversation": {
                "id": f"a:{who}",
                "conversationType": "personal",
                "tenantId": TENANT,
            },
            "recipient": {"id": BOT, "name": "Segue"},
            "channelData": {"tenant": {"id": TENANT}},
        }
        return body | more

    async def send(self, body: dict[str, Any], token: str | None = None) -> httpx.Response:
        """What Microsoft does: an activity with its token."""
        headers = {"authorization": f"Bearer {token or self.microsoft.token()}"}
        return await self.client.post("/teams/messages", json=body, headers=headers)

    async def install(self, who: str = MARA) -> None:
        """Somebody adds the app for themselves."""
        answer = await self.send(self.activity("installationUpdate", who, action="add"))
        assert answer.status_code == 200, answer.text
        await self.done()

    async def type(self, text: str, who: str = MARA, **more: Any) -> dict[str, Any]:
        """Somebody writes to the app; the card that answers."""
        before = len(self.microsoft.posted)
        answer = await self.send(self.activity("message", who, text=text, **more))
        assert answer.status_code == 200, answer.text
        await self.done()
        assert len(self.microsoft.posted) > before, f"nothing was answered to {text!r}"
        return self.microsoft.last().card

    async def invoke(self, name: str, value: Any, who: str = MARA, **more: Any) -> Any:
        """What Teams waits for: the body of its answer."""
        answer = await self.send(self.activity("invoke", who, name=name, value=value, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def press(self, button: dict[str, Any], who: str = MARA, **more: Any) -> dict[str, Any]:
        """Press a button of a card; the card in its place, or the line above it."""
        action = {"type": "Action.Execute", "verb": button["verb"], "data": button["data"]}
        answer = await self.invoke("adaptiveCard/action", {"action": action}, who, **more)
        assert answer["statusCode"] == 200, answer
        found: dict[str, Any] = answer
        return found

    async def open(self, button: dict[str, Any], who: str = MARA) -> dict[str, Any]:
        """Press a button that opens a dialog."""
        answer = await self.invoke("task/fetch", {"data": button["data"]}, who)
        found: dict[str, Any] = answer["task"]
        return found

    async def submit(
        self, dialog: dict[str, Any], who: str = MARA, **fields: Any
    ) -> dict[str, Any]:
        """Send a dialog off."""
        (button,) = dialog["value"]["card"]["content"]["actions"]
        value = {"data": {**button["data"], **fields}}
        found: dict[str, Any] = (await self.invoke("task/submit", value, who))["task"]
        return found

    async def link(self) -> None:
        """The organisation is linked to the account."""
        code = rooms.code(self.context, ACCOUNT)
        rooms.bind(self.context, "teams", TENANT, code, by="tests", bot=BOT)

    async def due(self, kind: DeliveryKind = DeliveryKind.SUMMARY) -> outbox.StoredDelivery:
        """The summary is to go out to the champion."""
        return pushing.waiting(self.context, "teams", kind, alert=ALERT)

    async def push(self, kind: DeliveryKind = DeliveryKind.SUMMARY) -> outbox.StoredDelivery:
        """The summary has gone out to the champion; whether it may is not what is tested here."""
        delivery = await self.due(kind)
        await pushing.sent(self.context, self.app.channel, delivery)
        return delivery

    async def drain(self) -> None:
        """Let the outbox run, as the worker does."""
        while await deliver.run_due(self.context, {"teams": self.app.channel}):
            pass

    async def done(self) -> None:
        """Wait until everything that was taken in is done."""
        for _ in range(400):
            if not self.app.inbox.busy:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("something is still under way")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    database = Database(f"sqlite:///{tmp_path / 'segue.db'}")
    migrate(database)
    context = Context(
        database=database,
        clock=Clock(),
        secrets=Secrets(["a-key-of-the-tests-that-is-long-enough"]),
        public_url="https://segue.example.com",
        channels=("teams", "email"),
    )
    fill(context)
    used(context)
    yield context
    database.close()


def used(context: Context) -> None:
    """As much as the sample story tells of, so that it still holds when it is sent."""
    at = context.clock.now()
    with context.database.write() as session:
        day = at.date() - timedelta(days=1)
        session.add(
            DayBucket(
                account=ACCOUNT, meter="reports", day=day, units=8_420, events=8_420, last_at=at
            )
        )


def verifier_of(microsoft: Microsoft, *hosts: str, **changes: Any) -> Verifier:
    """Lets in what the double signs; our token goes to it, and to `hosts`."""
    keys = changes.pop("keys", None) or Keys(f"{microsoft.url}/openid")
    return Verifier(APP, keys=keys, hosts=frozenset({microsoft.url, *hosts}), **changes)


async def own_token(scope: Any, tenant: str | None) -> str:
    """What signs what we send: the double takes any token of three parts."""
    return jwt.encode({"exp": int(time.time()) + 3600}, "x" * 32, algorithm="HS256")


@pytest.fixture
async def world(context: Context, microsoft: Microsoft) -> AsyncIterator[World]:
    app = TeamsApp(
        context,
        client_id=APP,
        verifier=verifier_of(microsoft),
        token=own_token,
    )
    port = free_port()
    litestar = Litestar(route_handlers=[route(app)], on_startup=[app.start])
    server = uvicorn.Server(
        uvicorn.Config(litestar, host="127.0.0.1", port=port, log_level="error")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done()
    assert isinstance(context.clock, Clock)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield World(context, context.clock, microsoft, app, client)
    server.should_exit = True
    await task


def texts(card: Any) -> str:
    """Everything that can be read on a card."""
    if isinstance(card, dict):
        own = [str(card[n]) for n in ("text", "title", "value", "subLabel") if n in card]
        return "\n".join([*own, *(texts(v) for v in card.values() if isinstance(v, dict | list))])
    if isinstance(card, list):
        return "\n".join(texts(v) for v in card)
    return ""


def buttons(card: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons of a card, by what is written on them."""
    found = list(card.get("actions") or [])
    for element in card["body"]:
        if element["type"] == "ActionSet":
            found += element["actions"]
    return {one["title"]: one for one in found}


@pytest.fixture
async def told(world: World) -> World:
    """The champion has their summary in Teams; the manager has the app too."""
    await world.link()
    for who in (MARA, MARTA):
        await world.install(who)
    await world.push()
    await world.drain()
    return world


def summary(world: World) -> dict[str, Any]:
    """The champion's newest card."""
    return world.microsoft.last(f"a:{MARA}").card

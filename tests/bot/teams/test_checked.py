"""Who may speak to us: only Microsoft, for this app, now, and with an address of its own."""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlmodel import func, select

from bot.teams.app import TeamsApp
from bot.teams.verify import Keys, Verifier
from segue.teams_mount import route
from store.tables import Callback, Inbound, Room
from tests.bot.teams.conftest import MARA, World, own_token, verifier_of
from tests.fakes.microsoft import APP, TENANT, Key, Microsoft

OTHER = "99999999-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SKEW = 300


@pytest.fixture(scope="module")
def stranger() -> Key:
    """A key that Microsoft does not publish."""
    return Key("stranger")


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is turned away is logged, and holds no token."""
    caplog.set_level(logging.DEBUG)
    yield
    assert "eyJ" not in caplog.text


@dataclass
class Seconds:
    """A clock of seconds that is moved by hand."""

    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


def app_with(world: World, verifier: Verifier) -> AsyncTestClient[Litestar]:
    """The same route with another idea of who may come in."""
    app = TeamsApp(world.context, client_id=APP, verifier=verifier, token=own_token)
    return AsyncTestClient(Litestar([route(app)], on_startup=[app.start]))


def nothing_happened(world: World) -> bool:
    """Nothing is kept, and nothing was written or asked anywhere."""
    with world.context.database.read() as session:
        kept = [
            session.exec(select(func.count()).select_from(table)).one()
            for table in (Inbound, Room, Callback)
        ]
    return kept == [0, 0, 0] and world.microsoft.calls == []


async def refused(world: World, status: int, token: str | None, **changes: Any) -> None:
    headers = {b"authorization": f"Bearer {token}".encode("latin-1")} if token else {}
    body = world.activity("installationUpdate", action="add") | changes
    answer = await world.client.post("/teams/messages", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    await world.done()
    assert nothing_happened(world)
    assert set(answer.json()) == {"error"}


async def test_what_microsoft_signed_passes_and_is_done(world: World) -> None:
    answer = await world.send(world.activity("installationUpdate", action="add"))
    assert answer.status_code == 200
    await world.done()
    assert len(world.microsoft.posted) == 1


NOW = time.time
CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": -SKEW - 30},
    "not yet": {"nbf": SKEW + 60},
    "another app": {"aud": OTHER},
    "every app": {"aud": "*"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://sts.windows.net/" + TENANT},
    "no issuer": {"iss": None},
    "no end": {"exp": None},
    "another service": {"serviceurl": "https://smba.trafficmanager.net/emea"},
    "no service": {"serviceurl": None},
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_a_token_that_says_something_else_is_turned_away(world: World, name: str) -> None:
    told = CLAIMS[name]
    now = int(time.time())
    timed = {n: now + v for n, v in told.items() if n in ("exp", "nbf") and v is not None}
    await refused(world, 401, world.microsoft.token(**(told | timed)))


@pytest.mark.parametrize("claim", [{"exp": -SKEW + 60}, {"nbf": SKEW - 60}])
async def test_clocks_may_differ_by_five_minutes(world: World, claim: dict[str, int]) -> None:
    (name, by), *_ = claim.items()
    token = world.microsoft.token(**{name: int(time.time()) + by})
    answer = await world.send(world.activity("installationUpdate", action="add"), token)
    assert answer.status_code == 200


async def test_an_unknown_key_is_turned_away(world: World, stranger: Key) -> None:
    await refused(world, 401, world.microsoft.token(key=stranger))


async def test_a_known_name_does_not_help_an_unknown_key(world: World, stranger: Key) -> None:
    forged = Key(world.microsoft.key.name, private=stranger.private)
    await refused(world, 401, world.microsoft.token(key=forged))


async def test_a_key_that_does_not_speak_for_teams(world: World, stranger: Key) -> None:
    world.microsoft.keys = [Key("webchat", private=stranger.private, endorsements=("webchat",))]
    await refused(world, 401, world.microsoft.token(key=world.microsoft.keys[0]))
    world.microsoft.keys = [Key("nothing", private=stranger.private, endorsements=())]
    async with app_with(world, verifier_of(world.microsoft)) as client:
        headers = {"authorization": f"Bearer {world.microsoft.token(key=world.microsoft.keys[0])}"}
        answer = await client.post(
            "/teams/messages", json=world.activity("message"), headers=headers
        )
        assert answer.status_code == 401


async def test_a_key_that_names_nobody_it_speaks_for(world: World, stranger: Key) -> None:
    """Endorsements came later: a key without any is Microsoft's all the same."""
    world.microsoft.keys = [Key("old", private=stranger.private, endorsements=None)]
    token = world.microsoft.token(key=world.microsoft.keys[0])
    answer = await world.send(world.activity("installationUpdate", action="add"), token)
    assert answer.status_code == 200


def part(of: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(of).encode()).rstrip(b"=").decode()


def forged(microsoft: Microsoft, alg: str) -> str:
    """The claims of a real token, signed with what everybody knows or not at all."""
    claims = jwt.decode(microsoft.token(), options={"verify_signature": False})
    signed = f"{part({'alg': alg, 'typ': 'JWT', 'kid': microsoft.key.name})}.{part(claims)}"
    public = microsoft.key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if alg.lower() == "none":
        return f"{signed}."
    made = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


@pytest.mark.parametrize("alg", ["HS256", "none", "None", "RS256", "ES256", "x"])
async def test_how_it_is_signed_is_not_for_the_token_to_say(world: World, alg: str) -> None:
    await refused(world, 401, forged(world.microsoft, alg))


@pytest.mark.parametrize(
    "token", [None, "x", "a.b.c", "....", "e30.e30.", "x" * 9000, "\u00e9" * 9]
)
async def test_without_a_token_nobody_comes_in(world: World, token: str | None) -> None:
    await refused(world, 401, token)


@pytest.mark.parametrize("scheme", ["Basic {}", "bearer {}", "{}", "Bearer{}", "Bearer"])
async def test_a_token_stands_behind_bearer(world: World, scheme: str) -> None:
    headers = {"authorization": scheme.format(world.microsoft.token())}
    body = world.activity("installationUpdate", action="add")
    answer = await world.client.post("/teams/messages", json=body, headers=headers)
    assert answer.status_code == 401
    assert nothing_happened(world)


async def test_a_new_key_passes_at_once_and_the_old_one_no_longer(
    world: World, stranger: Key
) -> None:
    """Microsoft turns its keys: whoever signs with the new one needs not wait a day."""
    clock, old = Seconds(), world.microsoft.token()
    keys = Keys(f"{world.microsoft.url}/openid", clock=clock)

    async with app_with(world, verifier_of(world.microsoft, keys=keys)) as client:

        async def status(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            body = world.activity("typing")
            return (await client.post("/teams/messages", json=body, headers=headers)).status_code

        assert await status(old) == 200
        new = Key("second", private=stranger.private)
        world.microsoft.keys = [new]
        clock.at += 61
        assert await status(old) == 200  # Keys are read anew where one is unknown.
        assert await status(world.microsoft.token(key=new)) == 200
        assert await status(old) == 401


async def test_keys_are_read_once_a_day(world: World) -> None:
    clock = Seconds()
    keys = Keys(f"{world.microsoft.url}/openid", clock=clock)
    verifier, body = verifier_of(world.microsoft, keys=keys), world.activity("typing")
    for hours in (0, 12, 11, 2, 1):
        clock.at += 3600 * hours
        await verifier.check(f"Bearer {world.microsoft.token()}", body)
    assert world.microsoft.key_reads == 2


async def test_nobody_makes_us_read_keys_more_than_once_a_minute(
    world: World, stranger: Key
) -> None:
    clock = Seconds()
    keys = Keys(f"{world.microsoft.url}/openid", clock=clock)
    async with app_with(world, verifier_of(world.microsoft, keys=keys)) as client:
        for n in range(60):
            if n in (20, 40):
                clock.at += 61
            named = Key(f"unknown-{n}", private=stranger.private)
            headers = {"authorization": f"Bearer {world.microsoft.token(key=named)}"}
            body = world.activity("message")
            answer = await client.post("/teams/messages", json=body, headers=headers)
            assert answer.status_code == 401
    assert world.microsoft.key_reads == 3


async def test_while_keys_can_not_be_read_microsoft_is_asked_to_try_again(world: World) -> None:
    world.microsoft.key_status = 503
    for _ in range(3):
        await refused(world, 503, world.microsoft.token())
    assert world.microsoft.key_reads == 1


async def test_keys_that_are_known_go_on_working(world: World, stranger: Key) -> None:
    clock = Seconds()
    keys = Keys(f"{world.microsoft.url}/openid", clock=clock)
    async with app_with(world, verifier_of(world.microsoft, keys=keys)) as client:

        async def status(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            body = world.activity("typing")
            return (await client.post("/teams/messages", json=body, headers=headers)).status_code

        assert await status(world.microsoft.token()) == 200
        world.microsoft.key_status = 500
        clock.at += 3 * 86_400
        assert await status(world.microsoft.token()) == 200
        new = Key("second", private=stranger.private)
        for _ in range(3):  # It may be Microsoft's: nobody can tell now.
            assert await status(world.microsoft.token(key=new)) == 503
        world.microsoft.key_status, world.microsoft.keys = 200, [new]
        clock.at += 61
        assert await status(world.microsoft.token(key=new)) == 200


async def test_nobody_waits_for_keys_that_are_slow_to_come(world: World) -> None:
    """Where ours are a day old one request looks for newer ones; the others go on meanwhile."""
    clock, go, reads = Seconds(), asyncio.Event(), list[str]()
    go.set()

    async def read(url: str) -> dict[str, Any]:
        reads.append(url)
        await go.wait()
        return {"jwks_uri": "keys", "keys": [world.microsoft.key.public()]}

    keys = Keys("openid", read=read, clock=clock)
    await keys.get("first")
    clock.at += 90_000
    go.clear()
    slow = asyncio.create_task(keys.get("first"))
    while len(reads) < 3:
        await asyncio.sleep(0)
    assert (await keys.get("first"))["kid"] == "first"
    assert not slow.done()
    go.set()
    await slow
    assert len(reads) == 4


@pytest.mark.parametrize("told", [[], {}, {"keys": 1}, {"keys": [1]}, {"keys": [{"kty": "RSA"}]}])
async def test_keys_that_are_none_are_read_again(world: World, told: Any) -> None:
    async def read(url: str) -> Any:
        return {"jwks_uri": "keys"} if url == "openid" else told

    async with app_with(
        world, verifier_of(world.microsoft, keys=Keys("openid", read=read))
    ) as client:
        headers = {"authorization": f"Bearer {world.microsoft.token()}"}
        body = world.activity("message")
        answer = await client.post("/teams/messages", json=body, headers=headers)
    assert answer.status_code == 503
    assert nothing_happened(world)


FOREIGN = [
    "https://evil.test/teams",
    "https://smba.trafficmanager.net.evil.test/",
    "https://smba.trafficmanager.net@evil.test/",
    "http://smba.trafficmanager.net/teams",
    "http://127.0.0.1:1/",
    "file:///etc/passwd",
    "//evil.test",
]


@pytest.mark.parametrize("url", FOREIGN)
async def test_an_address_that_is_not_microsoft_s_gets_no_call(world: World, url: str) -> None:
    """Even where a token names it: what we send there carries our own."""
    await refused(world, 403, world.microsoft.token(serviceurl=url), serviceUrl=url)


async def test_an_address_that_is_none(world: World) -> None:
    for url in ("http://[", "https://[::1"):
        await refused(world, 400, world.microsoft.token(serviceurl=url), serviceUrl=url)
    for wrong in ("", None, ["x"], {"x": 1}):
        await refused(world, 401, world.microsoft.token(), serviceUrl=wrong)


async def test_a_slash_at_the_end_is_no_other_address(world: World) -> None:
    body = world.activity("installationUpdate", action="add")
    answer = await world.send(body | {"serviceUrl": f"{world.microsoft.url}/"})
    assert answer.status_code == 200


@pytest.mark.parametrize("channel", ["webchat", "directline", "", None, 1])
async def test_only_teams_is_spoken_to(world: World, channel: Any) -> None:
    await refused(world, 403, world.microsoft.token(), channelId=channel)


async def test_only_organisations_on_the_list_are_let_in(world: World) -> None:
    headers = {"authorization": f"Bearer {world.microsoft.token()}"}
    body = world.activity("installationUpdate", action="add")
    async with app_with(
        world, verifier_of(world.microsoft, tenants=frozenset({OTHER.upper()}))
    ) as client:
        less: list[dict[str, Any]] = [{}, {"channelData": {}}]
        for changes in (*less, {"channelData": {}, "conversation": {}}):
            answer = await client.post("/teams/messages", json=body | changes, headers=headers)
            assert answer.status_code == 403
            assert nothing_happened(world)
    async with app_with(
        world, verifier_of(world.microsoft, tenants=frozenset({TENANT.upper()}))
    ) as client:
        answer = await client.post("/teams/messages", json=body, headers=headers)
        assert answer.status_code == 200


BODIES = [
    b"",
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"7",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 20_000,
    b'{"text":"' + b"x" * 262_144 + b'"}',
]


@pytest.mark.parametrize("raw", BODIES, ids=[str(b[:9]) for b in BODIES])
async def test_what_is_no_activity_is_refused(world: World, raw: bytes) -> None:
    headers = {
        "authorization": f"Bearer {world.microsoft.token()}",
        "content-type": "application/json",
    }
    answer = await world.client.post("/teams/messages", content=raw, headers=headers)
    assert answer.status_code == 400
    assert nothing_happened(world)


@pytest.mark.parametrize(
    "changes",
    [
        {"channelData": ["x"]},
        {"channelData": {"tenant": "x"}},
        {"conversation": "x"},
        {"from": "x"},
        {"recipient": 1},
        {"membersAdded": ["x"]},
        {"membersAdded": 7},
        {"type": ["x"]},
    ],
    ids=str,
)
async def test_an_activity_of_another_shape_brings_nothing_down(
    world: World, changes: dict[str, Any]
) -> None:
    body = world.activity("conversationUpdate") | changes
    answer = await world.send(body)
    assert answer.status_code == (200 if "type" in changes else 400)
    await world.done()
    assert world.microsoft.posted == []


async def test_half_an_emoji_is_taken_and_answered(world: World) -> None:
    """Some clients cut a text in the middle of a character."""
    body = world.activity("message", text="usage \ud83d", **{"from": {"id": "29:x \ude00"}})
    headers = {
        "authorization": f"Bearer {world.microsoft.token()}",
        "content-type": "application/json",
    }
    raw = json.dumps(body).encode()
    assert b"\\ud83d" in raw
    answer = await world.client.post("/teams/messages", content=raw, headers=headers)
    assert answer.status_code == 200
    await world.done()
    assert len(world.microsoft.posted) == 1


@pytest.mark.parametrize("type", ["typing", "messageReaction", "event", "trace", "somethingNew"])
async def test_what_nobody_waits_for_is_taken_and_forgotten(world: World, type: str) -> None:
    answer = await world.send(world.activity(type))
    assert answer.status_code == 200, answer.text
    assert nothing_happened(world)


@pytest.mark.parametrize("name", ["something/new", "", "signin/tokenExchange"])
async def test_an_invoke_that_nobody_answers_is_said_to_be_none_of_ours(
    world: World, name: str
) -> None:
    answer = await world.send(world.activity("invoke", name=name, value={}))
    assert answer.status_code == 501
    assert nothing_happened(world)


async def test_the_sdk_s_own_route_is_closed_to_whom_we_did_not_check(world: World) -> None:
    """A plugin or a second server that calls it gets no further than anybody else."""
    sdk = world.app._sdk
    body = world.activity("installationUpdate", MARA, action="add")
    for authorization in (f"Bearer {world.microsoft.token()}", "Bearer x", "Bearer ", ""):
        told = await sdk.adapter.routes["/teams/messages"](
            {"body": body, "headers": {"authorization": authorization}}
        )
        assert told["status"] == 401
    assert list(sdk.adapter.routes) == ["/teams/messages"]
    for path in ("/api/messages", "/teams/messages/", "/teams"):
        answer = await world.client.post(path, json=body)
        assert answer.status_code in (404, 405, 401)
    await world.done()
    assert nothing_happened(world)

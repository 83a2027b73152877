"""Nodes renew one token on one database: Slack is asked once, for a refresh token works once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from bot.slack.tokens import Tokens
from service.context import Context
from service.secrets import Secrets
from store import installs
from store.database import Database
from store.migrations import migrate
from tests.backends import Backend
from tests.bot.conftest import ACCOUNT, TEAM, TOKEN, Clock, workspace
from tests.fakes.slack_proxy import Fault, SlackProxy

KEY = "a-key-of-the-tests-that-is-long-enough"
NODES = 4
RENEWED = {
    "ok": True,
    "access_token": "xoxe.xoxb-new",
    "refresh_token": "xoxe-next",
    "expires_in": 43_200,
}


@pytest.fixture
def nodes(backend: Backend) -> Iterator[list[Context]]:
    """Contexts of several processes on one new database."""
    url, clock = backend.url(), Clock()
    databases = [Database(url) for _ in range(NODES)]
    migrate(databases[0])
    yield [
        Context(database=one, clock=clock, secrets=Secrets([KEY]), public_url="http://test")
        for one in databases
    ]
    for one in databases:
        one.close()
    backend.drop(url)


@pytest.fixture
async def slack() -> AsyncIterator[SlackProxy]:
    """A Slack that renews tokens, and does nothing else."""
    server = SlackProxy("http://127.0.0.1:9")
    await server.start()
    yield server
    await server.stop()


def expiring(context: Context, minutes: float) -> installs.Workspace:
    """The installation, with a token that expires so soon."""
    until = context.clock.now() + timedelta(minutes=minutes)
    refresh = context.secrets.encrypt("xoxe-once")
    made = workspace(context, refresh_token=refresh, expires_at=until)
    with context.database.write() as session:
        installs.save(session, made)
    return made


def kept(context: Context) -> installs.Workspace:
    with context.database.read() as session:
        found = installs.by_team(session, TEAM)
    assert found
    assert found.account == ACCOUNT
    return found


def tokens_of(nodes: list[Context], slack: SlackProxy) -> list[Tokens]:
    return [
        Tokens(one, api_url=slack.api_url, client_id="1.2", client_secret="shh") for one in nodes
    ]


async def test_many_nodes_renew_a_token_once(nodes: list[Context], slack: SlackProxy) -> None:
    found = expiring(nodes[0], 30)
    slack.faults.append(Fault("oauth.v2.access", answer=RENEWED, delay=0.3))
    tokens = tokens_of(nodes, slack)
    got = await asyncio.gather(*(one.token(found) for one in tokens for _ in range(3)))
    assert set(got) == {TOKEN, "xoxe.xoxb-new"}  # The old one is good until it expires.
    (call,) = slack.of("oauth.v2.access")
    assert call.body["refresh_token"] == "xoxe-once"
    after = kept(nodes[1])
    assert nodes[1].secrets.decrypt(after.refresh_token or "") == "xoxe-next"
    assert [await one.token(after) for one in tokens] == ["xoxe.xoxb-new"] * NODES
    assert len(slack.of("oauth.v2.access")) == 1


async def test_where_one_died_while_it_renewed_another_does(
    nodes: list[Context], slack: SlackProxy
) -> None:
    found = expiring(nodes[0], 30)
    assert found.expires_at
    with nodes[0].database.write() as session:
        now = nodes[0].clock.now()
        assert installs.begin_refresh(session, TEAM, found.expires_at, now)
    first, second, *_ = tokens_of(nodes, slack)
    assert await first.token(found) == TOKEN
    assert slack.of("oauth.v2.access") == []
    clock = nodes[0].clock
    assert isinstance(clock, Clock)
    clock.pass_by(seconds=31)
    slack.faults.append(Fault("oauth.v2.access", answer=RENEWED))
    assert await second.token(found) == "xoxe.xoxb-new"

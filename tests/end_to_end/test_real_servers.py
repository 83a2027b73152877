"""The servers that other tests rest on do what these believe: PostgreSQL, and NATS in a cluster."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from nats.errors import Error
from nats.js import JetStreamContext

from tests.nats import Nats
from tests.postgres import Postgres, found_in


@pytest.fixture
def cluster() -> Iterator[Nats]:
    made = Nats.start()
    yield made
    made.stop()


def test_every_database_begins_like_its_template(postgres: Postgres) -> None:
    one, other = postgres.migrated(), postgres.migrated()
    assert one != other
    postgres.drop(one)
    postgres.drop(other)
    assert postgres.sql("SHOW synchronous_commit") == [("on",)]


def test_a_missing_server_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make setup") as missing:
        found_in([tmp_path])
    assert "\n" not in str(missing.value)


async def test_a_stream_outlives_its_leader(cluster: Nats) -> None:
    client = await nats.connect(cluster.url.split(","), max_reconnect_attempts=-1, error_cb=_quiet)
    stream = client.jetstream(timeout=5)
    made = await stream.add_stream(name="USAGE", subjects=["usage.*"], num_replicas=3)
    for n in range(20):
        await _publish(stream, n)
    leader = cluster.node(str(made.cluster and made.cluster.leader))
    leader.kill()
    for n in range(15, 40):
        await _publish(stream, n)
    leader.start()
    await asyncio.to_thread(cluster.settle)
    assert (await stream.stream_info("USAGE")).state.messages == 40
    await client.close()


async def test_one_node_is_enough_for_a_desk() -> None:
    alone = Nats.start(nodes=1)
    client = await nats.connect(alone.url)
    stream = client.jetstream()
    await stream.add_stream(name="USAGE", subjects=["usage.*"])
    await _publish(stream, 1)
    (node,) = alone.nodes
    await client.close()
    node.kill()
    node.start()
    alone.settle()
    client = await nats.connect(alone.url)
    assert (await client.jetstream().stream_info("USAGE")).state.messages == 1
    await client.close()
    alone.stop()


async def _publish(stream: JetStreamContext, number: int) -> None:
    """Until it is acknowledged, for nobody may lead for a moment; the stream drops what it has."""
    end = time.monotonic() + 60
    while True:
        try:
            await stream.publish("usage.a", b"x", headers={"Nats-Msg-Id": str(number)})
        except Error:
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        else:
            return


async def _quiet(_: Exception) -> None:
    """A server that was killed is no news here."""

"""What NATS takes by itself: the same bodies to a stream of three copies, each acknowledged.

python -m bench.ingest.nats URL --seconds 6
"""

import argparse
import asyncio
import json
import time

import nats
from nats.js.api import StreamConfig

from bench.ingest.events import Bodies

_SIZE, _TOGETHER = 100, 128


async def _publish(url: str, seconds: float) -> dict[str, float]:
    client = await nats.connect(url.split(","))
    streams = client.jetstream()
    await streams.add_stream(StreamConfig(name="BARE", subjects=["bare.*"], num_replicas=3))
    bodies, sent, begun = Bodies(_SIZE, begin=time.time()), 0, time.perf_counter()

    async def one(lane: int) -> None:
        nonlocal sent
        while time.perf_counter() < begun + seconds:
            sent += 1
            await streams.publish(f"bare.{lane}", bodies.body(sent))

    await asyncio.gather(*(one(lane) for lane in range(_TOGETHER)))
    took = time.perf_counter() - begun
    await streams.delete_stream("BARE")
    await client.close()
    return {"accepted": sent * _SIZE, "seconds": took}


def main() -> None:
    """Publish, and print how much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=6.0)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(_publish(arguments.url, arguments.seconds))))


if __name__ == "__main__":
    main()

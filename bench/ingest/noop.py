"""The same server with a handler that only decodes the typed body: what HTTP and JSON cost.

python -m bench.ingest.noop --port 8321 [--bare]
"""

import argparse
from datetime import datetime
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, post

from api.app import create
from api.auth import require
from segue import settings
from segue.opening import context_of


class Typed(msgspec.Struct):
    """A usage event as Litestar would decode it for a handler."""

    id: str
    account: str
    meter: str
    value: int | float | None = None
    user: str | None = None
    at: datetime | None = None
    properties: dict[str, Any] | None = None


@post("/noop", status_code=200)
async def many(data: list[Typed]) -> dict[str, int]:
    """Nothing is done."""
    return {"accepted": len(data), "duplicates": 0}


@post("/noop1", status_code=200)
async def one(data: Typed) -> dict[str, int]:
    """Nothing is done."""
    return {"accepted": 1, "duplicates": 0}


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bare", action="store_true", help="Litestar alone: no key, no headers")
    arguments = parser.parse_args()
    if arguments.bare:
        app = Litestar([many, one], openapi_config=None, logging_config=None)
    else:
        context = context_of(settings.load())
        guard = require(context, "ingest")
        guarded = [
            post("/noop", status_code=200, guards=[guard])(many.fn),
            post("/noop1", status_code=200, guards=[guard])(one.fn),
        ]
        app = create(context, extra=guarded)
    uvicorn.run(app, port=arguments.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()

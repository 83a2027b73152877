"""POST /v1/bounces: a mail server refused an address after it had taken the message."""

from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, post

from api.auth import caller_of
from api.described import keyed
from api.schema import accepts
from service import bounce
from service.context import Context
from service.shapes import Bounce, read


class Bounced(msgspec.Struct):
    """For how many people it was noted: nobody has the address where it is none."""

    people: int


def routes(context: Context) -> list[Any]:
    """The one address that a mail provider's hook is led to."""

    @post(
        "/v1/bounces",
        summary="An address that does not exist, as the mail provider found out later",
        description="As if the server had refused it at once: nothing is mailed there for 30 days, "
        "or until the person is stated anew, and what was passed on by e-mail and is open becomes "
        "a draft. Bounces for good only. The same again changes nothing.",
        **keyed(
            context,
            "admin",
            takes=accepts(Bounce, examples={"no such mailbox": _EXAMPLE}),
            gives=Bounced,
            refuses=(404,),
        ),
    )
    async def bounced(request: Request[Any, Any, Any]) -> Bounced:
        body, by = await request.body(), caller_of(request).actor
        wanted = await run_sync(lambda: read(body, Bounce, context.policy().catalogue))
        return Bounced(people=await run_sync(bounce.take, context, wanted, by))

    return [bounced]


_EXAMPLE = {"email": "tomas@acme.example", "reason": "5.1.1"}

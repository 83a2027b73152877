"""GET /v1/rejects: what was not taken, why, how often, and the last one of each kind."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from anyio.to_thread import run_sync
from litestar import get
from litestar.params import FromQuery, QueryParameter

from api.described import keyed
from service import rejects
from service.context import Context
from store.rejects import Wanted

Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


class Counted(msgspec.Struct, kw_only=True):
    """How often one reason came, over all the days asked for."""

    source: str
    code: str
    count: int


class Reject(msgspec.Struct, kw_only=True):
    """One reason on one day, with what the last such item said.

    `name`: the meter or event as the client called it. "*" for account and name: what came on top
    of a day's thousand kinds. `sample`: id and time of the last one.
    """

    day: date
    source: str
    code: str
    account: str
    name: str
    count: int
    first_at: datetime
    last_at: datetime
    detail: str
    sample: dict[str, str]


class Rejects(msgspec.Struct, kw_only=True):
    """Reasons, the most frequent first; and the single kinds, newest first."""

    reasons: list[Counted]
    rejects: list[Reject]


def routes(context: Context) -> list[Any]:
    """The reject log."""

    @get(
        "/v1/rejects",
        summary="What was not taken, and why: by day, source, reason, account and name",
        **keyed(context, "admin", gives=Rejects),
    )
    async def listed(
        source: FromQuery[str | None] = None,
        code: FromQuery[str | None] = None,
        account: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
        since: FromQuery[date | None] = None,
        until: FromQuery[date | None] = None,
        limit: Limit = 100,
    ) -> Rejects:
        wanted = Wanted(
            source=source, code=code, account=account, name=name, since=since, until=until
        )
        found = await run_sync(lambda: rejects.listed(context, wanted, limit=limit))
        return Rejects(
            reasons=[Counted(source=s, code=c, count=n) for s, c, n in found.counts],
            rejects=msgspec.convert(found.rejects, list[Reject], from_attributes=True),
        )

    return [listed]

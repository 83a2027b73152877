"""POST /v1/backtests: what a policy would have said over stored usage; GET says how far it is."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.params import FromPath

from api.auth import caller_of
from api.described import keyed
from api.schema import accepts
from api.shapes import Backtest
from service import backtest_job, configure
from service.backtest_job import Wanted
from service.context import Context
from store.backtests import DONE, StoredBacktest


def routes(context: Context) -> list[Any]:
    """Backtests as jobs: one at a time."""

    @post(
        "/v1/backtests",
        summary="Replay stored usage under a policy, without changing anything",
        request_max_body_size=4 * configure.LARGEST,
        **keyed(
            context,
            "admin",
            takes=accepts(Wanted, required=False, examples={"a quarter": {"days": 90}}),
            gives=Backtest,
            status=202,
            refuses=(404, 409),
        ),
    )
    async def begin(request: Request[Any, Any, Any]) -> Response[Any]:
        body, by = await request.body(), caller_of(request).actor
        made = await run_sync(backtest_job.start, context, body, by)
        where = {"Location": f"/v1/backtests/{made.id}"}
        return Response(_standing(made), headers=where, status_code=202)

    @get(
        "/v1/backtests/{id:str}",
        summary="How far a backtest is, and what it found",
        **keyed(context, "admin", gives=Backtest, refuses=(404,)),
    )
    async def look(id: FromPath[str]) -> dict[str, Any]:
        found, lines = await run_sync(backtest_job.get, context, id)
        answer = _standing(found)
        if found.status == DONE:
            answer["summary"] = found.summary
            answer["alerts"] = [line.body for line in lines if line.kind == "alert"]
            if len(found.summary.get("policies", ())) > 1:
                answer["differences"] = [line.body for line in lines if line.kind == "difference"]
        return answer

    return [begin, look]


def _standing(backtest: StoredBacktest) -> dict[str, Any]:
    return {
        "id": backtest.id,
        "status": backtest.status,
        "progress": backtest.progress,
        "days": backtest.days,
        "asked_at": backtest.asked_at.isoformat(),
        **({"detail": backtest.detail} if backtest.detail else {}),
    }

"""Accounts, people, blockers and plan changes, as the vendor states them; and what was used."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, QueryParameter

from api.auth import caller_of
from api.described import keyed
from api.schema import accepts
from api.shapes import AccountPage, AccountUsage, PlanChange
from engine.usage import MeterUse
from service import accounts, plans, roster
from service.context import Context
from service.shapes import Account, Blocker, Person, Plan, Shape, read
from store.past import EVERYONE

T = TypeVar("T", bound=Shape)
Asked = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
_ONE = "/v1/accounts/{account:str}"
_ACCOUNT = {
    "plan": "team",
    "name": "Acme",
    "seats": 12,
    "time_zone": "Europe/Berlin",
    "external_ids": {"stripe": "cus_1"},
}
_PERSON = {"role": "champion", "name": "Priya Raman", "email": "priya@acme.example"}
_NUMBERS = msgspec.json.Encoder(decimal_format="number")


def routes(context: Context) -> list[Any]:
    """Everything the vendor says about its accounts."""
    return [*_accounts(context), *_reads(context), *_people(context), *_blockers(context)]


def _accounts(context: Context) -> list[Any]:

    @put(
        _ONE,
        summary="State an account anew",
        description="What is left out is as if it had never been said.",
        **keyed(
            context,
            "admin",
            takes=accepts(Account, examples={"on a plan": _ACCOUNT}),
            gives=Account,
            refuses=(404,),
        ),
    )
    async def state(request: Asked, account: FromPath[str]) -> Response[bytes]:
        async def put(wanted: Account, by: str) -> Account:
            return await run_sync(accounts.put, context, account, wanted, by)

        return await _stated(context, request, Account, put)

    @delete(
        _ONE,
        summary="Erase an account and everything known of it",
        **keyed(context, "admin", status=204, refuses=(404,)),
    )
    async def forget(request: Asked, account: FromPath[str]) -> None:
        await run_sync(accounts.forget, context, account, caller_of(request).actor)

    @post(
        f"{_ONE}/plan",
        summary="Note that an account changed its plan",
        **keyed(
            context,
            "admin",
            takes=accepts(Plan, examples={"an upgrade": {"plan": "business"}}),
            gives=PlanChange,
            refuses=(404, 409),
        ),
    )
    async def change(request: Asked, account: FromPath[str]) -> Response[bytes]:
        async def move(wanted: Plan, by: str) -> Any:
            return await run_sync(plans.change, context, account, wanted, by)

        return await _stated(context, request, Plan, move)

    return [state, forget, change]


def _reads(context: Context) -> list[Any]:

    @get(
        "/v1/accounts",
        summary="Accounts by id",
        **keyed(context, "read", gives=AccountPage),
    )
    async def listed(after: FromQuery[str] = "", limit: Limit = 100) -> Response[bytes]:
        found = await run_sync(lambda: accounts.page(context, after=after, limit=limit))
        rows = [{"account": name, **msgspec.to_builtins(shape)} for name, shape in found]
        following = rows[-1]["account"] if len(rows) == limit else None
        return _json({"accounts": rows, "next": following})

    @get(_ONE, summary="One account", **keyed(context, "read", gives=Account, refuses=(404,)))
    async def one(account: FromPath[str]) -> Response[bytes]:
        return _json(await run_sync(accounts.get, context, account))

    @get(
        f"{_ONE}/usage",
        summary="What the account uses of each meter",
        **keyed(context, "read", gives=AccountUsage, refuses=(404,)),
    )
    async def used(account: FromPath[str]) -> Response[bytes]:
        meters = await run_sync(accounts.used, context, account)
        return _json(
            {
                "account": account,
                "as_of": context.clock.now(),
                "meters": [_used(m) for m in meters],
            }
        )

    return [listed, one, used]


def _people(context: Context) -> list[Any]:
    path = f"{_ONE}/people/{{person:str}}"

    @get(path, summary="One person", **keyed(context, "read", gives=Person, refuses=(404,)))
    async def one(account: FromPath[str], person: FromPath[str]) -> Response[bytes]:
        return _json(await run_sync(roster.person, context, account, person))

    @put(
        path,
        summary="State a person anew",
        **keyed(
            context,
            "admin",
            takes=accepts(Person, examples={"a champion": _PERSON}),
            gives=Person,
            refuses=(404,),
        ),
    )
    async def state(
        request: Asked, account: FromPath[str], person: FromPath[str]
    ) -> Response[bytes]:
        async def put(wanted: Person, by: str) -> Person:
            return await run_sync(roster.put_person, context, account, person, wanted, by)

        return await _stated(context, request, Person, put)

    @delete(path, summary="Erase a person", **keyed(context, "admin", status=204, refuses=(404,)))
    async def forget(request: Asked, account: FromPath[str], person: FromPath[str]) -> None:
        by = caller_of(request).actor
        await run_sync(roster.forget_person, context, account, person, by)

    return [one, state, forget]


def _blockers(context: Context) -> list[Any]:
    paths = [f"{_ONE}/blockers/{{blocker:str}}", "/v1/blockers/{blocker:str}"]

    @get(paths, summary="One blocker", **keyed(context, "read", gives=Blocker, refuses=(404,)))
    async def one(request: Asked, blocker: FromPath[str]) -> Response[bytes]:
        return _json(await run_sync(roster.blocker, context, _whose(request), blocker))

    @put(
        paths,
        summary="State a blocker",
        **keyed(
            context,
            "admin",
            takes=accepts(Blocker, examples={"an outage": {"kind": "incident"}}),
            gives=Blocker,
            refuses=(404,),
        ),
    )
    async def state(request: Asked, blocker: FromPath[str]) -> Response[bytes]:
        async def put(wanted: Blocker, by: str) -> Blocker:
            account = _whose(request)
            return await run_sync(roster.put_blocker, context, account, blocker, wanted, by)

        return await _stated(context, request, Blocker, put)

    @delete(
        paths, summary="Forget a blocker", **keyed(context, "admin", status=204, refuses=(404,))
    )
    async def forget(request: Asked, blocker: FromPath[str]) -> None:
        by = caller_of(request).actor
        await run_sync(roster.remove_blocker, context, _whose(request), blocker, by)

    return [one, state, forget]


def _whose(request: Asked) -> str:
    """The account in the path; without one it is everyone."""
    return str(request.path_params.get("account", EVERYONE))


async def _stated(
    context: Context, request: Asked, shape: type[T], put: Callable[[T, str], Any]
) -> Response[bytes]:
    """Read what was sent, have it put, and say what holds now."""
    body, by = await request.body(), caller_of(request).actor
    wanted = await run_sync(lambda: read(body, shape, context.policy().catalogue))
    return _json(await put(wanted, by))


def _json(answer: Any) -> Response[bytes]:
    return Response(_NUMBERS.encode(answer), media_type="application/json")


def _used(meter: MeterUse) -> dict[str, Any]:
    return {
        "key": meter.key,
        "name": {"one": meter.name_one, "other": meter.name_other},
        "used": meter.used,
        "limit": meter.limit,
        "limit_known": meter.limit_known,
        "period": {"start": meter.period.start, "end": meter.period.end},
        "first_day": meter.first_day,
        "daily": meter.daily,
        "last_at": meter.last_at,
    }

"""Accounts, people, blockers and plan changes, as the vendor states them; and what was used."""

from typing import Annotated, Any, TypeVar

import anyio.to_thread
import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import Parameter

from api.auth import caller_of, require
from api.schema import accepts
from engine.usage import MeterUse
from service import accounts, plans, roster
from service.context import Context
from service.shapes import Account, Blocker, Person, Plan, Shape, read
from store.facts import EVERYONE

T = TypeVar("T", bound=Shape)
Asked = Request[Any, Any, Any]
_NUMBERS = msgspec.json.Encoder(decimal_format="number")
_TEXTS = msgspec.json.Encoder()


def routes(context: Context) -> list[Any]:
    """Everything the vendor says about its accounts."""
    return [*_accounts(context), *_plans(context), *_people(context), *_blockers(context)]


def _accounts(context: Context) -> list[Any]:
    admin, reader = require(context, "admin"), require(context, "read")

    @get("/v1/accounts", summary="Accounts by id", guards=[reader], sync_to_thread=True)
    def listed(
        after: str = "", limit: Annotated[int, Parameter(ge=1, le=1000)] = 100
    ) -> Response[bytes]:
        found = accounts.page(context, after=after, limit=limit)
        rows = [{"account": id, **msgspec.to_builtins(shape)} for id, shape in found]
        following = rows[-1]["account"] if len(rows) == limit else None
        return _json({"accounts": rows, "next": following})

    @get(
        "/v1/accounts/{account:str}",
        summary="One account",
        guards=[reader],
        sync_to_thread=True,
    )
    def one(account: str) -> Response[bytes]:
        return _json(accounts.get(context, account))

    @put(
        "/v1/accounts/{account:str}",
        summary="State an account anew, all of it",
        guards=[admin],
        operation_class=accepts(Account),
    )
    async def state(request: Asked, account: str) -> Response[bytes]:
        body, by = await request.body(), caller_of(request).actor

        def work() -> Account:
            return accounts.put(context, account, _read(context, body, Account), by)

        return _json(await anyio.to_thread.run_sync(work))

    @delete(
        "/v1/accounts/{account:str}",
        summary="Erase an account and everything known of it",
        guards=[admin],
        sync_to_thread=True,
    )
    def forget(request: Asked, account: str) -> None:
        accounts.forget(context, account, caller_of(request).actor)

    @get(
        "/v1/accounts/{account:str}/usage",
        summary="What the account uses of each meter",
        guards=[reader],
        sync_to_thread=True,
    )
    def used(account: str) -> Response[bytes]:
        meters = [_used(m) for m in accounts.used(context, account)]
        answer = {"account": account, "as_of": context.clock.now(), "meters": meters}
        return Response(_NUMBERS.encode(answer), media_type="application/json")

    return [listed, one, state, forget, used]


def _plans(context: Context) -> list[Any]:
    @post(
        "/v1/accounts/{account:str}/plan",
        summary="Note that an account changed its plan",
        guards=[require(context, "admin")],
        status_code=200,
        operation_class=accepts(Plan),
    )
    async def change(request: Asked, account: str) -> Response[bytes]:
        body, by = await request.body(), caller_of(request).actor

        def work() -> dict[str, Any]:
            done = plans.change(context, account, _read(context, body, Plan), by)
            return {
                "plan": done.plan,
                "at": done.at,
                "reason": done.reason,
                "previous": done.previous,
                "direction": done.direction,
            }

        return _json(await anyio.to_thread.run_sync(work))

    return [change]


def _people(context: Context) -> list[Any]:
    admin, path = require(context, "admin"), "/v1/accounts/{account:str}/people/{person:str}"

    @get(path, summary="One person", guards=[require(context, "read")], sync_to_thread=True)
    def one(account: str, person: str) -> Response[bytes]:
        return _json(roster.person(context, account, person))

    @put(path, summary="State a person anew", guards=[admin], operation_class=accepts(Person))
    async def state(request: Asked, account: str, person: str) -> Response[bytes]:
        body, by = await request.body(), caller_of(request).actor

        def work() -> Person:
            return roster.put_person(context, account, person, _read(context, body, Person), by)

        return _json(await anyio.to_thread.run_sync(work))

    @delete(path, summary="Erase a person", guards=[admin], sync_to_thread=True)
    def forget(request: Asked, account: str, person: str) -> None:
        roster.forget_person(context, account, person, caller_of(request).actor)

    return [one, state, forget]


def _blockers(context: Context) -> list[Any]:
    admin, reader = require(context, "admin"), require(context, "read")
    paths = ["/v1/accounts/{account:str}/blockers/{blocker:str}", "/v1/blockers/{blocker:str}"]

    @get(paths, summary="One blocker", guards=[reader], sync_to_thread=True)
    def one(blocker: str, account: str = EVERYONE) -> Response[bytes]:
        return _json(roster.blocker(context, account, blocker))

    @put(paths, summary="State a blocker", guards=[admin], operation_class=accepts(Blocker))
    async def state(request: Asked, blocker: str, account: str = EVERYONE) -> Response[bytes]:
        body, by = await request.body(), caller_of(request).actor

        def work() -> Blocker:
            wanted = _read(context, body, Blocker)
            return roster.put_blocker(context, account, blocker, wanted, by)

        return _json(await anyio.to_thread.run_sync(work))

    @delete(paths, summary="Forget a blocker", guards=[admin], sync_to_thread=True)
    def forget(request: Asked, blocker: str, account: str = EVERYONE) -> None:
        roster.remove_blocker(context, account, blocker, caller_of(request).actor)

    return [one, state, forget]


def _read(context: Context, body: bytes, shape: type[T]) -> T:
    return read(body, shape, context.policy().catalogue)


def _json(answer: Any) -> Response[bytes]:
    return Response(_TEXTS.encode(answer), media_type="application/json")


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

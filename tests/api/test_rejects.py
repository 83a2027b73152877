"""The reject log: what admins see of what was not taken, bounded however much nonsense comes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service import rejects, tidy
from service.context import Context
from service.rejects import Refusal
from service.secrets import Secrets
from store.rejects import MOST, Wanted
from tests.api.conftest import NOON, World
from tests.backends import Backend, opened
from tests.fakes.clock import FakeClock


@pytest.fixture
def context(backend: Backend) -> Iterator[Context]:
    clock, secrets = FakeClock(NOON), Secrets(["test"])
    with opened(backend) as database:
        yield Context(database=database, clock=clock, secrets=secrets, public_url="http://test")


def refused(n: int = 0, **changes: Any) -> Refusal:
    """Something that was not taken."""
    made = {
        "code": "no_account",
        "detail": "why",
        "account": f"a{n}",
        "name": "used",
        "id": f"e{n}",
    }
    return Refusal(index=n, **{**made, **changes})


def log(context: Context, **wanted: Any) -> list[tuple[str, str, int]]:
    """Account, name and count of each kind."""
    found = rejects.listed(context, Wanted(**wanted), limit=5000).rejects
    return sorted((r.account, r.name, r.count) for r in found)


def test_kinds_are_counted_with_the_last_of_each(context: Context) -> None:
    rejects.note(context, "lago", [refused(1, id="first"), refused(2)])
    context.clock.advance(hours=1)  # type: ignore[attr-defined]
    rejects.note(context, "lago", [refused(1, id="last", detail="why now")])
    found = rejects.listed(context, Wanted(account="a1"))
    (one,) = found.rejects
    assert (one.count, one.first_at, one.last_at) == (2, NOON, NOON + timedelta(hours=1))
    assert (one.detail, one.sample) == ("why now", {"id": "last"})
    assert found.counts == [("lago", "no_account", 2)]


def test_filters(context: Context) -> None:
    rejects.note(context, "lago", [refused(1), refused(2, code="unknown_meter", account="")])
    context.clock.advance(days=1)  # type: ignore[attr-defined]
    rejects.note(context, "stripe", [refused(1)])
    today = NOON.date() + timedelta(1)
    assert log(context, source="lago") == [("", "used", 1), ("a1", "used", 1)]
    assert log(context, code="unknown_meter") == [("", "used", 1)]
    assert log(context, account="a1", since=today) == [("a1", "used", 1)]
    assert log(context, until=NOON.date(), name="used", source="stripe") == []


def test_a_flood_of_kinds_is_counted_as_the_rest(context: Context) -> None:
    for start in range(0, 3 * MOST, 300):
        rejects.note(context, "usage", [refused(n) for n in range(start, start + 300)])
    rejects.flush(context)
    rejects.note(context, "usage", [refused(0), refused(2 * MOST)])
    found = log(context)
    assert len(found) == MOST + 1
    assert sum(count for _, _, count in found) == 3 * MOST + 2
    assert ("*", "*", 2 * MOST + 1) in found
    assert ("a0", "used", 2) in found, "a kind that is known goes on being told apart"


def test_another_day_begins_anew(context: Context) -> None:
    rejects.note(context, "usage", [refused(n) for n in range(MOST + 1)])
    context.clock.advance(days=1)  # type: ignore[attr-defined]
    rejects.note(context, "usage", [refused(MOST + 1)])
    assert log(context, since=NOON.date() + timedelta(1)) == [(f"a{MOST + 1}", "used", 1)]


def test_what_is_old_is_forgotten(context: Context) -> None:
    rejects.note(context, "usage", [refused(1)])
    context.clock.advance(days=30)  # type: ignore[attr-defined]
    rejects.note(context, "usage", [refused(2)])
    context.clock.advance(days=7)  # type: ignore[attr-defined]
    tidy.run(context)
    assert log(context) == [("a2", "used", 1)]


def test_whatever_was_sent_can_be_kept(context: Context) -> None:
    odd = refused(1, account="a\x00b", name="x" * 5000, detail="\u202e", id="\ud7ff\n")
    rejects.note(context, "usage", [odd])
    ((account, name, _),) = log(context)
    assert (account, len(name)) == ("a\ufffdb", 256)


def test_native_rejects_are_counted_by_what_they_name(world: World, account: str) -> None:
    items = [
        {"id": "e1", "account": account, "meter": "nope"},
        {"id": "e2", "account": account, "meter": "reports"},
        {"id": 5, "account": account, "meter": "reports"},
        [],
    ]
    assert world.post(items).json()["accepted"] == 1
    answer = world.admin("GET", "/v1/rejects", params={"source": "usage", "account": account})
    assert answer.status_code == 200
    found = {r["code"]: r for r in answer.json()["rejects"]}
    assert found.keys() == {"unknown_meter", "invalid_field"}
    assert (found["unknown_meter"]["name"], found["unknown_meter"]["sample"]) == (
        "nope", {"id": "e1"},
    )  # fmt: skip
    everything = world.admin("GET", "/v1/rejects", params={"source": "usage"}).json()
    assert any(r["code"] == "invalid_field" and r["count"] >= 2 for r in everything["reasons"])


def test_only_admins_read_it(world: World) -> None:
    for scope in ("ingest", "read"):
        with world.client(world.keys[scope]) as client:
            assert client.get("/v1/rejects").status_code == 403
    assert world.admin("GET", "/v1/rejects", params={"since": "yesterday"}).status_code == 400
    assert world.admin("GET", "/v1/rejects", params={"limit": 0}).status_code == 400


def test_erasing_an_account_forgets_what_it_was_refused(world: World, account: str) -> None:
    assert world.admin("PUT", f"/v1/accounts/{account}", {}).is_success
    rejects.note(world.context, "usage", [refused(account=account)])
    assert log(world.context, account=account)
    assert world.admin("DELETE", f"/v1/accounts/{account}").is_success
    assert not log(world.context, account=account)

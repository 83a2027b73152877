"""Accounts, people, blockers and plans: what is put is what is got, and wrong fields are named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, col, select

from store import audit, tables
from tests.api.conftest import NOON, World

Event = Callable[..., dict[str, Any]]

WHOLE: dict[str, Any] = {
    "plan": "team",
    "name": "Acme <b>& Söhne</b>",
    "seats": 12,
    "time_zone": "Asia/Kolkata",
    "locale": "de-AT",
    "country": "AT",
    "currency": "USD",
    "since": "2025-01-31",
    "anchor": 31,
    "renewal": "2027-01-31",
    "limits": {"reports": 12000, "seats": None},
    "price": "449.50",
    "custom": True,
    "integrations": ["slack", "hubspot"],
    "external_ids": {"stripe": "cus_123"},
    "holdout": "exclude",
    "objected": True,
    "domains": ["acme.example"],
}

WRONG_ACCOUNT: dict[str, tuple[Any, str]] = {
    "unknown field": ({"seat": 3}, "/seat"),
    "unknown plan": ({"plan": "taem"}, "/plan"),
    "seats a text": ({"seats": "3"}, "/seats"),
    "seats negative": ({"seats": -1}, "/seats"),
    "seats a fraction": ({"seats": 1.5}, "/seats"),
    "zone": ({"time_zone": "Berlin"}, "/time_zone"),
    "zone a path": ({"time_zone": "../etc/passwd"}, "/time_zone"),
    "locale": ({"locale": "xx-YY-zz"}, "/locale"),
    "country": ({"country": "Germany"}, "/country"),
    "currency": ({"currency": "euro"}, "/currency"),
    "since": ({"since": "31.01.2025"}, "/since"),
    "anchor": ({"anchor": 32}, "/anchor"),
    "limit of an unknown meter": ({"limits": {"reprots": 5}}, "/limits/reprots"),
    "limit negative": ({"limits": {"reports": -5}}, "/limits/reports"),
    "limit a fraction": ({"limits": {"reports": 5.5}}, "/limits"),
    "price": ({"price": "a lot"}, "/price"),
    "price a float": ({"price": 449.5}, "/price"),
    "price not finite": ({"price": "NaN"}, "/price"),
    "holdout": ({"holdout": "never"}, "/holdout"),
    "domain": ({"domains": ["ok.example", "http://x"]}, "/domains/1"),
    "name with a direction override": ({"name": "a\u202eb"}, "/name"),
    "external id": ({"external_ids": {"stripe": 5}}, "/external_ids"),
    "a slash in a key": ({"a/b": 1}, "/a~1b"),
    "a list": ([], ""),
}


def test_an_account_is_got_as_it_was_put(world: World, account: str) -> None:
    put = world.admin("PUT", f"/v1/accounts/{account}", WHOLE)
    assert put.status_code == 200, put.text
    assert put.json() == WHOLE
    assert world.admin("GET", f"/v1/accounts/{account}").json() == WHOLE


def test_put_replaces_the_whole_but_keeps_the_first_day(
    world: World, account: str, event: Event
) -> None:
    world.admin("PUT", f"/v1/accounts/{account}", WHOLE)
    assert world.admin("PUT", f"/v1/accounts/{account}", {"seats": 3}).json() == {
        "seats": 3,
        "since": "2025-01-31",
    }


def test_an_account_put_before_its_first_event_begins_with_it(
    world: World, account: str, event: Event
) -> None:
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team"})
    world.post(event(at="2026-03-10T12:00:00Z"))
    world.post(event(at="2026-03-12T12:00:00Z"))
    found = world.admin("GET", f"/v1/accounts/{account}").json()
    assert found == {"plan": "team", "since": "2026-03-10"}


@pytest.mark.parametrize("name", WRONG_ACCOUNT)
def test_wrong_field_is_named_and_nothing_changes(name: str, world: World, account: str) -> None:
    body, pointer = WRONG_ACCOUNT[name]
    world.admin("PUT", f"/v1/accounts/{account}", {"seats": 7})
    answer = world.admin("PUT", f"/v1/accounts/{account}", body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("pointer", "") == pointer
    assert world.admin("GET", f"/v1/accounts/{account}").json() == {"seats": 7}


def test_a_near_miss_is_named(world: World, account: str) -> None:
    for body, hint in (({"seat": 1}, "'seats'"), ({"plan": "taem"}, "'team'")):
        assert hint in world.admin("PUT", f"/v1/accounts/{account}", body).json()["detail"]


@pytest.mark.parametrize("name", ["*", "..", "a%00b", "a%E2%80%AEb", "x" * 257, "%20"])
def test_what_cannot_be_an_id_is_refused(name: str, world: World) -> None:
    answer = world.admin("PUT", f"/v1/accounts/{name}", {})
    assert answer.status_code in (400, 404, 405)


def test_own_limits_and_zone_count_at_once(world: World, account: str, event: Event) -> None:
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team"})
    world.post(event(value=3))
    assert world.meter(account)["limit"] == 10000
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team", "limits": {"reports": 5}})
    assert world.meter(account)["limit"] == 5
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team", "limits": {"reports": None}})
    found = world.meter(account)
    assert found["limit"] is None
    assert found["limit_known"] is True


def test_accounts_are_listed_page_by_page(world: World, account: str) -> None:
    names = [f"{account}-{n}" for n in range(5)]
    for name in names:
        world.admin("PUT", f"/v1/accounts/{name}", {"seats": 1})
    found: list[str] = []
    after: str | None = account
    while after is not None and len(found) < 5:
        page = world.admin("GET", "/v1/accounts", params={"after": after, "limit": 2}).json()
        found += [row["account"] for row in page["accounts"]]
        after = page["next"]
    assert found[:5] == names
    assert world.admin("GET", "/v1/accounts", params={"limit": 0}).status_code == 400


class TestPlans:
    def changes(self, world: World, account: str) -> list[tuple[str, int]]:
        """The plan changes as stored, oldest first."""
        with world.context.database.read() as session:
            rows = session.exec(
                select(tables.PlanChange)
                .where(col(tables.PlanChange.account) == account)
                .order_by(col(tables.PlanChange.at))
            )
            return [(row.plan, row.direction) for row in rows]

    def test_up_down_and_sideways_by_the_order_of_next(self, world: World, account: str) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "starter"})
        for plan, direction in (("business", 1), ("team", -1), ("partner", 0), ("team", 0)):
            answer = world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": plan})
            assert answer.status_code == 200, answer.text
            assert answer.json()["direction"] == direction
            assert world.admin("GET", f"/v1/accounts/{account}").json()["plan"] == plan
        assert self.changes(world, account) == [
            ("starter", 0), ("business", 1), ("team", -1), ("partner", 0), ("team", 0),
        ]  # fmt: skip

    def test_the_same_plan_again_changes_nothing(self, world: World, account: str) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team"})
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team", "seats": 4})
        world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "team"})
        assert self.changes(world, account) == [("team", 0)]

    def test_putting_another_plan_is_a_change(self, world: World, account: str) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team"})
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "business"})
        assert self.changes(world, account) == [("team", 0), ("business", 1)]

    def test_a_change_told_late_does_not_undo_a_newer_one(self, world: World, account: str) -> None:
        path = f"/v1/accounts/{account}/plan"
        world.admin("PUT", f"/v1/accounts/{account}", {})
        world.admin("POST", path, {"plan": "business", "at": "2026-03-10T00:00:00Z"})
        late = world.admin("POST", path, {"plan": "team", "at": "2026-03-01T00:00:00Z"})
        assert late.json()["previous"] is None
        assert world.admin("GET", f"/v1/accounts/{account}").json()["plan"] == "business"

    def test_open_alerts_are_answered_by_it(self, world: World, account: str) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "team"})
        with world.context.database.write() as session:
            session.add(
                tables.Alert(
                    account=account, id="alert_1", key="k", alert_class="ask", moment="pace",
                    meter="reports", period="2026-03", raised_at=NOON, policy_version=1,
                )
            )  # fmt: skip
        world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "business"})
        with world.context.database.read() as session:
            alert = session.get_one(tables.Alert, (account, "alert_1"))
        assert alert.closed_as == "plan_changed"
        assert alert.closed_at is not None

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/plan"),
            ({"plan": "nope"}, "/plan"),
            ({"plan": "team", "at": "2026-03-01"}, "/at"),
            ({"plan": "team", "at": "2026-03-01T00:00:00"}, "/at"),
            ({"plan": "team", "at": (NOON + timedelta(days=1)).isoformat()}, "/at"),
            ({"plan": "team", "why": "x"}, "/why"),
        ],
    )
    def test_wrong_changes_are_refused(
        self, body: Any, pointer: str, world: World, account: str
    ) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {})
        answer = world.admin("POST", f"/v1/accounts/{account}/plan", body)
        assert answer.status_code == 400
        assert answer.json()["pointer"] == pointer

    def test_an_unknown_account_has_no_plan(self, world: World, account: str) -> None:
        path = f"/v1/accounts/{account}/plan"
        assert world.admin("POST", path, {"plan": "team"}).status_code == 404


MANAGER: dict[str, Any] = {
    "role": "manager",
    "email": "mia@acme.example",
    "name": "Mia",
    "can_buy": True,
    "locale": "de",
    "time_zone": "Europe/Vienna",
    "joined": "2026-01-05",
    "muted": True,
}


class TestPeople:
    def test_a_person_is_got_as_put_and_erased(self, world: World, account: str) -> None:
        path = f"/v1/accounts/{account}/people/mia"
        world.admin("PUT", f"/v1/accounts/{account}", {})
        assert world.admin("PUT", path, MANAGER).json() == MANAGER
        assert world.admin("GET", path).json() == MANAGER
        assert world.admin("DELETE", path).status_code == 204
        assert world.admin("GET", path).status_code == 404
        assert world.admin("DELETE", path).status_code == 404

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/role"),
            ({"role": "boss"}, "/role"),
            ({"role": "user", "email": "mia"}, "/email"),
            ({"role": "user", "email": "a@b.c\nBcc: x@y.z"}, "/email"),
            ({"role": "user", "can_buy": "yes"}, "/can_buy"),
            ({"role": "user", "time_zone": "Vienna"}, "/time_zone"),
            ({"role": "user", "joined": "2026-02-30"}, "/joined"),
            ({"role": "user", "mail": "a@b.c"}, "/mail"),
        ],
    )
    def test_wrong_fields_are_named(
        self, body: Any, pointer: str, world: World, account: str
    ) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {})
        answer = world.admin("PUT", f"/v1/accounts/{account}/people/p", body)
        assert answer.status_code == 400
        assert answer.json()["pointer"] == pointer

    def test_nobody_lives_at_an_unknown_account(self, world: World, account: str) -> None:
        path = f"/v1/accounts/{account}/people/mia"
        assert world.admin("PUT", path, MANAGER).status_code == 404

    def test_erasing_leaves_counts_but_no_trace(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post([event(user="mia-42"), event(user="tom")])
        world.post(event(kind="friction", user="mia-42", at=NOON.isoformat()))
        path = f"/v1/accounts/{account}/people/mia-42"
        world.admin("PUT", path, {"role": "user", "email": "mia-42@acme.example"})
        world.admin("DELETE", path)
        assert world.used(account) == 2
        assert "mia-42" not in everything(world, account)
        assert "tom" in everything(world, account)


class TestBlockers:
    def test_for_one_account(self, world: World, account: str) -> None:
        path = f"/v1/accounts/{account}/blockers/T-1"
        world.admin("PUT", f"/v1/accounts/{account}", {})
        put = world.admin("PUT", path, {"kind": "ticket", "urgent": True})
        assert put.json() == {"kind": "ticket", "urgent": True, "from": "2026-03-18T12:00:00Z"}
        closed = {"kind": "ticket", "until": "2026-03-18T14:00:00+02:00"}
        assert world.admin("PUT", path, closed).json() == {
            "kind": "ticket",
            "from": "2026-03-18T12:00:00Z",
            "until": "2026-03-18T12:00:00Z",
        }
        assert world.admin("DELETE", path).status_code == 204
        assert world.admin("GET", path).status_code == 404

    def test_for_everyone(self, world: World) -> None:
        body = {"kind": "incident", "from": "2026-03-18T10:00:00Z"}
        assert world.admin("PUT", "/v1/blockers/outage", body).json() == body
        assert world.changed == [None]
        with world.context.database.read() as session:
            assert session.get(tables.Blocker, ("*", "outage")) is not None
        assert world.admin("DELETE", "/v1/blockers/outage").status_code == 204

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"kind": "mood"}, "/kind"),
            ({"kind": "sales", "from": "2026-03-18"}, "/from"),
            ({"kind": "sales", "from": "2026-03-18T10:00:00"}, "/from"),
            (
                {
                    "kind": "sales",
                    "from": "2026-03-18T10:00:00Z",
                    "until": "2026-03-18T09:00:00Z",
                },
                "/until",
            ),
            ({"kind": "sales", "untli": "x"}, "/untli"),
        ],
    )
    def test_wrong_fields_are_named(self, body: Any, pointer: str, world: World) -> None:
        answer = world.admin("PUT", "/v1/blockers/b", body)
        assert answer.status_code == 400
        assert answer.json()["pointer"] == pointer


def everything(world: World, account: str) -> str:
    """All rows that mention an account, as text."""
    rows = []
    with world.context.database.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name == tables.ConfigVersion.__tablename__:
                continue
            rows += [
                f"{table.name}: {row}"
                for row in session.connection().execute(table.select())
                if account in map(str, row)
            ]
    return "\n".join(rows)


def test_erasing_an_account_leaves_nothing_of_it(world: World, account: str, event: Event) -> None:
    world.admin("PUT", f"/v1/accounts/{account}", {**WHOLE, "name": "Secret Ltd"})
    world.admin("PUT", f"/v1/accounts/{account}/people/p", MANAGER)
    world.admin("PUT", f"/v1/accounts/{account}/blockers/b", {"kind": "care"})
    world.post([event(user="u"), event(total=9, at=NOON.isoformat(), meter="seats")])
    world.post(event(kind="friction", user="u", at=NOON.isoformat()))
    assert world.admin("DELETE", f"/v1/accounts/{account}").status_code == 204
    assert world.admin("GET", f"/v1/accounts/{account}").status_code == 404
    assert world.admin("DELETE", f"/v1/accounts/{account}").status_code == 404
    left = everything(world, account).splitlines()
    assert all(line.startswith("audit: ") for line in left), left
    assert "Secret" not in "\n".join(left)


def test_events_of_an_erased_account_count_when_they_are_sent_again(
    world: World, account: str, event: Event
) -> None:
    mine, others = event(value=3), event(account=f"{account}-b", value=5)
    world.post([mine, others])
    world.admin("DELETE", f"/v1/accounts/{account}")
    assert world.post([mine, others]).json() == {"accepted": 1, "duplicates": 1, "rejected": []}
    assert world.used(account) == 3
    assert world.post([mine, others]).json()["duplicates"] == 2


def test_every_change_is_in_the_audit_log(world: World, account: str) -> None:
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "starter"})
    world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": "team", "reason": "called"})
    world.admin("PUT", f"/v1/accounts/{account}/people/p", {"role": "user"})
    world.admin("PUT", f"/v1/accounts/{account}/blockers/b", {"kind": "care"})
    world.admin("DELETE", f"/v1/accounts/{account}/blockers/b")
    world.admin("DELETE", f"/v1/accounts/{account}/people/p")
    world.admin("PUT", f"/v1/accounts/{account}", {"plan": "nope"})
    with world.context.database.read() as session:
        entries = audit.newest(session, account=account)
    assert [e.action for e in reversed(entries)] == [
        "account.put", "plan.change", "person.put", "blocker.put", "blocker.remove", "person.erase",
    ]  # fmt: skip
    assert all(e.actor.startswith("key:key_") for e in entries)
    assert entries[4].before == {"plan": "starter"}
    assert entries[4].after is not None
    assert entries[4].after["reason"] == "called"

"""What was decided about an account: decisions that replay, alerts, and the ledger."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.api.live import NOW, Live, live
from tests.backends import Backend

PATHS = ("decisions", "alerts", "ledger")


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


@pytest.fixture(scope="module")
def account(world: Live) -> str:
    """Three weeks of an account: asked, refused, over its limit, a ticket, another plan."""
    name, alert = world.asked()
    world.widget(name, "fiona").say(alert, "snoozed")
    for day in range(21):
        world.clock.set(NOW + timedelta(days=day, hours=1))
        world.use(name, 55)
        if day == 2:
            world.admin("PUT", f"/v1/accounts/{name}/blockers/t1", {"kind": "ticket"})
        if day == 15:
            world.admin("POST", f"/v1/accounts/{name}/plan", {"plan": "business"})
        world.settle()
        world.clock.set(NOW + timedelta(days=day + 1))
        world.settle()
    return name


def read(world: Live, account: str, what: str, **query: Any) -> Any:
    headers = {"Authorization": f"Bearer {world.keys['read']}"}
    answer = world.http.get(f"/v1/accounts/{account}/{what}", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_decision_replays_bit_by_bit(world: Live, account: str) -> None:
    found = read(world, account, "decisions")["decisions"]
    assert len(found) >= 4
    assert [d["replayed"] for d in found] == [True] * len(found)
    assert len({d["digest"] for d in found}) == len(found)
    instants = [d["at"] for d in found]
    assert instants == sorted(instants, reverse=True)
    assert {"ask", "silent", "notice"} <= {d["outcome"] for d in found}


def test_a_decision_says_what_was_seen_and_why(world: Live, account: str) -> None:
    found = read(world, account, "decisions")["decisions"]
    for decision in found:
        assert decision.keys() == {
            "at", "until", "outcome", "reason", "moment", "meter", "stage", "p", "sentence",
            "customer_sentence", "reasons", "evidence", "forecasts", "trust", "next_possible",
            "policy_version", "digest", "replayed",
        }  # fmt: skip
        assert decision["sentence"]
        assert {e["label"] for e in decision["evidence"]} >= {"stage", "attention left"}
        codes = [r["code"] for r in decision["reasons"]]
        assert decision["reason"] == (codes[0] if codes else None)
        if decision["outcome"] == "silent":
            assert codes
    assert "ticket_open" in {r["code"] for d in found for r in d["reasons"]}
    assert "backoff" in {r["code"] for d in found for r in d["reasons"]}


PARTS = {
    "account", "as_of", "facts", "stage", "outlooks", "moments", "ledger", "texts", "what_if",
    "replay", "same_day",
}  # fmt: skip


def test_one_decision_is_told_with_all_that_is_behind_it(world: Live, account: str) -> None:
    [one] = read(world, account, "decisions", on="2026-11-21")["decisions"]
    assert (one["reason"], one["outcome"]) == ("ticket_open", "silent")
    behind = one["detail"]
    assert behind.keys() == PARTS
    facts = behind["facts"]
    assert (facts["plan"], facts["next_plan"]) == ("team", "business")
    assert facts["people"] == {"known": 4, "reachable": 4, "muted": 0, "with_use": 2}
    assert [(m["key"], m["limit"], m["period"]["start"]) for m in facts["meters"]] == [
        ("reports", "1000", "2026-11-01")
    ]
    assert [(b["id"], b["kind"], b["from"][:10]) for b in facts["blockers"]] == [
        ("t1", "ticket", "2026-11-20")
    ]
    failed = {
        gate["code"]: gate["until"]
        for gate in behind["moments"][0]["gates"]
        if gate["answer"] == "failed"
    }
    assert list(failed) == [r["code"] for r in one["reasons"]]
    assert failed["ticket_open"] is None
    assert failed["ask_spacing"] == "2026-12-18"
    assert behind["ledger"]["trust"] == one["trust"]
    [text] = behind["texts"]  # Priya was asked; Jonas is the next who carries it.
    assert (text["sent"], text["to"], text["class"]) == (False, "jonas", "ask")
    assert text["title"]
    assert text["body"]
    # By the time the rest is over, use has earned the attention back: no step is needed for it.
    steps = [step["reason"] for step in behind["what_if"]]
    assert steps == [code for code in failed if code != "trust_low"]
    assert behind["what_if"][0]["change"] == "without"
    assert behind["what_if"][-1]["then"]["outcome"] == "ask"
    assert behind["replay"] == {
        "same": True, "digest": one["digest"], "policy_version": 1, "differences": []
    }  # fmt: skip


def test_the_list_tells_it_where_that_is_asked_for(world: Live, account: str) -> None:
    short = read(world, account, "decisions", limit=3)["decisions"]
    full = read(world, account, "decisions", limit=3, detail=True)["decisions"]
    assert all("detail" not in one for one in short)
    assert [{k: v for k, v in one.items() if k != "detail"} for one in full] == short
    for one in full:
        assert one["detail"].keys() == PARTS
        assert one["detail"]["replay"]["same"] is True


def test_what_was_sent_is_told_with_its_deliveries(world: Live, account: str) -> None:
    [one] = read(world, account, "decisions", on=NOW.isoformat())["decisions"]
    assert one["outcome"] == "ask"
    [text] = one["detail"]["texts"]
    assert text["sent"] is True
    assert text["closed_as"] == "snoozed"
    assert ("summary", "slack", "sent") in {
        (d["kind"], d["channel"], d["state"]) for d in text["deliveries"]
    }
    assert [step["change"] for step in one["detail"]["what_if"]] == ["said"]


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2026-11-18", 200),
        ("2026-11-18T09:00:00 01:00", 200),  # A plus that nobody escaped.
        ("2026-11-17", 404),
        ("soon", 400),
        ("", 400),
    ],
)
def test_on_is_a_day_or_an_instant(on: str, status: int, world: Live, account: str) -> None:
    headers = {"Authorization": f"Bearer {world.keys['read']}"}
    path = f"/v1/accounts/{account}/decisions"
    answer = world.http.get(path, headers=headers, params={"on": on})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["pointer"] == "on"


def test_the_schema_tells_what_is_in_it(world: Live) -> None:
    schema = world.http.get("/schema").json()
    shapes = schema["components"]["schemas"]
    found = schema["paths"]["/v1/accounts/{account}/decisions"]["get"]
    assert {p["name"] for p in found["parameters"]} >= {"account", "limit", "on", "detail"}
    ref = found["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    decision = shapes[ref.rpartition("/")[2]]["properties"]["decisions"]["items"]["$ref"]
    assert "detail" in shapes[decision.rpartition("/")[2]]["properties"]
    detail = next(s for name, s in shapes.items() if name.endswith("Detail"))
    assert detail["properties"].keys() == PARTS
    judged = next(s for name, s in shapes.items() if name.endswith("Judged"))
    assert "class" in judged["properties"]


def test_the_newest_come_first_and_no_more_than_asked_for(world: Live, account: str) -> None:
    everything = read(world, account, "decisions")["decisions"]
    assert read(world, account, "decisions", limit=2)["decisions"] == everything[:2]
    assert len(read(world, account, "alerts", limit=1)["alerts"]) == 1


@pytest.mark.parametrize("limit", ["0", "501", "-1", "many"])
@pytest.mark.parametrize("what", ["decisions", "alerts"])
def test_a_limit_is_a_number_of_rows(what: str, limit: str, world: Live, account: str) -> None:
    headers = {"Authorization": f"Bearer {world.keys['read']}"}
    path = f"/v1/accounts/{account}/{what}"
    answer = world.http.get(path, headers=headers, params={"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["pointer"] == "/limit"


def test_alerts_tell_their_deliveries(world: Live, account: str) -> None:
    found = read(world, account, "alerts")["alerts"]
    assert [a["class"] for a in found] == ["notice", "ask"]
    notice, ask = found
    assert ask.keys() == {
        "id", "class", "moment", "meter", "period", "p", "person", "raised_at", "charged_at",
        "closed_at", "closed_as", "deliveries", "forwards", "upgrade",
    }  # fmt: skip
    assert (ask["moment"], ask["period"], ask["person"]) == ("pace", "2026-11-01", "priya")
    assert (ask["closed_as"], notice["moment"]) == ("snoozed", "at_limit")
    assert ask["charged_at"] == NOW.isoformat()
    kinds = [(d["kind"], d["channel"], d["person"], d["state"]) for d in ask["deliveries"]]
    assert kinds == [
        ("summary", "slack", "priya", "sent"),
        ("card", "slack", "priya", "sent"),
    ]
    for delivery in (*ask["deliveries"], *notice["deliveries"]):
        assert delivery["attempts"] == 1
        assert delivery["sent_at"]


def test_the_ledger_adds_up(world: Live, account: str) -> None:
    found = read(world, account, "ledger")
    assert found.keys() == {"account", "trust", "refusals", "entries"}
    trust = 0.0
    for entry in found["entries"]:
        assert entry.keys() == {"at", "cause", "change"}
        trust = min(100.0, max(0.0, trust + entry["change"]))
    assert trust == pytest.approx(found["trust"])
    causes = [e["cause"] for e in found["entries"]]
    assert causes[0] == "start"
    for cause in ("ask delivered", "snoozed", "upgrade"):
        assert causes.count(cause) == 1
    assert found["refusals"] == 0  # The upgrade cleared them.


@pytest.mark.parametrize("what", PATHS)
def test_scopes_are_held(what: str, world: Live, account: str) -> None:
    expected = {"ingest": 403, "read": 200, "admin": 200}
    for scope, status in expected.items():
        headers = {"Authorization": f"Bearer {world.keys[scope]}"}
        answer = world.http.get(f"/v1/accounts/{account}/{what}", headers=headers)
        assert answer.status_code == status, scope
    for headers in ({}, {"Authorization": "Bearer segue_admin_guess"}):
        assert world.http.get(f"/v1/accounts/{account}/{what}", headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["never-heard-of", "%2e%2e", "a%2Fb", "x" * 300])
@pytest.mark.parametrize("what", PATHS)
def test_an_unknown_account_is_not_found(what: str, name: str, world: Live) -> None:
    answer = world.admin("GET", f"/v1/accounts/{name}/{what}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_account_nothing_was_decided_about_has_empty_lists(world: Live) -> None:
    fresh = world.account(usage={})
    assert read(world, fresh, "decisions") == {"decisions": []}
    assert read(world, fresh, "alerts") == {"alerts": []}
    assert read(world, fresh, "ledger")["trust"] == 60


def test_what_is_no_business_of_theirs_is_not_told_to_customers(world: Live, account: str) -> None:
    """Sales, care, a holdout or a score never leak into the account's own sentence."""
    world.clock.set(NOW)
    for kind in ("sales", "care"):
        name = world.account()
        world.admin("PUT", f"/v1/accounts/{name}/blockers/b1", {"kind": kind})
        world.settle()
        [decision] = read(world, name, "decisions")["decisions"]
        assert decision["reason"] in ("sales_active", "care_flag")
        for word in ("sales", "care", "trust", "score"):
            assert word not in decision["customer_sentence"].lower()

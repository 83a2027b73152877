"""What a mail provider finds out later is as if the server had refused it at once."""

from typing import Any

import pytest

from service import recipients
from tests.api.live import PEOPLE, Live
from tests.api.people.test_forward import after, forwards
from tests.api.people.test_sent import sent
from tests.backends import SERVER

BACKENDS = SERVER


def bounced(world: Live, account: str, **more: Any) -> int:
    told = {"email": f"Fiona@{account}.example", "reason": "5.1.1"} | more
    answer = world.admin("POST", "/v1/bounces", told)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["people"])


def stood(world: Live, account: str) -> list[tuple[str, str]]:
    return [(f["state"], f["detail"]) for f in world.alerts(account)[0]["forwards"]]


def test_it_becomes_a_draft_and_the_next_is_one_until_it_may_be_right(world: Live) -> None:
    account, alert, _, page = sent(world)
    assert forwards(world, account) == [("Fiona Becker", "sent")]
    assert bounced(world, account) == 1
    assert stood(world, account) == [("draft", "bounced: 5.1.1")]
    assert forwards(world, account) == []
    again = world.widget(account).send(alert, to="fiona").json()
    assert (again["state"], again["channel"]) == ("draft", "draft")
    assert len(stood(world, account)) == 1, "the draft is the same case"
    assert world.open(page).status_code == 200
    before = world.admin("GET", f"/v1/accounts/{account}/alerts").json()
    assert bounced(world, account, reason="") == 1
    assert world.admin("GET", f"/v1/accounts/{account}/alerts").json() == before
    person = {**PEOPLE["fiona"], "email": f"fiona@{account}.example"}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/fiona", person).is_success
    assert world.widget(account).send(alert, to="fiona").json()["channel"] == "email"


def test_for_thirty_days_from_when_it_was_first_said(world: Live) -> None:
    account = world.account(slack=False)

    def channel() -> str:
        known = recipients.known(world.runtime.context, account=account, person="priya")
        return next(one.channel for one in known if one.id == "fiona")

    assert channel() == "email"
    bounced(world, account)
    for _ in range(2):
        assert channel() == "draft"
        world.clock.advance(days=14)
        bounced(world, account)
    world.clock.advance(days=2)
    assert channel() == "email"


def test_who_answered_has_got_it(world: Live) -> None:
    account, _, _, page = sent(world)
    world.open(f"{page}/question", "POST", data={"question": "Why now?"})
    assert bounced(world, account) == 1
    assert stood(world, account)[0][0] == "sent"


def test_somebody_else_and_nobody_are_left_alone(world: Live) -> None:
    account, _, _, _ = sent(world)
    other, _, _, _ = sent(world)
    assert bounced(world, account) == 1
    assert stood(world, other) == [("sent", "")]
    assert bounced(world, account, email="stranger@elsewhere.example") == 0


def test_a_no_stays_one(world: Live) -> None:
    account, _, _, _ = sent(world)
    said = world.mailbox.messages[-1]["List-Unsubscribe"].strip("<>")
    assert world.open(said, "POST", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    bounced(world, account)
    person = {**PEOPLE["fiona"], "email": f"fiona@{account}.example"}
    world.admin("PUT", f"/v1/accounts/{account}/people/fiona", person)
    alert = world.alerts(account)[0]["id"]
    told = world.widget(account).send(alert, to="fiona").json()
    assert told["channel"] == "draft"
    after(world, 60)


@pytest.mark.parametrize(
    ("told", "status", "pointer"),
    [
        ({}, 400, "/email"),
        ({"email": "nobody"}, 400, "/email"),
        ({"email": "a@b.example\0"}, 400, "/email"),
        ({"email": "a@b.example", "reason": "550 <a@b.example> unknown"}, 400, "/reason"),
        ({"email": "a@b.example", "reason": "x" * 257}, 400, "/reason"),
        ({"email": "a@b.example", "kind": "hard"}, 400, "/kind"),
        ([], 400, None),
    ],
)
def test_what_is_wrong_is_said(told: Any, status: int, pointer: str | None, world: Live) -> None:
    answer = world.admin("POST", "/v1/bounces", told)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer != "/email" or told:
        assert answer.json().get("pointer") == pointer


def test_it_takes_an_admins_key(world: Live) -> None:
    told = {"email": "a@b.example"}
    for scope in ("ingest", "read"):
        headers = {"Authorization": f"Bearer {world.keys[scope]}"}
        refused = world.http.post("/v1/bounces", json=told, headers=headers)
        assert refused.status_code == 403
    assert world.http.post("/v1/bounces", json=told).status_code == 401

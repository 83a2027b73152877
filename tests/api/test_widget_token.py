"""Widget tokens: who a token speaks for, what is refused, and what that person then sees."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.live import PEOPLE, SECRET, Live, claims, live, token
from tests.backends import ONE, Backend

BACKENDS = ONE

STATE = "/v1/widget/state"


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        yield made


@pytest.fixture(scope="module")
def asked(world: Live) -> tuple[str, str]:
    return world.asked()


def unsigned(account: str) -> str:
    """A token with `alg: none`, made by hand because libraries refuse to."""
    parts = [{"alg": "none", "typ": "JWT"}, claims(account, "priya")]
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return b".".join([*coded, b""]).decode()


def lived(seconds: int, ago: int = 0) -> dict[str, int]:
    now = int(time.time()) - ago
    return {"iat": now, "exp": now + seconds}


REFUSED: dict[str, Any] = {
    "garbage": lambda a: "not.a.token",
    "two words": lambda a: f"{token(a, 'priya')} x",
    "an API key": lambda a: "segue_ingest_1234",
    "alg none": unsigned,
    "HS512": lambda a: token(a, "priya", alg="HS512"),
    "another secret": lambda a: token(a, "priya", secret="another-secret-of-32-bytes-or-more"),
    "another audience": lambda a: token(a, "priya", aud="somebody-else"),
    "no audience": lambda a: token(a, "priya", aud=...),
    "expired": lambda a: token(a, "priya", **lived(600, ago=700)),
    "lives too long": lambda a: token(a, "priya", **lived(3601)),
    "signed in the future": lambda a: token(a, "priya", **lived(600, ago=-600)),
    "no account": lambda a: token(a, "priya", account=...),
    "account is empty": lambda a: token("", "priya"),
    "account is a number": lambda a: token(a, "priya", account=7),
    "account is too long": lambda a: token("a" * 257, "priya"),
    "no sub": lambda a: token(a, "priya", sub=...),
    "sub is empty": lambda a: token(a, ""),
    "sub is a number": lambda a: token(a, "priya", sub=7),
    "sub is too long": lambda a: token(a, "p" * 257),
    "no exp": lambda a: token(a, "priya", exp=...),
    "no iat": lambda a: token(a, "priya", iat=...),
    "times are text": lambda a: token(a, "priya", exp=str(int(time.time()) + 60), iat="0"),
    "times are words": lambda a: token(a, "priya", exp="tomorrow", iat="today"),
    "exp is endless": lambda a: token(a, "priya", exp=float("inf")),
    "iat is endless": lambda a: token(a, "priya", iat=float("-inf")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_vendor_did_not_sign_in_order_opens_nothing(
    name: str, world: Live, asked: tuple[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {REFUSED[name](asked[0])}"}
    answer = world.http.get(STATE, headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/widget/state"),
        ("GET", "/v1/widget/stream"),
        ("POST", "/v1/widget/alerts/x/feedback"),
        ("POST", "/v1/widget/alerts/x/forward"),
        ("POST", "/v1/widget/alerts/x/undo"),
    ],
)
def test_every_route_wants_a_token(method: str, path: str, world: Live) -> None:
    body = {"id": "1", "kind": "useful"} if path.endswith("feedback") else {"id": "1"}
    answer = world.http.request(method, path, json=body if method == "POST" else None)
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("name", ["token", "access_token", "authorization"])
def test_a_token_in_the_address_is_not_read(name: str, world: Live, asked: tuple[str, str]) -> None:
    good = token(asked[0], "priya")
    for path in (STATE, "/v1/widget/stream"):
        assert world.http.get(path, params={name: good}).status_code == 401
    cookies = httpx.Client(base_url=world.url, cookies={name: good})
    assert cookies.get(STATE).status_code == 401


def test_an_api_key_is_no_widget_token_and_the_reverse(world: Live, asked: tuple[str, str]) -> None:
    key = {"Authorization": f"Bearer {world.keys['admin']}"}
    assert world.http.get(STATE, headers=key).status_code == 401
    signed = {"Authorization": f"Bearer {token(asked[0], 'priya')}"}
    assert world.http.get(f"/v1/accounts/{asked[0]}", headers=signed).status_code == 401
    assert world.http.post("/v1/usage", json=[], headers=signed).status_code == 401


def kinds(alert: dict[str, Any] | None) -> list[str]:
    return [a["kind"] for a in alert["actions"]] if alert else []


ANSWERS = ["useful", "snooze", "mute"]


@pytest.mark.parametrize(
    ("sub", "offered"),
    [
        ("priya", ["forward", "forward", *ANSWERS]),
        ("tomas", ["forward", *ANSWERS]),
        ("fiona", ["open", "forward", *ANSWERS]),
        ("jonas", ["forward", "forward", *ANSWERS]),
        ("mia", ["forward", "forward", *ANSWERS]),
        ("nobody-we-know", []),
    ],
)
def test_who_sees_the_ask_and_what_it_offers(
    sub: str, offered: list[str], world: Live, asked: tuple[str, str]
) -> None:
    """Champion, approvers, and users with four value days; a purchase link is for who can buy."""
    state = world.widget(asked[0], sub).state()
    assert [m["key"] for m in state["meters"]] == ["reports"]
    assert state["meters"][0]["used"] == "660"
    assert kinds(state["alert"]) == offered
    buys = PEOPLE.get(sub, {}).get("can_buy", False)
    assert ("€490" in json.dumps(state, ensure_ascii=False)) is buys
    assert ("/billing" in json.dumps(state)) is buys


def test_who_can_buy_gets_the_vendors_page_with_nothing_secret_in_it(
    world: Live, asked: tuple[str, str]
) -> None:
    alert = world.widget(asked[0], "fiona").alert()
    assert alert is not None
    url = next(a["url"] for a in alert["actions"] if a["kind"] == "open")
    assert url == f"https://app.example.com/billing?plan=business&case={asked[1]}"


def test_another_account_sees_and_changes_nothing_of_it(
    world: Live, asked: tuple[str, str]
) -> None:
    account, alert = asked
    other = world.account(usage={})
    for sub in ("priya", "fiona", "stranger"):
        foreign = world.widget(other, sub)
        assert foreign.alert() is None
        for what in ({"kind": "useful"}, {"kind": "muted"}):
            assert foreign.say(alert, **what).status_code == 404
        assert foreign.send(alert, to="tomas").status_code == 404
        assert foreign.post(alert, "undo", {"id": "f1"}).status_code == 404
    unknown = world.widget("never-heard-of", "priya").state()
    assert (unknown["meters"], unknown["alert"]) == ([], None)
    assert world.widget(account).alert() is not None


def test_who_is_muted_sees_no_ask_but_their_meters(world: Live) -> None:
    people = {**PEOPLE, "tomas": {**PEOPLE["tomas"], "muted": True}}
    account, alert = world.asked(people=people)
    state = world.widget(account, "tomas").state()
    assert state["alert"] is None
    assert state["meters"][0]["used"] == "660"
    assert world.widget(account, "tomas").say(alert, "useful").status_code == 404


def test_a_notice_has_no_price_and_no_control_but_to_close_it(world: Live) -> None:
    account = world.account()
    world.use(account, 400)
    world.settle()
    found = {a["class"]: a["id"] for a in world.alerts(account)}
    assert set(found) == {"notice", "ask"}
    for sub in ("priya", "fiona", "nobody-we-know"):
        alert = world.widget(account, sub).alert()
        assert alert is not None
        assert (alert["class"], kinds(alert)) == ("notice", ["dismiss"])
        assert "€" not in json.dumps(alert, ensure_ascii=False)
        assert "Business" not in json.dumps(alert)
    assert world.widget(account, "fiona").send(found["notice"], to="tomas").status_code == 400
    assert world.widget(account, "fiona").say(found["notice"], "dismissed").status_code == 200
    after = world.widget(account, "fiona").alert()
    assert after is not None
    assert after["class"] == "ask"
    notice = world.widget(account, "priya").alert()
    assert notice is not None
    assert notice["class"] == "notice"

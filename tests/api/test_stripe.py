"""Stripe's events through the front door: what they change, once, in any order, and what never."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import httpx
import pytest
import stripe
from sqlalchemy import text

import api.stripe
from engine.errors import ConfigInvalid
from segue.settings import Settings
from segue.wiring import build
from service import configure, rejects, tidy, timeline
from service.config import parse
from store import accounts, audit, roster
from store import stripe as stored
from store.database import Database
from store.rejects import Wanted
from tests.api.live import NOW, STRIPE, Live, links, live, policy
from tests.backends import BOTH, Backend
from tests.fakes.stripe import ADDRESS, Stripe, checkout, event, invoice, items, subscription
from tests.servers import serving

BACKENDS = BOTH
CREATED, UPDATED, DELETED = (
    f"customer.subscription.{w}" for w in ("created", "updated", "deleted")
)
FAILED, PAID, SUCCEEDED = "invoice.payment_failed", "invoice.paid", "invoice.payment_succeeded"
DONE = "checkout.session.completed"
_numbers = count(1)


def mapped() -> str:
    """The policy of these tests: each plan says what Stripe calls it."""
    text = policy()
    for plan in ("team", "business", "scale"):
        names = f'stripe = ["price_{plan}", "price_{plan}_year", "prod_{plan}", "{plan}_key"]'
        text = text.replace(f'key = "{plan}"\n', f'key = "{plan}"\n{names}\n')
    return text


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        configure.apply(made.runtime.context, mapped(), "test")
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    yield running
    running.reset()


@pytest.fixture
def sent(world: Live) -> Stripe:
    return Stripe(world.http, STRIPE[0])


@pytest.fixture
def customer() -> str:
    return f"cus_{next(_numbers)}"


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def plan(world: Live, account: str) -> str | None:
    found: str | None = world.admin("GET", f"/v1/accounts/{account}").json().get("plan")
    return found


def blockers(world: Live, account: str) -> dict[str, str]:
    """Those that are open: id and kind."""
    with world.runtime.context.database.read() as session:
        found = roster.blockers(session, account).values()
    return {one.id: str(one.kind) for one in found if one.closed is None}


def changes(world: Live, account: str) -> list[tuple[str, int]]:
    with world.runtime.context.database.read() as session:
        return [(one.plan, one.direction) for one in accounts.changes(session, account)]


def noted(world: Live, customer: str) -> set[str]:
    found = rejects.listed(world.runtime.context, Wanted(source="stripe_events"))
    return {one.code for one in found.rejects if one.account == customer}


def account(world: Live, customer: str, **facts: Any) -> str:
    """One with no usage that is that customer."""
    return world.account(slack=False, usage={}, external_ids={"stripe": customer}, **facts)


# What each event does


def test_a_subscription_begins_and_the_account_is_on_its_plan(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer, plan=None)
    assert plan(world, name) is None
    assert sent.say(CREATED, subscription(customer, "price_team"), at(-5)) == "applied"
    assert plan(world, name) == "team"
    assert changes(world, name) == [("team", 0)]


@pytest.mark.parametrize(
    ("prices", "product", "found"),
    [
        (["price_business"], "prod_x", "business"),
        (["price_x"], "prod_business", "business"),
        (["price_addon", "price_business_year"], "prod_x", "business"),
        (["price_team", "price_scale", "price_business"], "prod_x", "scale"),
        (["price_addon"], "prod_addon", "team"),
        ([], "prod_x", "team"),
    ],
    ids=["price", "product", "beside an add-on", "the highest", "unknown", "nothing"],
)
def test_a_plan_is_found_by_what_stripe_calls_it(
    world: Live, sent: Stripe, customer: str, prices: list[str], product: str, found: str
) -> None:
    name = account(world, customer)
    bought = subscription(customer, *prices, product=product)
    assert sent.say(CREATED, bought, at(-5)) == "applied"
    assert plan(world, name) == found
    assert noted(world, customer) == ({"unknown_price"} if product == "prod_addon" else set())


def test_a_lookup_key_and_a_plan_of_the_old_api_name_plans_too(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    bought = subscription(customer, "price_x")
    bought["items"]["data"][0]["price"]["lookup_key"] = "business_key"
    sent.say(UPDATED, bought, at(-5))
    assert plan(world, name) == "business"
    old = subscription(customer, items={"data": [{"plan": {"id": "price_scale"}}]})
    sent.say(UPDATED, old, at(-4))
    assert plan(world, name) == "scale"


def test_an_upgrade_closes_what_is_open_and_is_told_as_what_came_of_it(
    world: Live, sent: Stripe, customer: str
) -> None:
    name, alert = world.asked(external_ids={"stripe": customer})
    done = world.widget(name).send(alert, to="tomas").json()
    moved = {"items": items("price_team")}
    assert sent.say(UPDATED, subscription(customer, "price_business"), at(0), before=moved) == (
        "applied"
    )
    assert plan(world, name) == "business"
    assert changes(world, name)[-1] == ("business", 1)
    assert world.widget(name).alert() is None
    (shown,) = world.alerts(name)
    assert shown["closed_as"] == "plan_changed"
    assert shown["upgrade"]["plan"] == "business"
    assert shown["upgrade"]["previous"] == "team"
    assert [one["id"] for one in shown["forwards"]] == [done["forward"]]
    with world.runtime.context.database.read() as session:
        entry = next(e for e in audit.newest(session, account=name) if e.action == "plan.change")
    assert entry.actor == "stripe"
    assert (entry.after or {})["alert"] == alert
    world.clock.set(NOW + timedelta(days=1))
    world.use(name, 4200)
    world.settle()
    assert "upgrade_recent" in json.dumps(world.decision(name))


def test_the_chain_from_alert_to_upgrade_can_be_read(
    world: Live, sent: Stripe, customer: str
) -> None:
    name, alert = world.asked(slack=False, external_ids={"stripe": customer})
    passed = world.widget(name).send(alert, to="fiona").json()["forward"]
    world.clock.advance(seconds=10)
    world.settle()
    part = world.mailbox.messages[-1].get_body(("plain",))
    assert part is not None
    [page] = links(str(part.get_content()), "case")
    assert world.open(f"{page}/approve", "POST", data={}).status_code == 303
    world.clock.set(NOW + timedelta(days=40))
    sent.say(UPDATED, subscription(customer, "price_business"), world.clock.now())
    (shown,) = world.alerts(name)
    (forward,) = shown["forwards"]
    assert (forward["id"], forward["to"], forward["state"]) == (passed, "fiona", "sent")
    assert [answer["kind"] for answer in forward["answers"]] == ["approve"]
    assert (shown["closed_as"], shown["upgrade"]["alert"]) == ("approved", alert)
    said = world.open(timeline.link(world.runtime.context, name)).text
    told = ["Passed on, 18 November", "Approved, 18 November", "Moved up to", "Business"]
    assert sorted(said.index(words) for words in told) == [said.index(words) for words in told]


def test_a_move_long_after_is_nobodys_doing(world: Live) -> None:
    name, _ = world.asked(slack=False)
    world.clock.set(NOW + timedelta(days=91))
    moved = world.admin("POST", f"/v1/accounts/{name}/plan", {"plan": "business"}).json()
    assert (moved["direction"], moved["alert"]) == (1, None)
    assert world.alerts(name)[-1]["upgrade"] is None


def test_a_deleted_subscription_is_a_cancellation_and_no_plan_change(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    sent.say(CREATED, subscription(customer, "price_business"), at(-9))
    sent.say(DELETED, subscription(customer, "price_business", status="canceled"), at(-5))
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}
    sent.say(CREATED, subscription(customer, "price_team", id="sub_2"), at(-2))
    assert blockers(world, name) == {}
    assert plan(world, name) == "team"


def test_a_cancellation_at_the_periods_end_can_be_withdrawn(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    ending = {"cancel_at_period_end": True, "canceled_at": int(at(-5).timestamp())}
    sent.say(UPDATED, subscription(customer, "price_team", **ending), at(-5))
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}
    sent.say(UPDATED, subscription(customer, "price_team"), at(-4))
    assert blockers(world, name) == {}
    sent.say(UPDATED, subscription(customer, "price_team", cancel_at=2_000_000_000), at(-3))
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}


def test_one_of_two_subscriptions_that_ends_is_no_cancellation(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    sent.say(CREATED, subscription(customer, "price_team", id="sub_a"), at(-9))
    sent.say(CREATED, subscription(customer, "price_business", id="sub_b"), at(-8))
    assert plan(world, name) == "business"
    sent.say(DELETED, subscription(customer, "price_business", id="sub_b"), at(-7))
    assert blockers(world, name) == {}
    assert plan(world, name) == "team"


@pytest.mark.parametrize(
    ("status", "found", "open_"),
    [
        ("trialing", "business", {}),
        ("past_due", "business", {}),
        ("unpaid", "team", {"stripe-sub_1": "payment"}),
        ("canceled", "team", {"stripe-sub_1": "cancellation"}),
        ("incomplete", "team", {}),
        ("incomplete_expired", "team", {}),
        ("paused", "team", {}),
        ("something_new", "team", {}),
    ],
)
def test_a_status_keeps_a_plan_or_does_not(
    world: Live, sent: Stripe, customer: str, status: str, found: str, open_: dict[str, str]
) -> None:
    name = account(world, customer)
    sent.say(UPDATED, subscription(customer, "price_business", status=status), at(-5))
    assert (plan(world, name), blockers(world, name)) == (found, open_)


def test_a_failed_payment_holds_asks_until_fourteen_days_after_it_was_paid(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    sent.say(FAILED, invoice(customer, attempt_count=1), at(-9))
    sent.say(FAILED, invoice(customer, attempt_count=2), at(-8))
    assert blockers(world, name) == {"stripe-in_1": "payment"}
    first = world.admin("GET", f"/v1/accounts/{name}/blockers/stripe-in_1").json()
    assert datetime.fromisoformat(first["from"]) == at(-9)
    sent.say(PAID, invoice(customer), at(-5))
    sent.say(SUCCEEDED, invoice(customer), at(-5))
    told = world.admin("GET", f"/v1/accounts/{name}/blockers/stripe-in_1").json()
    assert told["kind"] == "payment"
    assert datetime.fromisoformat(told["until"]) == at(-5)


def test_an_invoice_that_is_taken_back_stands_in_nobodys_way(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    sent.say(FAILED, invoice(customer), at(-9))
    assert sent.say("invoice.voided", invoice(customer), at(-5)) == "applied"
    told = world.admin("GET", f"/v1/accounts/{name}/blockers/stripe-in_1").json()
    assert datetime.fromisoformat(told["until"]) == at(-5)


def test_what_stripe_says_of_the_future_counts_from_now(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    for type in (FAILED, PAID):
        late = event(type, invoice(customer), NOW) | {"created": 253_402_300_799}
        assert sent.post(late).json()["outcome"] == "applied"
    late = event(UPDATED, subscription(customer, "price_business"), NOW)
    assert sent.post(late | {"created": 253_402_300_799}).json()["outcome"] == "applied"
    told = world.admin("GET", f"/v1/accounts/{name}/blockers/stripe-in_1").json()
    assert {datetime.fromisoformat(told[end]) for end in ("from", "until")} == {NOW}
    assert plan(world, name) == "business"
    world.settle()


def test_a_payment_that_failed_is_a_reason_for_silence(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = world.account(external_ids={"stripe": customer})
    sent.say(FAILED, invoice(customer), at(-9))
    sent.say(PAID, invoice(customer), at(-5))
    world.settle()
    assert world.widget(name).alert() is None
    assert "payment_failed" in json.dumps(world.decision(name))


def test_a_plan_may_be_what_is_left_without_a_subscription(
    world: Live, sent: Stripe, customer: str
) -> None:
    free = 'key = "free"\nname = "Free"\nnext = "team"\nstripe = ["none"]\n\n[[plan]]\n'
    freemium = mapped().replace("[[plan]]\n", f"[[plan]]\n{free}", 1)
    configure.apply(world.runtime.context, freemium, "test")
    try:
        name = account(world, customer)
        sent.say(CREATED, subscription(customer, "price_business"), at(-9))
        sent.say(DELETED, subscription(customer, "price_business"), at(-5))
        assert plan(world, name) == "free"
        assert blockers(world, name) == {}
        assert changes(world, name)[-1] == ("free", -1)
    finally:
        configure.apply(world.runtime.context, mapped(), "test")


# Once, in any order


def test_what_is_sent_three_times_counts_once(world: Live, sent: Stripe, customer: str) -> None:
    name = account(world, customer)
    first = event(CREATED, subscription(customer, "price_business"), at(-5))
    answers = [sent.post(first).json()["outcome"] for _ in range(3)]
    assert answers == ["applied", "duplicate", "duplicate"]
    assert changes(world, name) == [("team", 0), ("business", 1)]


STORY: list[tuple[str, dict[str, Any], float, dict[str, Any] | None]] = [
    (CREATED, {"status": "incomplete", "prices": ["price_team"]}, -9, None),
    (UPDATED, {"prices": ["price_team"]}, -9, {"status": "incomplete"}),
    (UPDATED, {"prices": ["price_scale"]}, -8, {"items": items("price_team")}),
    (UPDATED, {"prices": ["price_business"]}, -8, {"items": items("price_scale")}),
    (
        UPDATED,
        {"prices": ["price_business"], "cancel_at_period_end": True},
        -7,
        {"cancel_at_period_end": False},
    ),
]


def _story(customer: str) -> list[dict[str, Any]]:
    made = []
    for type, told, minute, before in STORY:
        more = {k: v for k, v in told.items() if k != "prices"}
        bought = subscription(customer, *told["prices"], **more)
        made.append(event(type, bought, at(minute), before=before))
    made.append(event(FAILED, invoice(customer), at(-6)))
    made.append(event(PAID, invoice(customer), at(-4)))
    return made


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_every_order_of_a_subscriptions_events_ends_the_same(
    world: Live, sent: Stripe, customer: str, order: tuple[int, ...]
) -> None:
    name = account(world, customer)
    story = _story(customer)
    for n in (*order, *order[:2]):
        assert sent.post(story[n]).status_code == 200
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}


@pytest.mark.parametrize("order", list(permutations((1, 4, 5, 6)))[::3])
def test_every_order_of_mixed_events_ends_the_same(
    world: Live, sent: Stripe, customer: str, order: tuple[int, ...]
) -> None:
    name = account(world, customer)
    story = _story(customer)
    for n in order:
        assert sent.post(story[n]).status_code == 200
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}
    told = world.admin("GET", f"/v1/accounts/{name}/blockers/stripe-in_1").json()
    assert datetime.fromisoformat(told["from"]) == at(-6)
    assert datetime.fromisoformat(told["until"]) == at(-4)


def test_an_older_event_changes_nothing(world: Live, sent: Stripe, customer: str) -> None:
    name = account(world, customer)
    sent.say(UPDATED, subscription(customer, "price_business"), at(-5))
    assert sent.say(UPDATED, subscription(customer, "price_scale"), at(-6)) == "older"
    assert sent.say(CREATED, subscription(customer, "price_team"), at(-5)) != "older"
    assert plan(world, name) == "business"


def test_what_comes_at_once_counts_as_if_it_came_in_turn(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    story = _story(customer)[:5]
    with ThreadPoolExecutor(8) as pool:
        codes = {answer.status_code for answer in pool.map(sent.post, story * 3)}
    assert codes == {200}
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}


def test_an_account_that_is_stated_meanwhile_misses_nothing(
    world: Live, sent: Stripe, customer: str
) -> None:
    story = _story(customer)[:5]
    with ThreadPoolExecutor(8) as pool:
        posts = [pool.submit(sent.post, one) for one in story]
        name = account(world, customer, plan=None)
        assert {post.result().status_code for post in posts} == {200}
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-sub_1": "cancellation"}


# Whose it is


def test_an_unknown_customers_words_are_kept_until_an_account_is_that_customer(
    world: Live, sent: Stripe, customer: str
) -> None:
    assert sent.say(CREATED, subscription(customer, "price_business"), at(-9)) == "kept"
    assert sent.say(FAILED, invoice(customer), at(-8)) == "kept"
    assert noted(world, customer) == {"unknown_customer"}
    name = account(world, customer, plan=None)
    assert plan(world, name) == "business"
    assert blockers(world, name) == {"stripe-in_1": "payment"}
    assert sent.say(PAID, invoice(customer), at(-7)) == "applied"
    assert blockers(world, name) == {}


def test_who_leaves_the_plan_out_keeps_stripes(world: Live, sent: Stripe, customer: str) -> None:
    name = account(world, customer, plan=None)
    ids = {"external_ids": {"stripe": customer}}
    sent.say(CREATED, subscription(customer, "price_business"), at(-9))
    for _ in range(2):
        assert world.admin("PUT", f"/v1/accounts/{name}", ids).json()["plan"] == "business"
        sent.say(DELETED, subscription(customer, "price_business"), at(-8))
    assert changes(world, name) == [("business", 0)]
    assert world.admin("PUT", f"/v1/accounts/{name}", {"plan": "scale", **ids}).is_success
    assert plan(world, name) == "scale"


def test_a_checkout_says_which_account_a_customer_is(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = world.account(slack=False, usage={})
    assert sent.say(CREATED, subscription(customer, "price_business"), at(-9)) == "kept"
    assert sent.say(DONE, checkout(customer, name), at(-9)) == "applied"
    stated = world.admin("GET", f"/v1/accounts/{name}").json()
    assert stated["external_ids"] == {"stripe": customer}
    assert stated["plan"] == "business"
    with world.runtime.context.database.read() as session:
        actions = [(e.actor, e.action) for e in audit.newest(session, account=name)]
    assert ("stripe", "account.link") in actions


@pytest.mark.parametrize("checkout_first", [True, False])
def test_the_reference_of_an_upgrade_link_names_the_alert(
    world: Live, sent: Stripe, customer: str, *, checkout_first: bool
) -> None:
    name, alert = world.asked()
    told = [
        event(DONE, checkout(customer, alert), at(1)),
        event(CREATED, subscription(customer, "price_business"), at(1)),
    ]
    for one in told if checkout_first else reversed(told):
        assert sent.post(one).status_code == 200
    assert plan(world, name) == "business"
    (shown,) = world.alerts(name)
    assert shown["upgrade"]["plan"] == "business"


def test_a_checkout_takes_no_account_from_another_customer(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, f"{customer}_other")
    assert sent.say(DONE, checkout(customer, name), at(-9)) == "kept"
    assert sent.say(DONE, checkout(customer, "nobody's", id="cs_2"), at(-9)) == "kept"
    assert sent.say(DONE, checkout(None, name, id="cs_3"), at(-9)) == "ignored"
    stated = world.admin("GET", f"/v1/accounts/{name}").json()
    assert stated["external_ids"] == {"stripe": f"{customer}_other"}
    assert noted(world, customer) >= {"other_customer", "unknown_reference"}


def test_what_an_admin_closed_stays_closed(world: Live, sent: Stripe, customer: str) -> None:
    name = account(world, customer)
    sent.say(FAILED, invoice(customer), at(-9))
    closed = {"kind": "payment", "from": at(-9).isoformat(), "until": at(-8).isoformat()}
    assert world.admin("PUT", f"/v1/accounts/{name}/blockers/stripe-in_1", closed).is_success
    sent.say(FAILED, invoice(customer), at(-7))
    assert blockers(world, name) == {}


def test_an_erased_account_leaves_nothing_of_its_customer(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    sent.say(CREATED, subscription(customer, "price_business"), at(-9))
    sent.say(FAILED, invoice(customer), at(-8))
    world.admin("DELETE", f"/v1/accounts/{name}")
    with world.runtime.context.database.read() as session:
        assert stored.of_customer(session, customer) == []


def test_what_is_over_or_nobodys_is_forgotten_in_time(
    world: Live, sent: Stripe, customer: str
) -> None:
    def kept(who: str) -> set[str]:
        with world.runtime.context.database.read() as session:
            return {one.id for one in stored.of_customer(session, who)}

    name, nobody = account(world, customer), f"{customer}_nobody"
    sent.say(DELETED, subscription(customer, "price_team"), at(-9))
    sent.say(CREATED, subscription(customer, "price_team", id="sub_2"), at(-9))
    sent.say(FAILED, invoice(customer), at(-9))
    sent.say(CREATED, subscription(nobody, "price_team"), at(-9))
    assert len(kept(customer)) == 3
    for days, left, unclaimed in (
        (36, {"sub_2", "in_1"}, {"sub_1"}),
        (400, {"sub_2", "in_1"}, set()),
    ):
        world.clock.set(NOW + timedelta(days=days))
        tidy.run(world.runtime.context)
        assert (kept(customer), kept(nobody)) == (left, unclaimed)
    assert plan(world, name) == "team"


def test_two_plans_cannot_be_called_the_same() -> None:
    with pytest.raises(ConfigInvalid, match=r"plan\[1\].stripe: 'price_team' is another plan's"):
        parse(mapped().replace("price_business", "price_team"))


# What is refused


def test_other_types_are_taken_and_mean_nothing(world: Live, sent: Stripe, customer: str) -> None:
    name = account(world, customer)
    before = changes(world, name)
    for type in ("customer.created", "payment_intent.succeeded", "invoice.created", "x"):
        assert sent.say(type, {"id": "x_1", "customer": customer}, at(-5)) == "ignored"
    thin = {"id": "evt_x", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}
    assert sent.post(thin | {"created": "2026-11-18T08:00:00Z"}).json()["outcome"] == "ignored"
    assert changes(world, name) == before


def test_any_of_the_secrets_signs(world: Live, sent: Stripe, customer: str) -> None:
    account(world, customer)
    for secret in STRIPE:
        told = event(FAILED, invoice(customer), at(-5))
        assert sent.post(told, secret=secret).status_code == 200


@pytest.mark.parametrize("how", ["another secret", "too old", "changed", "unsigned", "nonsense"])
def test_what_stripe_did_not_sign_just_now_changes_nothing(
    world: Live, sent: Stripe, customer: str, how: str
) -> None:
    name = account(world, customer)
    told = event(UPDATED, subscription(customer, "price_business"), at(-5))
    body = json.dumps(told).encode()
    good = stripe.WebhookSignature.generate_signature_header(body.decode(), STRIPE[0])
    answer = {
        "another secret": lambda: sent.post(told, secret="whsec_of_somebody"),
        "too old": lambda: sent.post(told, age=301),
        "changed": lambda: world.http.post(
            ADDRESS, content=body + b" ", headers={"Stripe-Signature": good}
        ),
        "unsigned": lambda: world.http.post(ADDRESS, content=body),
        "nonsense": lambda: world.http.post(
            ADDRESS, content=body, headers={"Stripe-Signature": "t=soon,v1=,v0"}
        ),
    }[how]()
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_signature"
    assert plan(world, name) == "team"
    assert sent.post(told, age=290).json()["outcome"] == "applied"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id": 1}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": 1}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": 1, "data": {"object": []}}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": 1, "data": {"object": {}}}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": -1, "data": {"object": '
        b'{"id": "in_1", "customer": "cus_1"}}}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": 99999999999999999999, "data": '
        b'{"object": {"id": "in_1", "customer": "cus_1"}}}',
        b'{"id": "evt_x", "type": "invoice.paid", "created": 1, "data": {"object": '
        b'{"id": "in_\\u0000", "customer": "cus_1"}}}',
        b'{"id": "evt_x", "type": "customer.subscription.created", "created": 1, "data": '
        b'{"object": {"id": "sub_1", "customer": {"id": 7}}}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_a_problem_even_if_it_is_signed(sent: Stripe, body: bytes) -> None:
    answer = sent.post(body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "malformed"


@pytest.mark.parametrize(
    "odd",
    [
        {"items": None},
        {"items": {"data": [None, 1, {"price": 7}, {"price": {"id": 7, "product": []}}]}},
        {"status": None},
        {"cancel_at": "soon", "canceled_at": -1, "cancel_at_period_end": "yes"},
        {"status": "act\u0000ive"},
    ],
)
def test_an_odd_subscription_does_no_harm(
    world: Live, sent: Stripe, customer: str, odd: dict[str, Any]
) -> None:
    name = account(world, customer)
    sent.say(UPDATED, {**subscription(customer, "price_x"), **odd}, at(-5), before=odd)
    assert plan(world, name) == "team"
    assert blockers(world, name) == {}


def test_what_the_database_does_not_take_is_asked_for_again(
    world: Live, sent: Stripe, customer: str
) -> None:
    name = account(world, customer)
    told = event(UPDATED, subscription(customer, "price_business"), at(-5))
    with held(world.runtime.context.database):
        answer = sent.post(told)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
    assert sent.post(told).json() == {"outcome": "applied"}
    assert plan(world, name) == "business"


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Somebody else holds what an event needs for longer than one waits."""
    if database.file is not None:
        with closing(sqlite3.connect(database.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        with database.sqlalchemy.connect() as other:
            other.execute(text("LOCK TABLE callback IN ACCESS EXCLUSIVE MODE"))
            yield
            other.rollback()


def test_too_large_a_body_is_refused(sent: Stripe) -> None:
    assert sent.post(b" " * (1024 * 1024 + 1)).status_code == 413


def test_without_a_secret_the_route_says_how_to_get_one(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.stripe._unheard.cache_clear()
    settings = Settings(database_url=f"sqlite:///{tmp_path}/segue.db")
    runtime = build(settings, served_at="http://127.0.0.1", background=False)
    try:
        with serving(runtime.app) as url, httpx.Client(base_url=url) as http:
            for _ in range(2):
                answer = Stripe(http, "whsec_any").post(event(FAILED, invoice("cus_1"), NOW))
            assert answer.status_code == 404
            said = [record.message for record in caplog.records]
            assert sum("SEGUE_STRIPE_WEBHOOK_SECRET" in line for line in said) == 1
            assert "SEGUE_STRIPE_WEBHOOK_SECRET" in answer.json()["detail"]
    finally:
        runtime.close()

"""A whole life with a Stripe that signs and sends its own events, over the wire."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service import configure
from tests.api.live import STRIPE, Live, live
from tests.api.test_stripe import blockers, mapped, plan
from tests.backends import BOTH, Backend
from tests.fakes.local_stripe import LocalStripe, local_stripe
from tests.fakes.stripe import ADDRESS

BACKENDS = BOTH


@pytest.fixture
def world(backend: Backend) -> Iterator[Live]:
    with live(backend) as made:
        made.clock.set(datetime.now(UTC))
        configure.apply(made.runtime.context, mapped(), "test")
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalStripe]:
    with local_stripe(tmp_path) as made:
        yield made


def until(holds: Callable[[], bool]) -> None:
    """Its events come a second late."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def buys(world: Live, local: LocalStripe, method: dict[str, str]) -> tuple[str, str]:
    """(account, subscription) of a customer who subscribes and pays in this way."""
    customer = local.make("customers", email="mia@acme.example")["id"]
    name = world.account(slack=False, usage={}, external_ids={"stripe": customer})
    local.make("products", id="prod_business", name="Business", type="service")
    priced = {"amount": 89000, "currency": "eur", "interval": "month"}
    local.make("plans", id="price_business", product="prod_business", **priced)
    paid = local.make("payment_methods", **method)["id"]
    local.make(f"payment_methods/{paid}/attach", customer=customer)
    preferred = {"invoice_settings[default_payment_method]": paid}
    local.make(f"customers/{customer}", **preferred)
    bought = {"customer": customer, "items[0][plan]": "price_business"}
    return name, local.make("subscriptions", **bought)["id"]


CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2030", "cvc": "123"}
REFUSED = "DE62370400440532013001"


def test_from_the_first_invoice_to_the_last(world: Live, local: LocalStripe) -> None:
    local.tell(f"{world.url}{ADDRESS}", STRIPE[1])
    card = {f"card[{name}]": value for name, value in CARD.items()}
    name, subscription = buys(world, local, {"type": "card", **card})
    until(lambda: plan(world, name) == "business")
    assert blockers(world, name) == {}
    local.end(subscription)
    until(lambda: bool(blockers(world, name)))
    assert blockers(world, name) == {f"stripe-{subscription}": "cancellation"}
    assert plan(world, name) == "business"


def test_a_direct_debit_that_bounces(world: Live, local: LocalStripe) -> None:
    local.tell(f"{world.url}{ADDRESS}", STRIPE[0])
    name, subscription = buys(
        world,
        local,
        {
            "type": "sepa_debit",
            "sepa_debit[iban]": REFUSED,
            "billing_details[name]": "Mia",
            "billing_details[email]": "mia@acme.example",
        },
    )
    until(lambda: len(blockers(world, name)) == 2)
    found = blockers(world, name)
    assert found.pop(f"stripe-{subscription}") == "cancellation"
    assert list(found.values()) == ["payment"]

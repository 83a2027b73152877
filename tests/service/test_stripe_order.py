"""What Stripe's words come to does not depend on the order in which they arrive."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.catalogue import Catalogue, Plan, Product
from service.stripe_customer import Standing, merged, standing
from service.stripe_event import CREATED, DELETED, FAILED, PAID, UPDATED, Event, newest, read
from store.stripe import StoredObject
from tests.fakes.stripe import event, invoice, items, subscription

CATALOGUE = Catalogue(
    product=Product(name="Northwind"),
    meters={},
    plans={
        "team": Plan(key="team", name="Team", next="business", stripe=["price_team"]),
        "business": Plan(key="business", name="Business", stripe=["price_business"]),
    },
)
START = 1_790_000_000


def heard(type: str, object: dict[str, Any], second: int, **more: Any) -> Event:
    made = event(type, object, datetime.fromtimestamp(START + second, UTC), **more)
    found = read(msgspec.json.encode(made))
    assert found is not None
    return found


prices = st.lists(
    st.sampled_from(["price_team", "price_business", "price_addon"]), max_size=2, unique=True
)
statuses = st.sampled_from(["active", "trialing", "past_due", "unpaid", "canceled", "incomplete"])


@st.composite
def subscriptions(draw: Any) -> Event:
    told = subscription(
        "cus_1",
        *draw(prices),
        id=draw(st.sampled_from(["sub_a", "sub_b"])),
        status=draw(statuses),
        cancel_at_period_end=draw(st.booleans()),
    )
    return heard(draw(st.sampled_from([CREATED, UPDATED, DELETED])), told, draw(st.integers(0, 3)))


@st.composite
def invoices(draw: Any) -> Event:
    told = invoice("cus_1", id=draw(st.sampled_from(["in_a", "in_b"])))
    return heard(draw(st.sampled_from([FAILED, PAID])), told, draw(st.integers(0, 9)))


def after(events: list[Event]) -> Standing:
    known: dict[str, StoredObject] = {}
    for one in events:
        found = merged(known.get(one.object), one)
        if found is not None:
            known[found.id] = found
    return standing([known[id] for id in sorted(known)], CATALOGUE)


@given(data=st.data(), events=st.lists(st.one_of(subscriptions(), invoices()), max_size=7))
def test_any_order_and_any_repeats_come_to_the_same(data: Any, events: list[Event]) -> None:
    shuffled = data.draw(st.permutations(events))
    again = data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    assert after(shuffled + again) == after(events)


def _steps(seconds: list[int], plans: list[str]) -> list[Event]:
    """One update after the other, each saying what it was before."""
    made, before = [], "price_team"
    for second, price in zip(sorted(seconds), plans, strict=False):
        if price != before:
            told = subscription("cus_1", price)
            made.append(heard(UPDATED, told, second, before={"items": items(before)}))
            before = price
    return made


@given(
    data=st.data(),
    seconds=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    plans=st.permutations(["price_business", "price_a", "price_b", "price_c"]),
)
def test_the_last_of_updates_in_one_second_is_the_one_no_other_follows(
    data: Any, seconds: list[int], plans: list[str]
) -> None:
    steps = _steps(seconds, plans)
    known: StoredObject | None = None
    for one in data.draw(st.permutations(steps)):
        known = merged(known, one) or known
    assert known is not None
    kept = {told["event"] for told in known.body["events"]}
    last = [e.subscription for e in steps if e.created == steps[-1].created and e.subscription]
    assert kept == {told.event for told in last}
    assert newest(last).event == steps[-1].id


def test_deleted_is_the_last_word_of_its_second() -> None:
    told = subscription("cus_1", "price_business")
    events = [heard(kind, told, 0) for kind in (DELETED, UPDATED, CREATED)]
    found = after(events)
    assert found.plan is None
    assert [str(one.kind) for one in found.blockers] == ["cancellation"]

"""`/segue webhooks`, and what is done in Slack told to the vendor's systems."""

import asyncio
from typing import Any

import pytest

from service import webhook_log, webhooks
from service.webhook_send import Answer, Parcel, Sender
from service.webhooks import Webhook
from store import audit
from tests.bot.conftest import ACCOUNT, World
from tests.bot.desk import as_agreed, button_of, kept, office, typed, words_in
from tests.bot.test_slack_app import to_finance

BACKENDS = ("sqlite",)
URL = "https://crm.example.com/segue"


@pytest.fixture
def at_office(world: World) -> World:
    office(world)
    return world


def endpoint(world: World, name: str = "crm", **stated: Any) -> None:
    webhooks.put(world.context, name, Webhook(url=URL, **stated), "test")


def sent(world: World, *answers: Answer) -> None:
    """Have what is due sent; an endpoint says these things in turn, the last of them for good."""
    said = list(answers)

    async def post(parcel: Parcel) -> Answer:
        return said.pop(0) if len(said) > 1 else said[0]

    asyncio.run(Sender(world.context, post).run_due())


def told(world: World, name: str = "crm") -> list[tuple[str, str | None]]:
    page = webhook_log.page(world.context, name, after="", state=None, limit=100)
    return [(one.type, one.account) for one in page.deliveries]


async def test_endpoints_and_their_newest_events_are_shown(at_office: World) -> None:
    assert "There are none." in words_in(await typed(at_office, "webhooks"))
    endpoint(at_office)
    endpoint(at_office, "off one", enabled=False)
    endpoint(at_office, "gone")
    for name, answer in (("crm", Answer(status=503)), ("gone", Answer(status=410))):
        webhooks.test(at_office.context, name, "test")
        await asyncio.to_thread(sent, at_office, answer)
    at_office.clock.pass_by(minutes=1)
    webhooks.test(at_office.context, "crm", "test")
    as_agreed("webhooks", kept(await typed(at_office, "webhooks")), at_office.users)
    one = kept(await typed(at_office, "webhooks crm"))
    as_agreed("webhooks_one", one, at_office.users)
    shown = words_in(one)
    assert "last answer: 503" in shown
    assert URL not in shown
    doctor = words_in(await typed(at_office, "doctor"))
    assert "The webhook gone is disabled since" in doctor
    assert "The webhook crm takes nothing since" in doctor
    assert "off one" not in doctor
    assert "The webhook gone is disabled since" in words_in(await typed(at_office, "status"))
    assert "Nothing stands in the way." not in doctor


async def test_a_sample_is_sent_by_command(at_office: World) -> None:
    endpoint(at_office)
    answer = words_in(await typed(at_office, "webhooks crm test"))
    assert "A sample is on its way: evt_" in answer
    assert told(at_office) == [("webhook.test", None)]
    with at_office.context.database.read() as session:
        entry = audit.newest(session)[0]
    assert (entry.action, entry.actor[:6]) == ("webhook.test", "slack:")
    webhooks.put(at_office.context, "crm", Webhook(url=URL, enabled=False), "test")
    assert "is off: enable it first" in words_in(await typed(at_office, "webhooks crm test"))


@pytest.mark.parametrize("text", ["webhooks nobody", "webhooks nobody test"])
async def test_one_that_is_not_there_is_said_so(text: str, at_office: World) -> None:
    assert "there is no endpoint" in words_in(await typed(at_office, text))


async def test_who_is_no_admin_sees_nothing_of_it(at_office: World) -> None:
    endpoint(at_office)
    assert "crm" not in words_in(await typed(at_office, "webhooks", who="stranger"))


async def test_what_is_answered_in_slack_is_told(world: World) -> None:
    endpoint(world)
    message = await to_finance(world)
    assert told(world) == [("forward.sent", ACCOUNT)]
    await world.click("finance", world.button("chat.postMessage", "Ask a question"))
    view = (await world.proxy.replies(1, "views.open"))[-1]["view"]
    values = {"text": {"text": {"type": "plain_text_input", "value": "Is it yearly?"}}}
    for _ in range(2):
        await world.submit("finance", view, values)
    await world.click("finance", world.button("chat.postMessage", "Not now"), message)
    await world.eventually(lambda: len(told(world)) > 2)
    assert sorted(told(world)) == [
        ("case.declined", ACCOUNT),
        ("case.question", ACCOUNT),
        ("forward.sent", ACCOUNT),
    ]


async def test_a_policy_that_is_changed_in_slack_is_told(at_office: World) -> None:
    endpoint(at_office)
    body = await typed(at_office, "policy ask.spacing_days 45")
    at_office.proxy.calls.clear()
    await at_office.click("champion", button_of(body, "Change it"))
    await at_office.proxy.replies()
    assert told(at_office) == [("policy.changed", None)]


async def test_many_endpoints_fit_into_what_slack_takes(at_office: World) -> None:
    for n in range(webhooks.MOST):
        endpoint(at_office, f"endpoint-{n}-{'x' * 200}")
        webhooks.test(at_office.context, f"endpoint-{n}-{'x' * 200}", "test")
    for _ in range(5):
        await asyncio.to_thread(sent, at_office, Answer(status=410))
    assert len(webhooks.every(at_office.context)) == webhooks.MOST
    for text in ("webhooks", "doctor", "status"):
        assert "endpoint-0" in words_in(await typed(at_office, text))

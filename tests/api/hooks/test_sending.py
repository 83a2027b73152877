"""Events on their way: signed, tried again for three days, given up, replayed, each by itself."""

import asyncio
import base64
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.hooks.post import Poster
from service import retention
from service.webhook_send import WAITS, Answer, Parcel, Sender
from store import audit, webhook_deliveries, webhooks
from tests.api.hooks.conftest import Hooks
from tests.bot.test_hooks import Names
from tests.fakes.receiver import nobody


def test_a_message_is_signed_as_the_standard_says(hooks: Hooks) -> None:
    secret = hooks.put()["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    event = hooks.test()
    (message,) = hooks.told()
    assert message.verified(secret)
    assert not message.verified(f"whsec_{base64.b64encode(b'another').decode()}")
    assert message.id == event
    assert abs(int(message.headers["webhook-timestamp"]) - time.time()) < 60
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("Segue/")
    now = hooks.world.clock.now().isoformat().replace("+00:00", "Z")
    assert message.body == {"type": "webhook.test", "timestamp": now, "data": {"endpoint": "crm"}}
    hooks.after(days=4)
    assert len(hooks.told()) == 1


def test_what_is_not_taken_is_tried_again_for_three_days_and_can_be_replayed(hooks: Hooks) -> None:
    secret = hooks.put()["secret"]
    hooks.receiver.says("/crm", 503)
    event = hooks.test()
    for n, wait in enumerate(WAITS, start=1):
        assert len(hooks.told()) == n
        hooks.after(seconds=wait.total_seconds() - 1)
        assert len(hooks.told()) == n, wait
        hooks.after(seconds=0.11 * wait.total_seconds() + 1)
    assert len(hooks.told()) == len(WAITS) + 1
    hooks.after(days=1)
    assert len(hooks.told()) == len(WAITS) + 1
    dead = hooks.one(event)
    assert (dead["state"], dead["reason"], dead["due_at"]) == ("dead", "status_503", None)
    assert [a["status"] for a in dead["attempts"]] == [503] * (len(WAITS) + 1)
    assert hooks.get()["dead"] == 1
    assert hooks.get()["failing_since"] is not None
    assert {m.id for m in hooks.told()} == {event}
    assert {m.raw for m in hooks.told()} == {hooks.told()[0].raw}
    assert all(m.verified(secret) for m in hooks.told())

    hooks.receiver.says("/crm", 204)
    again = hooks.world.admin("POST", f"/v1/webhooks/crm/deliveries/{event}/replay")
    assert again.json()["state"] == "due"
    hooks.world.settle()
    assert hooks.told()[-1].id == event
    sent = hooks.one(event)
    assert (sent["state"], sent["reason"], len(sent["attempts"])) == ("sent", None, 11)
    assert (hooks.get()["dead"], hooks.get()["failing_since"]) == (0, None)


def test_a_replay_has_all_its_tries_again(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 500)
    event = hooks.test()
    hooks.after(seconds=6)
    hooks.world.admin("POST", f"/v1/webhooks/crm/deliveries/{event}/replay")
    hooks.world.settle()
    due = hooks.one(event)
    assert len(due["attempts"]) == 3
    hooks.after(seconds=6)
    assert len(hooks.told()) == 4


def test_everything_dead_since_an_instant_is_replayed(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 410)
    old = hooks.test()
    hooks.world.clock.advance(hours=1)
    since = hooks.world.clock.now()
    hooks.change_policy("while it was gone")
    hooks.receiver.answers.clear()
    hooks.put()
    body = {"since": since.isoformat()}
    answer = hooks.world.admin("POST", "/v1/webhooks/crm/replay", body)
    assert answer.json() == {"replayed": 1}
    hooks.world.settle()
    assert [m.type for m in hooks.told()] == ["webhook.test", "policy.changed"]
    assert hooks.one(old)["state"] == "dead"


def test_an_endpoint_says_when_to_come_again(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 429, retry_after="120")
    hooks.test()
    hooks.after(seconds=100)
    assert len(hooks.told()) == 1
    hooks.after(seconds=21)
    assert len(hooks.told()) == 2


def test_one_that_is_gone_is_disabled_at_once_and_everybody_can_see_it(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 410)
    event = hooks.test()
    found = hooks.get()
    assert found["enabled"] is False
    assert found["disabled"]["why"] == "gone"
    assert hooks.one(event)["state"] == "dead"
    with hooks.world.runtime.context.database.read() as session:
        entry = audit.newest(session)[0]
    assert (entry.actor, entry.action) == ("segue", "webhook.disable")
    assert entry.after == {"endpoint": "crm", "enabled": False, "why": "gone"}
    refused = hooks.world.admin("POST", "/v1/webhooks/crm/test")
    assert refused.status_code == 409
    hooks.receiver.answers.clear()
    again = hooks.put()
    assert (again["enabled"], again["disabled"]) == (True, None)
    assert "secret" not in again
    hooks.test()
    assert len(hooks.told()) == 2


def test_one_that_takes_nothing_for_days_is_disabled(hooks: Hooks) -> None:
    hooks.put(url=f"{nobody()}/crm")
    hooks.test()
    for _ in range(4):
        hooks.after(days=1)
        hooks.test()
        assert hooks.get()["enabled"]
    hooks.after(days=1.1)
    found = hooks.get()
    assert (found["enabled"], found["disabled"]["why"]) == (False, "failing")
    assert found["waiting"] == 0
    assert {d["state"] for d in hooks.log()} == {"dead"}
    assert {a["error"] for d in hooks.log() for a in d["attempts"]} == {"connection"}


def test_a_quiet_endpoint_that_fails_now_and_then_is_not_given_up(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 500)
    event = hooks.test()
    for _ in range(4):
        hooks.after(days=1)
    assert len(hooks.one(event)["attempts"]) == 5
    hooks.after(days=10)
    hooks.test()
    assert hooks.get()["enabled"]


def test_a_redirect_is_not_followed(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 307, location=f"{hooks.receiver.url}/elsewhere")
    event = hooks.test()
    assert hooks.receiver.at("/elsewhere") == []
    (attempt,) = hooks.one(event)["attempts"]
    assert attempt["status"] == 307
    assert hooks.one(event)["state"] == "due"


def test_a_name_that_leads_inside_is_not_called_and_the_log_says_so(hooks: Hooks) -> None:
    port = hooks.receiver.url.rpartition(":")[2]
    hooks.put(url=f"http://hooks.example.com:{port}/crm")
    event = hooks.world.admin("POST", "/v1/webhooks/crm/test").json()["id"]
    poster = Poster(resolver=Names(hooks_example_com=["127.0.0.1"]))
    asyncio.run(Sender(hooks.world.runtime.context, poster).run_due())
    (attempt,) = hooks.one(event)["attempts"]
    assert (attempt["status"], attempt["error"]) == (None, "private_address")
    assert hooks.one(event)["state"] == "due"
    assert hooks.told() == []


def test_a_dead_endpoint_holds_up_no_other(hooks: Hooks) -> None:
    for name in ("crm", "dead"):
        hooks.put(name, events=["policy.changed"])
    hooks.receiver.hangs.add("/dead")
    for n in range(12):
        hooks.change_policy(f"number {n}")
    context = hooks.world.runtime.context

    async def work() -> None:
        sender = Sender(context, Poster(private=True))
        while len(hooks.told()) < 12:
            if not await sender.begin():
                await asyncio.sleep(0.01)
        assert len(hooks.told("dead")) <= 4
        hooks.receiver.let_go.set()
        await sender.settled()

    asyncio.run(asyncio.wait_for(work(), 14))
    hooks.receiver.let_go.clear()
    hooks.receiver.hangs.clear()
    hooks.world.settle()
    assert len(hooks.told("dead")) == 12


def test_two_workers_never_send_the_same(hooks: Hooks) -> None:
    hooks.put()
    for n in range(20):
        hooks.change_policy(f"for two, {n}")
    context, post = hooks.world.runtime.context, Poster(private=True)

    async def work() -> None:
        senders = [Sender(context, post) for _ in range(3)]
        while sum(await asyncio.gather(*(one.run_due() for one in senders))):
            pass

    asyncio.run(work())
    ids = [m.id for m in hooks.told()]
    assert len(ids) == len(set(ids)) == 20


def test_who_dies_while_sending_loses_nothing(hooks: Hooks) -> None:
    hooks.put()
    hooks.change_policy("then the power goes")
    context = hooks.world.runtime.context
    (waits,) = hooks.log()
    assert (waits["state"], waits["attempts"]) == ("due", [])

    async def die(_: Parcel) -> Answer:
        raise asyncio.CancelledError

    asyncio.run(Sender(context, die).run_due())
    hooks.world.settle()
    assert hooks.told() == []
    hooks.after(seconds=61)
    (message,) = hooks.told()
    assert message.id == waits["id"]


def test_a_secret_that_no_key_reads_is_said_and_not_raised(hooks: Hooks) -> None:
    hooks.put()
    context = hooks.world.runtime.context
    with context.database.write() as session:
        found = webhooks.get(session, "crm")
        assert found is not None
        webhooks.restate(session, replace(found, secret="not ours"))
    event = hooks.test()
    (attempt,) = hooks.one(event)["attempts"]
    assert attempt["error"] == "secret_unreadable"


def test_old_and_new_secret_sign_for_a_day(hooks: Hooks) -> None:
    first = hooks.put()["secret"]
    rotated = hooks.world.admin("POST", "/v1/webhooks/crm/secret").json()
    second = rotated["secret"]
    assert second != first
    until = hooks.world.clock.now() + timedelta(hours=24)
    assert rotated["old_secret_until"] == until.isoformat().replace("+00:00", "Z")
    hooks.test()
    message = hooks.told()[-1]
    assert message.verified(first)
    assert message.verified(second)
    assert len(message.headers["webhook-signature"].split(" ")) == 2
    third = hooks.world.admin("POST", "/v1/webhooks/crm/secret").json()["secret"]
    hooks.test()
    assert all(hooks.told()[-1].verified(s) for s in (first, second, third))
    hooks.after(hours=24)
    hooks.test()
    message = hooks.told()[-1]
    assert [message.verified(s) for s in (first, second, third)] == [False, False, True]
    assert hooks.get()["old_secret_until"] is None


@pytest.mark.parametrize("enabled", [True, False])
def test_one_that_is_off_is_sent_nothing(enabled: bool, hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 500)
    hooks.test()
    hooks.put(enabled=enabled)
    hooks.receiver.answers.clear()
    hooks.change_policy("off or on")
    hooks.after(seconds=10)
    expected: list[Any] = ["webhook.test"]
    if enabled:
        expected += sorted(["policy.changed", "webhook.test"])
    assert sorted(m.type for m in hooks.told()) == sorted(expected)
    assert len(hooks.log()) == (2 if enabled else 1)


def test_what_ended_is_forgotten_after_thirty_days(hooks: Hooks) -> None:
    hooks.put()
    hooks.test()
    context = hooks.world.runtime.context
    for days, left in ((29, 1), (2, 0)):
        hooks.world.clock.advance(days=days)
        retention.run(context, retention.KEEP)
        assert len(hooks.log()) == left
    with context.database.read() as session:
        assert webhook_deliveries.standing(session) == {}

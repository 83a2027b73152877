"""What the vendor is told of, each by what really causes it; and what is never in it."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from engine import holdout
from service import configure
from store import webhook_deliveries
from tests.api.hooks.conftest import Hooks
from tests.api.live import PEOPLE, Live, links, policy
from tests.fakes.receiver import Message

EVERYTHING = [
    "alert.raised", "alert.held", "forward.sent", "case.approved", "case.declined",
    "case.question", "upgrade.recorded", "policy.changed",
]  # fmt: skip
NOTE, QUESTION = "For Rotterdam we need this.", "Is it billed yearly?"
_numbers = count(1)


@pytest.fixture(autouse=True)
def _put_back(world: Live) -> Iterator[None]:
    yield
    configure.apply(world.runtime.context, policy(), "test")


def of(hooks: Hooks, type: str, name: str = "crm") -> list[Message]:
    """What was told of one kind."""
    return [m for m in hooks.told(name) if m.type == type]


def the_one(hooks: Hooks, type: str, name: str = "crm") -> dict[str, Any]:
    """The data of the only event of its kind."""
    (found,) = of(hooks, type, name)
    return found.data


def forwarded(hooks: Hooks, **account: Any) -> tuple[str, str, str]:
    """(account, alert, page) of a case that finance got by e-mail."""
    world = hooks.world
    name, alert = world.asked(slack=False, **account)
    assert world.widget(name).send(alert, to="fiona", note=NOTE).status_code == 200
    hooks.after(seconds=10)
    part = world.mailbox.messages[-1].get_body(("plain",))
    assert part is not None
    [page] = links(str(part.get_content()), "case")
    return name, alert, page


def held_back(world: Live) -> str:
    """A name that is held out where half are, and not where nobody is."""
    key = world.runtime.context.secrets.key("holdout")
    names = (f"hook-{next(_numbers)}" for _ in count())
    return next(n for n in names if holdout.drawn(key, n) < 0.5)


def test_an_alert_is_told_as_it_is_raised(hooks: Hooks) -> None:
    hooks.put(events=EVERYTHING)
    account, alert = hooks.world.asked()
    assert the_one(hooks, "alert.raised") == {
        "account": account,
        "alert": alert,
        "class": "ask",
        "moment": hooks.world.alerts(account)[0]["moment"],
        "meter": "reports",
    }
    (message,) = of(hooks, "alert.raised")
    told = message.body["timestamp"]
    assert told == hooks.world.alerts(account)[0]["raised_at"].replace("+00:00", "Z")
    assert hooks.log()[0]["account"] == account
    hooks.after(days=1)
    assert len(of(hooks, "alert.raised")) == 1


def test_who_is_held_out_is_told_to_who_named_it_alone(hooks: Hooks) -> None:
    hooks.put("usual")
    hooks.put("named", events=["alert.held"])
    hooks.put("raised", events=["alert.raised"])
    configure.apply(hooks.world.runtime.context, policy(holdout=0.5), "test")
    account = hooks.world.account(account=held_back(hooks.world))
    hooks.world.settle()
    assert hooks.world.decision(account)["outcome"] == "held_out"
    held = the_one(hooks, "alert.held", "named")
    assert (held["account"], held["class"]) == (account, "ask")
    assert [m.type for m in hooks.told("usual")] == ["policy.changed"]
    assert hooks.told("raised") == []


def test_a_forward_is_told_once_it_was_sent(hooks: Hooks) -> None:
    hooks.put()
    account, alert = hooks.world.asked()
    sent = hooks.world.widget(account).send(alert, to="tomas", note=NOTE).json()
    hooks.world.settle()
    assert of(hooks, "forward.sent") == []
    hooks.after(seconds=10)
    told = the_one(hooks, "forward.sent")
    assert told.pop("case").startswith("case_")
    assert told == {
        "account": account,
        "forward": sent["forward"],
        "alert": alert,
        "role": "manager",
        "channel": "slack",
    }


def test_a_forward_that_was_taken_back_is_not_told(hooks: Hooks) -> None:
    hooks.put()
    account, alert = hooks.world.asked()
    sent = hooks.world.widget(account).send(alert, to="tomas").json()
    hooks.world.widget(account).post(alert, "undo", {"id": sent["forward"]})
    hooks.after(minutes=1)
    assert [m.type for m in hooks.told()] == ["alert.raised"]


@pytest.mark.parametrize(
    ("way", "form", "type", "more"),
    [
        ("approve", {"name": "Fiona"}, "case.approved", {}),
        ("decline", {"not_before": "2027-02-01"}, "case.declined", {"until": "2027-02-01"}),
        ("question", {"question": QUESTION}, "case.question", {}),
    ],
)
def test_what_an_approver_says_is_told_without_their_words(
    way: str, form: dict[str, str], type: str, more: dict[str, str], hooks: Hooks
) -> None:
    hooks.put()
    account, alert, page = forwarded(hooks)
    case = the_one(hooks, "forward.sent")["case"]
    assert hooks.world.open(f"{page}/{way}", "POST", data=form).status_code < 400
    hooks.world.settle()
    expected = {"account": account, "case": case, "alert": alert, "role": "finance"}
    assert the_one(hooks, type) == expected | more


def test_an_upgrade_is_told_and_nothing_else_that_happens_to_plans(hooks: Hooks) -> None:
    hooks.put()
    account = hooks.world.account(usage={})
    for plan in ("business", "business", "team"):
        assert hooks.world.admin("POST", f"/v1/accounts/{account}/plan", {"plan": plan}).is_success
        hooks.after(minutes=1)
    at = the_one(hooks, "upgrade.recorded").pop("at")
    assert the_one(hooks, "upgrade.recorded") == {
        "account": account,
        "previous": "team",
        "plan": "business",
        "at": at,
    }
    assert hooks.world.admin("PUT", f"/v1/accounts/{account}", {"plan": "scale"}).is_success
    hooks.world.settle()
    assert [m.data["plan"] for m in of(hooks, "upgrade.recorded")] == ["business", "scale"]
    assert len({m.id for m in of(hooks, "upgrade.recorded")}) == 2


def test_a_new_policy_is_told_and_the_same_one_is_not(hooks: Hooks) -> None:
    hooks.put()
    before = hooks.world.admin("GET", "/v1/config").json()
    for _ in range(2):
        hooks.change_policy("told once")
    hooks.world.settle()
    after = hooks.world.admin("GET", "/v1/config").json()
    assert the_one(hooks, "policy.changed") == {
        "version": after["version"],
        "previous": before["version"],
        "digest": after["digest"],
    }


def test_each_endpoint_is_told_of_what_it_named_with_the_same_id(hooks: Hooks) -> None:
    hooks.put("all")
    hooks.put("some", events=["policy.changed"])
    hooks.put("others", events=["case.approved"])
    hooks.change_policy("to some")
    hooks.world.settle()
    assert hooks.told("others") == []
    (one,), (other,) = hooks.told("all"), hooks.told("some")
    assert (one.id, one.raw) == (other.id, other.raw)
    assert one.headers["webhook-signature"] != other.headers["webhook-signature"]


def test_no_word_of_people_and_no_link_goes_out(hooks: Hooks) -> None:
    hooks.put(events=EVERYTHING)
    account, _, page = forwarded(hooks)
    hooks.world.open(f"{page}/question", "POST", data={"question": QUESTION})
    hooks.world.open(f"{page}/approve", "POST", data={"name": "Fiona Becker"})
    hooks.world.settle()
    assert len({m.type for m in hooks.told()}) == 4
    out = "\n".join(m.raw.decode() for m in hooks.told())
    logged = json.dumps(hooks.log())
    people = [p["name"] for p in PEOPLE.values()] + [f"{id}@{account}.example" for id in PEOPLE]
    for secret in (*people, NOTE, QUESTION, page.rpartition("/")[2], "fiona", "priya"):
        assert secret not in out, secret
        assert secret not in logged, secret


def test_without_an_endpoint_nothing_is_written(hooks: Hooks) -> None:
    forwarded(hooks)
    hooks.change_policy("nobody hears of it")
    with hooks.world.runtime.context.database.read() as session:
        assert webhook_deliveries.standing(session) == {}
    hooks.put()
    assert hooks.log() == []


def test_events_of_an_erased_account_are_gone(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 500)
    account, _ = hooks.world.asked()
    hooks.change_policy("of no account")
    hooks.world.settle()
    assert {d["account"] for d in hooks.log()} == {account, None}
    hooks.world.admin("DELETE", f"/v1/accounts/{account}")
    hooks.world.made.remove(account)
    assert {d["account"] for d in hooks.log()} == {None}
    assert account not in json.dumps(hooks.log())


def test_what_happens_while_an_endpoint_is_disabled_can_be_replayed(hooks: Hooks) -> None:
    hooks.put()
    hooks.receiver.says("/crm", 410)
    hooks.test()
    since = hooks.world.clock.now().isoformat()
    account, _ = hooks.world.asked()
    assert {d["reason"] for d in hooks.log()} == {"status_410", "disabled"}
    hooks.receiver.answers.clear()
    hooks.put()
    hooks.world.settle()
    assert of(hooks, "alert.raised") == []
    answer = hooks.world.admin("POST", "/v1/webhooks/crm/replay", {"since": since})
    assert answer.json()["replayed"] == 2
    hooks.world.settle()
    assert the_one(hooks, "alert.raised")["account"] == account

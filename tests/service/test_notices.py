"""Limits that are met: all meters make one message, and a changed limit is news again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service import configure, detail
from tests.api.live import PEOPLE, Live, policy
from tests.backends import SERVER

BACKENDS = SERVER

EXPORTS = """
[[meter]]
key = "exports"
name = { one = "export", other = "exports" }
value = "handed to your auditors"
at_limit = "stops"

[[plan]]
key = "team"
"""
EVENING = datetime(2026, 11, 18, 19, tzinfo=UTC)
MORNING = datetime(2026, 11, 19, 8, tzinfo=UTC)


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    sell(running)
    yield running
    running.reset()


def sell(world: Live, at_limit: str = "stops") -> None:
    """Two meters in Team: reports, and exports at whose limit something happens."""
    text = policy().replace('[[plan]]\nkey = "team"\n', EXPORTS).replace("stops", at_limit)
    text = text.replace("{ reports = 1000 }", "{ reports = 1000, exports = 50 }")
    configure.apply(world.runtime.context, text, "test")


def both(world: Live, at: datetime, **account: Any) -> str:
    """An account that meets both limits in one instant; a custom contract is never asked."""
    world.clock.set(at)
    name = world.account(custom=True, **account)
    world.use(name, 400)
    world.use(name, 60, meter="exports")
    world.settle()
    return name


def notices(world: Live, account: str) -> dict[str, dict[str, Any]]:
    """The notices of an account by meter."""
    found = [a for a in world.alerts(account) if a["class"] == "notice"]
    return {a["meter"]: a for a in found}


def states(world: Live, account: str) -> dict[str, list[str]]:
    """What became of each notice's push, by meter."""
    told = notices(world, account)
    return {key: [d["state"] for d in a["deliveries"]] for key, a in told.items()}


def test_two_limits_met_at_once_make_one_push(world: Live) -> None:
    account = both(world, EVENING)
    assert states(world, account) == {"exports": ["sent"], "reports": []}
    assert len(world.sink.messages) == 1
    seen = world.widget(account).alert()
    assert seen is not None
    assert seen["class"] == "notice"
    world.clock.set(MORNING)
    world.settle()
    assert len(world.sink.messages) == 1


def test_what_the_push_would_have_told_as_well_is_pushed_where_its_own_is_over(
    world: Live,
) -> None:
    sell(world, at_limit="soft")
    account = both(world, EVENING)
    assert states(world, account) == {"exports": ["due"], "reports": []}
    world.use(account, -30, meter="exports", correction="counted twice")
    world.settle()
    world.clock.set(MORNING)
    world.settle()
    assert states(world, account) == {"exports": ["expired"], "reports": ["sent"]}
    assert len(world.sink.messages) == 1
    assert "reports" in world.sink.messages[0]["text"]


def test_where_their_reader_is_muted_neither_is_pushed(world: Live) -> None:
    sell(world, at_limit="soft")
    account = both(world, EVENING)
    muted = {**PEOPLE["priya"], "email": f"priya@{account}.example", "muted": True}
    assert world.admin("PUT", f"/v1/accounts/{account}/people/priya", muted).is_success
    world.clock.set(MORNING)
    world.settle()
    assert states(world, account) == {"exports": ["expired"], "reports": []}
    assert world.sink.messages == []


def test_where_both_are_over_nothing_is_pushed(world: Live) -> None:
    sell(world, at_limit="soft")
    account = both(world, EVENING)
    world.use(account, -30, meter="exports", correction="counted twice")
    world.use(account, -300, correction="counted twice")
    world.settle()
    world.clock.set(MORNING)
    world.settle()
    assert states(world, account) == {"exports": ["expired"], "reports": []}
    assert world.sink.messages == []


def test_an_own_limit_that_is_changed_makes_the_same_limit_news_again(world: Live) -> None:
    account = world.account(custom=True)

    def told(reports: int, since: str = "2026-08-01") -> None:
        facts = {"plan": "team", "since": since, "custom": True, "limits": {"reports": reports}}
        assert world.admin("PUT", f"/v1/accounts/{account}", facts).is_success
        world.clock.advance(hours=1)
        world.use(account, 10)
        world.settle()

    told(600)
    assert len(world.alerts(account)) == 1
    told(600)
    assert len(world.alerts(account)) == 1
    told(650)
    assert len(world.alerts(account)) == 2


def test_the_answer_of_whom_it_was_pushed_to_closes_it_for_all(world: Live) -> None:
    """Nobody has the role: who uses it most is the champion, and answers as one."""
    people = {name: {**PEOPLE[name], "role": "user"} for name in ("jonas", "priya")}
    for who, closed in (("priya", None), ("jonas", "snoozed")):
        account = world.account(people=people, limits={"reports": 600})
        world.settle()
        [ask] = [a for a in world.alerts(account) if a["class"] == "ask"]
        assert ask["person"] == "jonas"
        world.widget(account, who).say(ask["id"], "snoozed")
        [ask] = [a for a in world.alerts(account) if a["class"] == "ask"]
        assert ask["closed_as"] == closed


def test_the_one_push_names_both_limits_on_every_surface(world: Live) -> None:
    account = both(world, EVENING)
    [pushed] = world.sink.messages
    shown = str(pushed["blocks"])
    for text in (pushed["text"], shown):
        assert "60 of 50 exports" in text
        assert "1,060 of 1,000 reports; nothing stops there" in text
    banner = world.widget(account).alert()
    assert banner is not None
    assert "1,060 of 1,000 reports; nothing stops there" in banner["body"]
    assert {"exports.used", "reports.used", "reports.limit"} <= {f["id"] for f in banner["facts"]}


def test_the_explanation_shows_what_was_said(world: Live) -> None:
    account = both(world, EVENING)
    texts = detail.one(world.runtime.context, account).texts
    told = [text for text in texts if text.sent]
    said = {text.candidate.key.meter: text.message for text in told}
    pushed = world.sink.messages[0]["text"]
    assert said["exports"] is not None
    assert said["exports"].body in pushed
    assert said["reports"] is not None
    assert "exports" not in said["reports"].body

"""The digest by e-mail: once a period, only where it was switched on, calm, and silent at need."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from sqlmodel import col, select

from segue.commands.explained import mailed as mailed_page
from segue.opening import context_of
from service import configure, digests, links
from store import tables
from tests.api.live import NOW, PEOPLE, Live, live, policy
from tests.api.live import links as cases
from tests.backends import BOTH, Backend

BACKENDS = BOTH
MONDAY = datetime(2026, 11, 16, 8, 1, tzinfo=UTC)
"""Nine in Berlin, when the week from the ninth to the fifteenth is over."""
JUST_HER = {"priya": PEOPLE["priya"]}
CALM = {date(2026, 8, 1) + timedelta(n): 5 for n in range(120) if n % 7 < 5}
"""Far from any limit, so that nothing else is said."""


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    with live(backend, digest="weekly") as found:
        yield found


def account(world: Live, at: datetime = MONDAY, **more: Any) -> str:
    """One whose champion has no chat, on a Monday morning."""
    world.clock.set(at)
    usage = {day: n for day, n in CALM.items() if day < at.date()}
    return world.account(**{"slack": False, "usage": usage, "people": JUST_HER, **more})


def mailed(world: Live) -> list[str]:
    return [to for _, to in world.mailbox.envelopes for to in to]


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def reasons(world: Live, name: str) -> list[str | None]:
    """What became of it, period by period."""
    with world.runtime.context.database.read() as session:
        table = tables.Digest
        rows = select(table).where(col(table.account) == name).order_by(col(table.period))
        return [row.reason for row in session.exec(rows)]


def test_it_says_what_was_done_and_proposes_nothing(world: Live) -> None:
    name = account(world)
    world.settle()
    assert mailed(world) == [f"priya@{name}.example"]
    [message] = world.mailbox.messages
    assert message["Subject"] == "25 reports delivered to your clients, 9–15 November"
    for body in (text(message), text(message, "html")):
        assert "25" in body
        assert "2–8 November" in body
        assert "16 November 2026, 09:01 (Europe/Berlin)" in body
        for word in ("Business", "890", "plan", "/summary/", "/case/", "billing"):
            assert word not in body
    assert "Hello Priya Raman," in text(message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"][1:-1] in text(message)
    ledger = world.admin("GET", f"/v1/accounts/{name}/ledger").json()
    assert not [e for e in ledger["entries"] if e.get("change", 0) < 0]


def test_once_a_week_however_often_it_is_looked_at(world: Live) -> None:
    name = account(world)
    for hours in (0, 1, 24, 48):
        world.clock.set(MONDAY + timedelta(hours=hours))
        world.settle()
    assert len(mailed(world)) == 1
    world.report(name, {date(2026, 11, 18): 3}, MONDAY + timedelta(days=4))
    world.clock.set(MONDAY + timedelta(days=7))
    world.settle()
    assert len(mailed(world)) == 2
    assert world.mailbox.messages[-1]["Subject"].startswith("3 reports delivered")


def test_two_nodes_that_race_write_it_once(world: Live) -> None:
    name = account(world)
    nodes = [world.runtime.context]
    if world.runtime.context.database.is_postgres:
        settings = world.runtime.settings
        nodes.append(context_of(settings, clock=world.clock, served_at=world.url))
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(digests.run, nodes * (8 // len(nodes))))
    for node in nodes[1:]:
        node.database.close()
    assert sum(written) == 1
    world.settle()
    assert mailed(world) == [f"priya@{name}.example"]


def test_what_is_put_off_is_not_written_anew(world: Live) -> None:
    account(world)
    world.mailbox.refuse_data.append("451 busy")
    world.settle()
    assert world.mailbox.messages == []
    world.clock.advance(minutes=5)
    world.settle()
    assert len(mailed(world)) == 1
    first = world.mailbox.messages[0]["Message-ID"]
    world.clock.advance(days=1)
    world.settle()
    assert [m["Message-ID"] for m in world.mailbox.messages] == [first]


@pytest.mark.parametrize(
    "facts",
    [
        {"slack": True},
        {"objected": True},
        {"people": {"priya": {**PEOPLE["priya"], "muted": True}}},
        {"people": {"priya": {**PEOPLE["priya"], "email": None}}},
        {"people": {"priya": {**PEOPLE["priya"], "role": "user"}}},
        {"people": {"priya": {**PEOPLE["priya"], "joined": "2026-11-10"}}},
        {"usage": {day: n for day, n in CALM.items() if day < date(2026, 11, 9)}},
        {"usage": {date(2026, 11, 10): 1}},
    ],
    ids=["chat", "objected", "muted", "no address", "user", "just came", "nothing", "trying out"],
)
def test_it_stays_silent(facts: dict[str, Any], world: Live) -> None:
    account(world, **facts)
    world.settle()
    assert world.mailbox.messages == []


@pytest.mark.parametrize("kind", ["incident", "cancellation", "security", "ticket", "payment"])
def test_it_is_held_back_at_a_wrong_time_and_comes_once_that_is_over(
    kind: str, world: Live
) -> None:
    name = account(world)
    blocker = {"kind": kind, "from": "2026-11-15T00:00:00Z"}
    assert world.admin("PUT", f"/v1/accounts/{name}/blockers/b", blocker).is_success
    world.settle()
    assert world.mailbox.messages == []
    [known] = digests.of_account(world.runtime.context, name)
    console = Console(width=80)
    with console.capture() as page:
        console.print(mailed_page([known], ZoneInfo("Europe/Berlin")))
    assert f"priya: held back ({known.reason})" in page.get()
    assert world.admin("DELETE", f"/v1/accounts/{name}/blockers/b").is_success
    world.clock.advance(days=1)
    world.settle()
    assert len(mailed(world)) == 1
    assert reasons(world, name) == [None]


def test_after_some_days_it_is_not_worth_telling_any_more(world: Live) -> None:
    account(world, MONDAY + timedelta(days=5))
    world.settle()
    assert world.mailbox.messages == []


def test_after_another_mail_it_waits_some_days(world: Live) -> None:
    name, alert = world.asked(slack=False)
    world.widget(name).send(alert, to="fiona")
    world.clock.advance(seconds=10)
    world.settle()
    world.clock.set(datetime(2026, 11, 22, 12, tzinfo=UTC))
    world.widget(name).send(alert, to="tomas")
    [page] = cases(text(world.mailbox.messages[-1]), "case")
    world.open(f"{page}/question", "POST", data={"question": "Does it hold for 2027?"})
    world.settle()
    before = mailed(world)
    assert before[-1] == f"priya@{name}.example"
    world.use(name, 5)
    world.clock.set(datetime(2026, 11, 23, 8, 1, tzinfo=UTC))
    world.settle()
    digest = [m for m in world.mailbox.messages if "16–22 November" in str(m["Subject"])]
    assert digest == []
    assert reasons(world, name)[-1] == "mailed_lately"
    world.clock.set(datetime(2026, 11, 25, 12, 5, tzinfo=UTC))
    world.use(name, 5)
    world.settle()
    digest = [m for m in world.mailbox.messages if "16–22 November" in str(m["Subject"])]
    assert len(digest) == 1


def test_it_waits_for_its_readers_own_quiet_hours(world: Live) -> None:
    name = account(world, MONDAY - timedelta(minutes=2))
    world.settle()
    assert world.mailbox.messages == []
    people = {"priya": {**PEOPLE["priya"], "time_zone": "America/Los_Angeles"}}
    other = account(world, people=people)
    world.settle()
    assert mailed(world) == [f"priya@{name}.example"]
    world.clock.advance(hours=9)
    world.settle()
    assert mailed(world)[1:] == [f"priya@{other}.example"]


def test_a_way_out_holds_also_for_what_is_written_already(world: Live) -> None:
    people = {"priya": {**PEOPLE["priya"]}}
    name = account(world, people=people)
    assert digests.run(world.runtime.context) == 1
    link = links.unsubscribe(world.runtime.context, name, "priya")
    world.open(link, "POST", data={"List-Unsubscribe": "One-Click"})
    world.settle()
    assert world.mailbox.messages == []


def test_who_is_erased_leaves_nothing_behind(world: Live) -> None:
    name = account(world)
    assert digests.run(world.runtime.context) == 1
    assert world.admin("DELETE", f"/v1/accounts/{name}/people/priya").is_success
    world.settle()
    assert world.mailbox.messages == []
    assert reasons(world, name) == []


def test_off_is_off_and_monthly_is_once_a_month(world: Live) -> None:
    try:
        configure.apply(world.runtime.context, policy(digest="off"), "test")
        name = account(world)
        world.settle()
        assert world.mailbox.messages == []
        configure.apply(world.runtime.context, policy(digest="monthly"), "test")
        world.settle()
        assert world.mailbox.messages == [], "the middle of a month"
        world.report(name, {date(2026, 11, 27): 5}, datetime(2026, 12, 1, 8, 1, tzinfo=UTC))
        for days in (0, 1, 3):
            world.clock.set(datetime(2026, 12, 1, 8, 1, tzinfo=UTC) + timedelta(days=days))
            world.settle()
        assert [m["Subject"] for m in world.mailbox.messages] == [
            "60 reports delivered to your clients in November"
        ]
    finally:
        world.clock.set(NOW)
        configure.apply(world.runtime.context, policy(digest="weekly"), "test")


def test_it_speaks_the_readers_language(world: Live) -> None:
    account(world, people={"priya": {**PEOPLE["priya"], "locale": "de"}}, name="<b>Söhne")
    world.settle()
    [message] = world.mailbox.messages
    assert "9.–15. November" in message["Subject"]
    assert "&lt;b&gt;Söhne" in text(message, "html")
    assert "Warum erhalte ich das?" in text(message)
